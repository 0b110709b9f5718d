"""Cells and lines of the tables that the benchmarks print."""

import math

import pandas as pd
import pytest

from benchmarks import report

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.1235"), (1.2345, "1.234"), (12.345, "12.35"), (12345.6, "12,346")],
)
def test_four_digits_say_something(value, text):
    assert report.digits(value) == text


@pytest.mark.parametrize(
    ("errors", "text"),
    [
        ([0.1, 0.2], "0.1500 ± 0.071"),
        ([1000, 4000], "2,500 ± 2,121"),
        ([0.1], "0.1000"),
        ([], "–"),
        (NAN, "–"),
    ],
)
def test_a_mean_has_its_spread_if_there_are_several_seeds(errors, text):
    assert report.spread(errors) == text


def test_the_best_of_the_rivals_is_in_bold():
    errors = pd.Series({"a": [0.2], "b": [0.1], "c": NAN, "beside": [0.05]})
    cells = report.spreads(errors, ["a", "b", "c"])
    assert cells == ["0.2000", "**0.1000**", "–", "0.0500"]
    assert report.spreads(errors, ["b", "c"])[1] == "0.1000"


@pytest.mark.parametrize(
    ("ranks", "text"),
    [([1, 2], "1.50"), ([1, NAN, 3], "2.00 of 2 tasks"), ([NAN, NAN], "–")],
)
def test_a_mean_rank_says_if_it_is_of_some_tasks_only(ranks, text):
    assert report.mean_rank(pd.Series(ranks, dtype=float)) == text


@pytest.mark.parametrize(
    ("ratios", "text"),
    [([2, 0.5], "1.000"), ([4, NAN, 1], "2.000 of 2 tasks"), ([NAN], "–")],
)
def test_ratios_have_a_geometric_mean(ratios, text):
    assert report.mean_ratio(pd.Series(ratios, dtype=float)) == text


def test_an_excess_is_of_the_seeds_that_both_have():
    by_seed = pd.DataFrame({"own": [1.1, 1.3, NAN], "other": [1.0, 1.0, 1.0]})
    share, noise = report.excess(by_seed, "own", "other")
    assert share == pytest.approx(0.2)
    assert noise == pytest.approx(0.2 / math.sqrt(2))
    assert report.excess(by_seed[:1], "own", "other") == pytest.approx((0.1, 0.0))


def test_seconds_are_by_the_clock_and_of_all_threads():
    assert report.seconds(1234.56, 1000.0, decimals=1) == "1,234.6 (1,000.0)"
    assert report.seconds(NAN, NAN, decimals=0) == "–"


def test_a_range_is_shown_if_there_are_several_values():
    show = "{:.1f}".format
    assert report.median_and_range([3.0, 1.0, 2.0], show, " s") == "2.0 s (1.0–3.0)"
    assert report.median_and_range([3.0], show, " s") == "3.0 s"


def test_a_table_is_markdown():
    lines = [*report.header(["task", "error"]), report.line(["a", 1])]
    assert lines == ["| task | error |", "|---|---|", "| a | 1 |"]


def test_errors_are_listed_in_the_order_asked_for():
    results = pd.DataFrame(
        {"task": "t", "model": ["a", "a", "b"], "seed": [0, 1, 0], "error": [1.0, 2.0, 3.0]}
    )
    errors = report.errors_by(results, ["task"], "model", ["b", "a", "c"])
    assert list(errors) == ["b", "a", "c"]
    assert errors.loc["t", "a"] == [1.0, 2.0]
    assert math.isnan(errors.loc["t", "c"])


def test_a_fold_has_a_title_and_lines_or_is_none():
    rows = [["a", "b"], [1, 2]]
    assert list(report.folded("more", report.table(rows))) == [
        "",
        "<details>",
        "<summary>more</summary>",
        "",
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "",
        "</details>",
    ]
    assert not list(report.folded("more", []))


@pytest.mark.parametrize(
    ("columns", "parts"),
    [
        ("abcde", ["abcde"]),
        ("abcdef", ["abcd", "aef"]),
        ("abcdefg", ["abcd", "aefg"]),
        ("bcdefg", ["bcd", "efg"]),
    ],
)
def test_columns_are_split_so_that_a_page_holds_them(columns, parts):
    assert ["".join(part) for part in report.in_parts(list(columns), "a")] == parts
