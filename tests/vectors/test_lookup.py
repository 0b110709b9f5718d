"""Vectors side by side for the rows of a table, and the values that have vectors."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from vocabularies import learn

from sk_entity._table.coder import CodedTable
from sk_entity._vectors import lookup
from sk_entity._vectors.axes import Axes
from sk_entity._vectors.encoded_column import EncodedColumn
from sk_entity._vectors.lookup import look_up, special_and_own


def coded(codes):
    return CodedTable(codes, np.empty((len(codes), 0), dtype=np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [0, 1, 49, 50, 51, 120])
def test_a_row_is_its_vectors_then_its_numbers(n_rows, dtype, monkeypatch):
    monkeypatch.setattr(lookup, "ROWS_PER_LOOKUP", 50)
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=shape).astype(np.float32) for shape in ((9, 3), (5, 1), (7, 4))]
    codes = np.column_stack([rng.integers(len(t), size=n_rows) for t in tables]).astype(np.int32)
    numbers = rng.normal(size=(n_rows, 2)).astype(dtype)
    found = look_up(tables, coded(codes), numbers)
    assert found.dtype == dtype
    expected = [table[c] for table, c in zip(tables, codes.T, strict=True)]
    assert_array_equal(found, np.hstack([*expected, numbers]))


def test_either_vectors_or_numbers_may_be_absent():
    table, codes = np.eye(4, 3, dtype=np.float32), np.array([[3], [0]], dtype=np.int32)
    no_numbers, numbers = np.empty((2, 0), dtype=np.float32), np.array([[1.5], [2.5]])
    assert_array_equal(look_up([table], coded(codes), no_numbers), table[[3, 0]])
    assert_array_equal(look_up([], coded(codes[:, :0]), numbers), numbers)


def encoded(cells, **limits):
    vocabulary = learn(cells, **limits)
    table = np.arange(2.0 * vocabulary.n_rows, dtype=np.float32).reshape(-1, 2)
    axes = Axes(np.empty((0, 1)), np.ones(1))
    origin, loadings = np.zeros(0), np.empty((0, len(axes)))
    deviations = np.zeros(len(table))
    return EncodedColumn(
        "c", 0, vocabulary, 0, False, table, deviations, 1, 1, axes, origin, loadings
    )


def test_values_with_vectors_are_named_as_in_ordinal_encoder():
    column = encoded(["a", "a", "b", "b", "once"], min_frequency=2)
    values, vectors = special_and_own(column)
    assert values[:4].tolist() == ["a", "b", "infrequent_sklearn", None]
    assert np.isnan(values[4])
    assert_array_equal(vectors, column.table[[3, 4, 2, 0, 1]])
    assert vectors.dtype == np.float64


def test_infrequent_is_no_value_where_nothing_was():
    values, vectors = special_and_own(encoded(["a", "b"]))
    assert values[:3].tolist() == ["a", "b", None]
    assert len(values) == len(vectors) == 4


def test_hashed_rows_are_infrequent_ones():
    column = encoded(["a", "a", "b", "c"], min_frequency=2, n_hashed=3)
    reached = np.flatnonzero(column.vocabulary.row_counts[3:6]) + 3
    values, vectors = special_and_own(column)
    names = ["a", *["infrequent_sklearn"] * len(reached), None]
    assert values[:-1].tolist() == names
    assert_array_equal(vectors, column.table[[6, *reached, 0, 1]])
