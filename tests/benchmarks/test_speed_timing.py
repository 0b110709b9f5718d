"""How functions are timed beside each other, and held against a goal."""

import pytest

from benchmarks.speed.comparison import Comparison, duration, rate
from benchmarks.speed.timing import alternate, ratio, timed


def test_works_take_turns_after_a_first_call_that_does_not_count():
    calls = []
    works = {name: lambda name=name: calls.append(name) or len(calls) for name in ("a", "b")}
    results = alternate(works, runs=3)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
    assert results == {"a": [3, 6, 7], "b": [4, 5, 8]}


def test_a_process_that_warms_itself_up_is_called_no_more_than_asked():
    assert alternate({"a": lambda: 1}, runs=2, warm_up=False) == {"a": [1, 1]}


def test_a_ratio_says_how_many_times_faster_the_first_is():
    assert ratio(lambda: 0.5, lambda: 2.0, runs=2) == ([4.0, 4.0], 0.5, 2.0)


def test_seconds_are_divided_by_what_they_are_for(monkeypatch):
    clock = iter([10.0, 14.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert timed(lambda: None, per=8)() == 0.5


@pytest.mark.parametrize(
    ("goal", "values", "met"),
    [
        ("≥ 3", [2.0, 3.5, 9.0], "yes"),
        ("≥ 3", [2.0, 2.5, 9.0], "**no**"),
        ("≤ 1.5", [1.0, 1.4, 9.0], "yes"),
        ("≤ 32 bytes", [33.0], "**no**"),
        ("≥ 3", [], "–"),
        ("", [1.0], "–"),
    ],
)
def test_the_median_is_compared_with_the_goal(goal, values, met):
    assert Comparison("work", "other", goal, values).met == met


def test_a_comparison_is_a_line_of_the_table():
    measured = Comparison("work", "other", "≥ 3", [2.0, 3.5, 912.3])
    assert str(measured) == "| work | other | ≥ 3 | 3.5× (2–912) | yes |"
    assert str(Comparison("work", "other", note="no GPU")) == "| work | other | – | no GPU | – |"


def test_times_are_shown_for_people():
    assert rate(1e-6) == "1,000,000 rows/s"
    assert [duration(2.5), duration(0.00123)] == ["2.50 s", "1.23 ms"]
