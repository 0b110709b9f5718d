"""This module picks files of a corpus that together run every line that the corpus runs."""

import shutil
import sys
from pathlib import Path

import sk_entity

from .loaded import try_file

FOLDERS = ("persistence", "_table", "_predict", "_vectors")
PLACES = tuple(str(Path(sk_entity.__file__).parent / folder) for folder in FOLDERS)


def reached(path):
    """Lines of the library, as (file, line), that loading and using a file runs."""
    found = set()

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.startswith(PLACES):
            return None
        found.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        try_file(path)
    finally:
        sys.settrace(before)
    return found


def fewest(reached_by):
    """Files that reach all, each time the one with most new lines for its size.

    Parameters
    ----------
    reached_by : dict of (int, set)
        By name of the file: its size and what it reaches.
    """
    missing = set().union(*(lines for _, lines in reached_by.values()))
    picked = []
    while missing:
        name = max(
            sorted(reached_by),
            key=lambda name: len(reached_by[name][1] & missing) / reached_by[name][0],
        )
        picked.append(name)
        missing -= reached_by[name][1]
    return picked


def merge(corpus, target):
    """Copy the fewest files of a corpus that reach all of it; return how many, and their bytes."""
    files = {path.name: path for path in sorted(corpus.iterdir()) if path.stat().st_size}
    for path in files.values():  # what is remembered is not reached again
        try_file(path)
    reached_by = {name: (path.stat().st_size, reached(path)) for name, path in files.items()}
    target.mkdir(parents=True, exist_ok=True)
    for path in target.iterdir():
        path.unlink()
    picked = fewest(reached_by)
    for name in picked:
        shutil.copyfile(files[name], target / name.removeprefix("seed-")[:16])
    return len(picked), sum(files[name].stat().st_size for name in picked)
