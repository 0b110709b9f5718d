"""`python -m benchmarks.trials.lectures` on a made-up task."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.models import MODELS
from benchmarks.tasks import TASKS
from benchmarks.trials import lectures


@pytest.fixture
def task(add_task, monkeypatch):
    """A made-up task in the place of the lectures; the network would take long."""
    monkeypatch.setitem(TASKS, "lectures", add_task("regression"))
    monkeypatch.setitem(MODELS, "ours", replace(MODELS["hgb"], label="sk-entity"))
    return TASKS["lectures"]


def rows_of(text):
    return [line.strip("| ").split(" | ") for line in text.splitlines()]


def test_every_row_tests_once(task):
    options = lectures.parse(["--folds", "4"])
    tested = [split.y_test for split in lectures.splits(task, options)]
    assert [len(y) for y in tested] == [100] * 4
    np.testing.assert_array_equal(np.sort(np.concatenate(tested)), np.sort(task.table.y))


def test_folds_and_a_part_of_the_rows_are_drawn_by_the_seed(task):
    def first(arguments):
        return next(lectures.splits(task, lectures.parse(arguments.split()))).y_test

    part = "--rows 60 --folds 3"
    assert len(first(part)) == 20
    np.testing.assert_array_equal(first(part), first(part))
    assert set(first(part)) != set(first(f"{part} --seed 1"))


def test_errors_stand_beside_the_published_one(task, output_of):
    text = output_of(lectures.main, "--folds 2 --rows 200 --threads 1")
    head, _, *rows = rows_of(text)
    assert head == ["model", "mean squared error", "folds"]
    assert [row[0] for row in rows] == [
        "sk-entity",
        "one-hot linear, tuned",
        "mixed model, published",
    ]
    assert rows[2][1:] == ["1.44", "5"]
    # The noise has a variance of 1, and the target one of about 7.
    for row in rows[:2]:
        assert 0.8 < float(row[1].split()[0]) < 4


def test_it_is_of_ratings_with_two_identifiers():
    assert lectures.TASK in TASKS
    assert {"s", "d"} <= set(TASKS[lectures.TASK].categorical)
