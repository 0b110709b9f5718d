"""This module makes what is measured beside the errors, or takes it from the file.

A measure has keys, of which each gives a line; what is stored with the versions that are
installed is not made again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..report import progress
from ..versions import LIBRARY, versions


@dataclass(frozen=True)
class Measure:
    """Something that is measured.

    Attributes
    ----------
    title : str
    keys : callable
        Gives what tells one result from another, from the options.
    make : callable
        Measures for a key, given the options, and returns what JSON can hold.
    render : callable
        Lays lines out as Markdown.
    """

    title: str
    keys: Callable
    make: Callable
    render: Callable


def lines(name, measure, options, store):
    """A line for each key; whatever is missing is measured first."""
    version = versions(LIBRARY, "torch")
    for key in measure.keys(options):
        where = {"part": name, **key, "version": version}
        line = None if options.rerun else store.find(**where)
        if line is None:
            line = {**where, "found": measure.make(key, options)}
            store.append(line)
            progress(f"{name}, {', '.join(map(str, key.values()))}")
        yield line


def stored(name, measure, options, store):
    """The last line of each key, of whichever version."""
    found = (store.find(part=name, **key) for key in measure.keys(options))
    return [line for line in found if line is not None]
