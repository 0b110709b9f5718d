"""Figures that pages cite from the benchmarks stand in the benchmarks' tables."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = "".join(
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("accuracy_tables", "encoder_tables", "benchmarks")
)
# Errors and mean ranks; numbers of levels look like errors of salaries.
FIGURE = re.compile(r"(?<![\d.,])(?:0\.\d{4}|\d{1,2},\d{3}|\d\.\d{2,3})(?!,?\d)")
LEVELS = {"1,128", "2,972", "7,518", "1,115", "2,000"}


def figures(text):
    return set(FIGURE.findall(text)) - LEVELS


def in_tables(figure):
    return re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)", TABLES) is not None


@pytest.mark.parametrize(("page", "least"), [("docs/which_encoder.md", 70), ("README.md", 12)])
def test_every_figure_of_the_page_stands_in_a_table(page, least):
    text = (ROOT / page).read_text(encoding="utf-8")
    cited = figures(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    assert len(cited) >= least
    assert not sorted(figure for figure in cited if not in_tables(figure))


def test_another_figure_is_found():
    assert figures("8,788 and 0.1246, of 2,972 students; 2.45") == {"8,788", "0.1246", "2.45"}
    assert in_tables("0.1246")
    assert not in_tables("0.9999")
