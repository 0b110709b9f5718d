"""Tables of any kind are read, and what is no table is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from containers import read
from scipy import sparse

from sk_entity._table.selection import select_categorical


def test_data_frames_keep_their_names(flights):
    for X in (flights, pl.DataFrame(flights), pa.Table.from_pandas(flights)):
        assert read(X).columns == ["carrier", "hour", "delay", "late"]


def test_arrays_and_frames_numbered_by_pandas_have_the_names_of_scikit_learn():
    array = np.arange(6).reshape(3, 2)
    for X in (array, array.tolist(), pd.DataFrame(array)):
        assert read(X).columns == ["x0", "x1"]


def test_mixed_arrays_and_lists_have_a_dtype_per_column(flights):
    rows = flights.astype(object).where(flights.notna(), None).to_numpy()
    for X in (rows, rows.tolist(), tuple(map(tuple, rows))):
        frame = read(X)
        assert select_categorical(frame, "from_dtype", named=False) == [0, 3]
        assert frame["x3"].to_list() == [True, False, True, True]


def test_truth_values_in_lists_are_no_numbers():
    assert select_categorical(read([[True, 1.5], [False, 2]]), "from_dtype", named=False) == [0]


TWICE = "unique; rename or drop.*\n- '{}' 2 times"


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ValueError, TWICE.format("a")),
        (pa.table([[1], [2]], names=["a", "a"]), ValueError, TWICE.format("a")),
        (pd.DataFrame([[1, 2]], columns=[0, 0]), ValueError, TWICE.format(0)),
        (pd.DataFrame([[1, 2]], columns=["a", 3]), TypeError, "strings; got 3 of type int. Use X"),
        (pd.DataFrame([[1, 2]], columns=[0.5, 1.5]), TypeError, "strings; got 0.5 of type float"),
        (
            pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
            TypeError,
            r"strings; got \('a', 'b'\) of type tuple. Use X.columns = \[",
        ),
        (pd.DataFrame(index=range(3)), ValueError, r"0 feature\(s\) .*minimum of 1"),
        (pd.DataFrame({"a": []}), ValueError, r"0 sample\(s\) .*minimum of 1"),
        (pl.DataFrame({"a": []}), ValueError, r"0 sample\(s\)"),
        (np.empty((0, 2)), ValueError, r"0 sample\(s\)"),
        ([], ValueError, "Expected 2D array, got 1D"),
        ([1, 2], ValueError, "Expected 2D array, got 1D"),
        ([[1, 2], [3]], ValueError, "Expected 2D array, got 1D"),
        (pd.Series([1, 2]), ValueError, "Expected a 2-dimensional container"),
        (pl.Series([1, 2]), ValueError, "Expected 2D array, got 1D"),
        (np.zeros((2, 2, 2)), ValueError, "Found array with dim 3"),
        ([[[1], [2]], [[3], [4]]], ValueError, "Found array with dim 3"),
        (sparse.csr_array(np.eye(2)), TypeError, "Sparse data was passed"),
        (np.array([[1j]]), ValueError, "Complex data not supported"),
        (pl.LazyFrame({"a": [1]}), TypeError, r"pass X.collect\(\)"),
        (None, ValueError, "Expected 2D array, got scalar"),
    ],
)
def test_what_is_no_table_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        read(X)


@pytest.mark.parametrize("X", [pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), [[1]]])
def test_too_few_rows_are_refused_whatever_holds_them(X):
    read(X)
    with pytest.raises(ValueError, match=r"with 1 sample\(s\) .* while a minimum of 2 is required"):
        read(X, min_samples=2)
