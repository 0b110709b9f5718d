"""Tables that benchmarks write are part of a page, and no page of their own."""

import re
from pathlib import Path

import pytest

from benchmarks.report import MOST_COLUMNS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["accuracy", "encoder"])
def test_the_page_includes_them_and_they_are_no_page_themselves(name, asked_by_make):
    written = asked_by_make(name).write
    assert written.parent.name == "docs"
    included = f"```{{include}} {written.name}\n```"
    assert included in (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    settings = (DOCS / "conf.py").read_text(encoding="utf-8")
    excluded = re.search(r"^exclude_patterns = \[(.*?)^\]", settings, re.M | re.S)
    assert f'"{written.name}"' in excluded[1]


@pytest.mark.parametrize("name", ["accuracy", "encoder", "updating"])
def test_no_table_is_wider_than_a_page(name):
    lines = (DOCS / f"{name}_tables.md").read_text(encoding="utf-8").splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert tables
    assert max(line.count("|") - 1 for line in tables) <= MOST_COLUMNS
