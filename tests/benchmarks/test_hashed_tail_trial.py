"""`python -m benchmarks.trials.hashed_tail` on a small table."""

import numpy as np
import pytest

from benchmarks.trials import hashed_tail


@pytest.mark.slow
def test_a_table_has_a_row_per_way(output_of):
    text = output_of(
        hashed_tail.main,
        "--rows 1200 --categories 200 --own 20 --hashed 10 --epochs 1 --seeds 2 --batch 256",
    )
    rows = [line.strip("| ").split(" | ") for line in text.strip().splitlines()][2:]
    assert [row[:2] for row in rows] == [["all", "0"], ["20", "0"], ["20", "10"]]
    sizes = [float(row[2]) for row in rows]
    assert sizes[0] >= sizes[2] >= sizes[1]
    for row in rows:
        assert all(float(error.split(" ± ")[0]) > 0.9 for error in row[3:])


def test_rare_and_new_items_are_the_tail():
    options = hashed_tail.parse(["--rows", "600", "--categories", "50"])
    (X, y), (X_val, y_val) = hashed_tail.items(options, 0)
    assert (len(X), len(y), len(X_val), len(y_val)) == (600, 600, 100, 100)
    tail = hashed_tail.tail_of(X, X_val, 5)
    counts = X["item"].value_counts()
    known = X_val["item"][~tail].map(counts)
    assert (known >= counts.iloc[4]).all()
    assert tail.any()
    assert np.all(X_val["item"][tail].map(counts).fillna(0) <= counts.iloc[4])


def test_rare_items_fall_into_hashed_rows():
    options = hashed_tail.parse(["--rows", "600", "--categories", "50", "--epochs", "1"])
    (X, y), _ = hashed_tail.items(options, 0)
    model = hashed_tail.fit((5, 3), X, y, options, 0)
    vocabulary = model.state_.coder.categorical[0].vocabulary
    assert (vocabulary.n_levels, vocabulary.n_hashed, vocabulary.n_rows) == (5, 3, 11)
    exact = hashed_tail.fit((None, 0), X, y, options, 0)
    assert exact.state_.coder.categorical[0].vocabulary.n_levels == X["item"].nunique()
