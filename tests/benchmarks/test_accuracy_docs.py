"""The tables of docs/benchmarks.md are those of the results that are stored beside the code."""

import re
from pathlib import Path

import pytest

from benchmarks.accuracy.__main__ import parse
from benchmarks.accuracy.page import as_file, page
from benchmarks.accuracy.run import stored_lines

CLONE = Path(__file__).parents[2]


@pytest.fixture
def options():
    """What `make bench-accuracy` asks for."""
    makefile = (CLONE / "Makefile").read_text(encoding="utf-8")
    command = re.search(r"^\t\$\(BIN\)/python -m benchmarks\.accuracy (.*)$", makefile, re.M)
    return parse(command[1].split())


@pytest.mark.slow
def test_the_tables_are_those_of_the_stored_results(options):
    lines = list(stored_lines(options))
    if not lines:
        pytest.skip(f"{options.results.name} holds no result of ours yet")
    written = (CLONE / options.write).read_text(encoding="utf-8")
    assert written == as_file(page(options, lines))


def test_the_page_includes_them_and_they_are_no_page_themselves(options):
    folder, name = options.write.parent, options.write.name
    included = f"```{{include}} {name}\n```"
    assert included in (CLONE / folder / "benchmarks.md").read_text(encoding="utf-8")
    settings = (CLONE / folder / "conf.py").read_text(encoding="utf-8")
    excluded = re.search(r"^exclude_patterns = (.*)$", settings, re.M)
    assert f'"{name}"' in excluded[1]
