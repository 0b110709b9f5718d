"""Cells without a vector of their own are found, and their values counted."""

import numpy as np
import pandas as pd
import pytest
from containers import read

from sk_entity._table.coder import TableCoder
from sk_entity._table.unseen import rows_not_known, values_of_rows
from sk_entity._table.vocabulary import INFREQUENT, UNKNOWN


def table(**columns):
    return read(pd.DataFrame({n: pd.Series(cells, dtype=object) for n, cells in columns.items()}))


def learn(frame, training=slice(None), min_frequency=None, shared=()):
    columns = list(range(len(frame.columns)))
    return TableCoder.learn(frame, columns, training, None, min_frequency, None, shared)[0]


def not_known(coder, frame):
    found = rows_not_known(coder, coder.code_categorical(frame))
    return {column.name: rows.tolist() for column, rows in found}


def test_a_missing_cell_is_not_known_where_training_had_none():
    fresh = table(city=["Nuuk", None, "Bonn"])
    assert not_known(learn(table(city=["Bonn", "Oslo"])), fresh) == {"city": [0, 1]}
    assert not_known(learn(table(city=["Bonn", None])), fresh) == {"city": [0]}
    assert not_known(learn(table(city=["Bonn", None])), fresh[1:]) == {}


def test_a_value_of_rows_that_did_not_train_is_not_known():
    coder = learn(table(city=["Bonn", "Bonn", "Oslo"]), training=np.array([0, 1]))
    assert not_known(coder, table(city=["Oslo", "Bonn"])) == {"city": [0]}


def test_columns_that_share_a_table_know_what_either_has_seen():
    learned = {"origin": ["Bonn", "Lima"], "dest": ["Oslo", None]}
    fresh = table(origin=["Oslo", None], dest=["Bonn", None])
    assert not_known(learn(table(**learned), shared=[[0, 1]]), fresh) == {}
    assert not_known(learn(table(**learned)), fresh) == {"origin": [0, 1], "dest": [0]}


def test_a_list_is_not_known_if_a_member_is_not():
    coder = learn(table(tags=[["a", "b"], ["a"]]))
    fresh = table(tags=[["a", "x", "x"], ["b"], ["x", "y"], []])
    assert not_known(coder, fresh) == {"tags": [0, 2, 3]}
    found = values_of_rows(coder.categorical[0], fresh, np.array([0, 2, 3]), UNKNOWN)
    assert list(found.items()) == [("x", 3), ("y", 1)]


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
    (column,) = learn(table(city=["Bonn"])).categorical
    found = values_of_rows(column, table(city=cells), np.arange(len(cells)), UNKNOWN)
    assert list(found.items()) == list(expected.items())


def test_only_the_rows_asked_for_count():
    (column,) = learn(table(city=["Bonn"])).categorical
    frame = read(pd.DataFrame({"city": pd.Categorical(["a", "b", "a"])}))
    assert values_of_rows(column, frame, np.array([1]), UNKNOWN) == {"b": 1}
    assert values_of_rows(column, frame, np.array([], dtype=int), UNKNOWN) == {}


def test_only_values_of_the_row_asked_for_count():
    (column,) = learn(table(city=["Bonn", "Bonn", "Nuuk"]), min_frequency=2).categorical
    frame = table(city=["Nuuk", "Rome", "Bonn"])
    assert values_of_rows(column, frame, np.arange(3), INFREQUENT) == {"Nuuk": 1}


def test_nothing_is_unknown_beside_hashed_rows():
    frame = table(city=["Bonn", "Bonn", "Nuuk"])
    coder = TableCoder.learn(frame, [0], slice(None), None, 2, None, n_hashed={"city": 5})[0]
    fresh = table(city=["Rome", "Nuuk", "Bonn", None])
    assert not_known(coder, fresh) == {"city": [3]}
    (column,) = coder.categorical
    assert values_of_rows(column, fresh, np.arange(4), UNKNOWN) == {}
    assert values_of_rows(column, fresh, np.arange(4), INFREQUENT) == {"Nuuk": 1, "Rome": 1}
