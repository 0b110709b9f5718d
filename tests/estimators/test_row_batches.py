"""Columns of a dataset by what they are for, and what is drawn for rows."""

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._estimators.row_batches import Roles, RowDraws

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("library", LIBRARIES)
def test_columns_are_told_apart(library):
    table = LIBRARIES[library]({"a": ["x", "y"], "y": [1, 2], "w": [0.5, 2.0], "b": [1.0, 2.0]})
    frame = nw.from_native(table, eager_only=True)
    roles = Roles.choose(frame.columns, "y", "w")
    batch = roles.read(EntityEmbeddingRegressor(), frame)
    assert batch.frame.columns == ["a", "b"]
    assert batch.y.tolist() == [1.0, 2.0]
    assert batch.sample_weight.tolist() == [0.5, 2.0]
    assert roles.all == ["a", "b", "y", "w"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_classes_are_read_as_they_are(library):
    labels = ["no", "yes", "no"]
    table = LIBRARIES[library]({"a": [1, 2, 3], "label": labels})
    if library == "pyarrow":
        table = table.set_column(1, "label", table["label"].dictionary_encode())
    frame = nw.from_native(table, eager_only=True)
    batch = Roles.choose(frame.columns, "label", None).read(EntityEmbeddingClassifier(), frame)
    assert batch.y.tolist() == labels
    assert batch.y.dtype == object


def test_several_targets():
    frame = nw.from_native(pd.DataFrame({"a": [1, 2], "y": [1, 2], "z": [3, 4]}))
    batch = Roles.choose(frame.columns, ["z", "y"], None).read(EntityEmbeddingRegressor(), frame)
    assert batch.y.tolist() == [[3.0, 1.0], [4.0, 2.0]]


class TestDraws:
    def test_a_batch_has_the_same_draws_in_each_pass(self):
        draws = RowDraws(3, 0.3, 4)
        first, second = draws.of_batch(7, 100), draws.of_batch(7, 100)
        np.testing.assert_array_equal(first.held_out, second.held_out)
        np.testing.assert_array_equal(first.folds, second.folds)
        assert (first.rng.random(5) == second.rng.random(5)).all()
        assert (first.held_out != draws.of_batch(8, 100).held_out).any()

    def test_nothing_is_drawn_if_nothing_is_asked_for(self):
        draws = RowDraws(3).of_batch(0, 10)
        assert not draws.held_out.any()
        assert draws.folds is None

    def test_parts(self):
        draws = RowDraws(0, 0.25, 5).of_batch(0, 10_000)
        assert draws.held_out.mean() == pytest.approx(0.25, abs=0.02)
        assert np.bincount(draws.folds) == pytest.approx(np.full(5, 2000), rel=0.1)
