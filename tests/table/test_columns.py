"""A column is learned from the training rows and coded for all."""

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from sk_entity._table.columns import NumericColumn, learn_categorical
from sk_entity._table.vocabulary import INFREQUENT, MISSING, UNKNOWN

FRAME = nw.from_native(
    pd.DataFrame(
        {
            "size": [1.0, 2.0, np.nan, 40.0, 3.0],
            "fruit": ["fig", "kiwi", None, "lime", "fig"],
        }
    )
)


def learn_one(frame, position, training=slice(None), min_frequency=None, max_categories=None):
    columns, coded = learn_categorical(frame, [position], training, min_frequency, max_categories)
    return columns[0], coded[0]


@pytest.mark.parametrize("training", [slice(0, 3), np.arange(3)])
def test_a_column_of_categories_codes_what_it_has_learned(training):
    column, codes = learn_one(FRAME, 1, training)
    assert (column.name, column.position) == ("fruit", 1)
    assert column.vocabulary.counts.tolist() == [1, 1, 0]
    assert codes.tolist() == [3, 4, MISSING, UNKNOWN, 3]
    assert column.code(FRAME).tolist() == codes.tolist()


def test_limits_reach_the_vocabulary():
    _, codes = learn_one(FRAME, 1, min_frequency=2)
    assert codes.tolist() == [3, INFREQUENT, MISSING, INFREQUENT, 3]
    _, codes = learn_one(FRAME, 1, max_categories=1)
    assert set(codes.tolist()) == {INFREQUENT, MISSING}


def test_a_column_of_numbers_learns_its_scale_from_weighted_training_rows():
    column = NumericColumn.learn("size", FRAME[:, 0], 0, np.array([0, 1, 4]), None)
    assert (column.name, column.position) == ("size", 0)
    assert column.scaler.center == 2.0
    weighted = NumericColumn.learn(
        "n", FRAME[:, 0], 0, np.array([0, 1, 4]), np.array([1.0, 1.0, 9.0])
    )
    assert weighted.scaler.center == 3.0
    np.testing.assert_array_equal(column.read(FRAME), [1, 2, np.nan, 40, 3])


def test_columns_are_taken_by_position_when_rows_are_coded():
    other = nw.from_native(pl.DataFrame({"a": [5.0], "b": ["kiwi"]}))
    categories, _ = learn_one(FRAME, 1)
    numbers = NumericColumn.learn("size", FRAME[:, 0], 0, slice(None), None)
    assert categories.code(other).tolist() == [4]
    assert numbers.read(other).tolist() == [5.0]


LEARN = {
    "name": lambda frame: learn_one(frame, 0),
    "number": lambda frame: NumericColumn.learn(
        frame.columns[0], frame[:, 0], 0, slice(None), None
    ),
}


@pytest.mark.parametrize("column", LEARN)
def test_a_column_without_value_is_named_in_a_warning(column):
    X = pd.DataFrame({"name": ["a", "b", None], "number": [1.0, np.nan, 2.0]})
    X[column] = X[column].where(X.index > 5)
    with pytest.warns(UserWarning, match=f"'{column}' has no value: all 3 training rows"):
        LEARN[column](nw.from_native(X[[column]]))
