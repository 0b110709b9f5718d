"""Which rows a split may learn from and test on, and that it can be told from others."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import splits
from benchmarks.tasks import Task


def a_task(by_time):
    """5,000 rows whose target is their number."""
    X = pd.DataFrame({"row": np.arange(5_000)})
    masks = splits.newest(len(X)) if by_time else (splits.at_random(len(X)),)
    table = splits.Table(X, np.arange(5_000.0), *masks)
    return Task("t", "regression", lambda: table, (), ("RMSE",), cap=3_000)


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("size", ["full", "small", "all"])
def test_inner_rows_never_test(size, by_time):
    task = a_task(by_time)
    test = {row for seed in range(3) for row in task.split(size, seed).X_test["row"]}
    for seed in range(3):
        split, inner = task.split(size, seed), task.split(size, seed, inner=True)
        assert set(split.X_test["row"]) == test
        assert not set(split.X["row"]) & test
        assert not (set(inner.X["row"]) | set(inner.X_test["row"])) & test
        assert not set(inner.X["row"]) & set(inner.X_test["row"])
        assert len(inner.X_test) > 300


@pytest.mark.parametrize("inner", [False, True])
def test_time_is_never_learned_from_backwards(inner):
    split = a_task(by_time=True).split("full", 0, inner)
    assert split.y.max() < split.y_test.min()


def test_a_seed_draws_other_rows_and_the_checksum_tells():
    task = a_task(by_time=False)
    drawn = [task.split("small", 0), task.split("small", 1), task.split("small", 0, inner=True)]
    assert [len(split.X) for split in drawn] == [2_000] * 3
    assert len({split.checksum for split in drawn}) == 3
    assert task.split("small", 0).checksum == drawn[0].checksum


def test_columns_target_and_weights_are_of_the_same_rows():
    row = np.arange(100)
    table = splits.Table(pd.DataFrame({"row": row}), 2.0 * row, row % 4 == 0, weight=3.0 * row)
    split = splits.outer(table, "small", seed=0, cap=50, test_cap=10)
    for X, y, weight in (
        (split.X, split.y, split.weight),
        (split.X_test, split.y_test, split.weight_test),
    ):
        np.testing.assert_array_equal(y, 2.0 * X["row"])
        np.testing.assert_array_equal(weight, 3.0 * X["row"])
    assert len(split.X_test) == 10


@pytest.mark.parametrize(("n_drawn", "n_test"), [(40, 40), (1_000, 100)])
def test_old_rows_are_learned_from_and_as_many_new_ones_test(n_drawn, n_test):
    learn, test = splits.old_and_new(1_000, n_drawn)
    assert len(set(learn)) == min(n_drawn, 900)
    assert len(set(test)) == n_test
    assert learn.max() < 900 <= test.min()
