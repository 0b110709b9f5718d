"""Cells without a vector of their own are found, and their values counted."""

import numpy as np
import pandas as pd
import pytest
from containers import read

from sk_entity._table.columns import CategoricalColumn
from sk_entity._table.unseen import rows_not_known, values_of_rows


def learn(cells, training=slice(None)):
    frame = read(pd.DataFrame({"city": pd.Series(cells, dtype=object)}))
    return CategoricalColumn.learn(frame, 0, training, None, None)[0]


def test_a_missing_cell_is_not_known_where_training_had_none():
    codes = np.array([0, 1, 3], dtype=np.int32)  # unknown, missing, a category
    assert rows_not_known(learn(["Bonn", "Oslo"]), codes).tolist() == [0, 1]
    assert rows_not_known(learn(["Bonn", None]), codes).tolist() == [0]


def test_a_value_of_rows_that_did_not_train_is_not_known():
    column = learn(["Bonn", "Bonn", "Oslo"], training=np.array([0, 1]))
    frame = read(pd.DataFrame({"city": ["Oslo", "Bonn"]}))
    assert rows_not_known(column, column.code(frame)).tolist() == [0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["b", "a", "c", "c", None], {"c": 2, "a": 1, "b": 1}),
        ([3, 1, 1], {1: 2, 3: 1}),
        ([2.5, np.nan], {2.5: 1}),
        ([None, None], {}),
        (["x", 7, 7], {7: 2, "x": 1}),
    ],
)
def test_values_are_counted_the_most_frequent_first(cells, expected):
    frame = read(pd.DataFrame({"city": pd.Series(cells, dtype=object)}))
    found = values_of_rows(learn(["Bonn"]), frame, np.arange(len(cells)))
    assert list(found.items()) == list(expected.items())


def test_only_the_rows_asked_for_count():
    frame = read(pd.DataFrame({"city": pd.Categorical(["a", "b", "a"])}))
    column = learn(["Bonn"])
    assert values_of_rows(column, frame, np.array([1])) == {"b": 1}
    assert values_of_rows(column, frame, np.array([], dtype=int)) == {}
