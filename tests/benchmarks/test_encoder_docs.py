"""The encoder's tables of docs/benchmarks.md are those of the results stored beside the code."""

import re
from pathlib import Path

import pytest

from benchmarks.encoder import measures
from benchmarks.encoder.__main__ import parse
from benchmarks.encoder.page import MEASURES, as_file, page
from benchmarks.encoder.run import stored_lines
from benchmarks.store import Store

CLONE = Path(__file__).parents[2]


@pytest.fixture
def options():
    """What `make bench-encoder` asks for."""
    makefile = (CLONE / "Makefile").read_text(encoding="utf-8")
    command = re.search(r"^\t\$\(BIN\)/python -m benchmarks\.encoder (.*)$", makefile, re.M)
    return parse(command[1].split())


def test_the_tables_are_those_of_the_stored_results(options):
    errors, store = list(stored_lines(options)), Store(options.results)
    assert errors
    found = {name: measures.stored(name, m, options, store) for name, m in MEASURES.items()}
    assert all(found.values())
    written = (CLONE / options.write).read_text(encoding="utf-8")
    assert written == as_file(page(options, errors, found))


def test_the_page_includes_them_and_they_are_no_page_themselves(options):
    folder, name = options.write.parent, options.write.name
    included = f"```{{include}} {name}\n```"
    assert included in (CLONE / folder / "benchmarks.md").read_text(encoding="utf-8")
    settings = (CLONE / folder / "conf.py").read_text(encoding="utf-8")
    excluded = re.search(r"^exclude_patterns = (.*)$", settings, re.M)
    assert f'"{name}"' in excluded[1]
