"""Containers become narwhals data frames whose columns have names."""

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sk_entity._table.reading import as_frame, frame_of_array, with_column

DATA = {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("X", [pd.DataFrame(DATA), pl.DataFrame(DATA), pa.table(DATA)])
def test_a_data_frame_is_wrapped_as_it_is(X):
    frame = as_frame(X)
    assert frame.to_native() is X
    assert frame.columns == ["a", "b"]
    assert as_frame(nw.from_native(X, eager_only=True)).to_native() is X


def test_columns_that_pandas_numbers_get_names():
    X = pd.DataFrame([[1, 2]])
    assert as_frame(X).columns == ["x0", "x1"]
    assert X.columns.tolist() == [0, 1]


@pytest.mark.parametrize("X", [np.ones((2, 2)), [[1, 2]], None, pl.Series([1]), "text"])
def test_what_is_no_data_frame_is_left_to_others(X):
    assert as_frame(X) is None


def test_repeated_names_other_names_and_lazy_frames_are_refused():
    with pytest.raises(ValueError, match="unique; rename or drop some"):
        as_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(TypeError, match="strings; got 3 of type int"):
        as_frame(pd.DataFrame([[1, 2]], columns=["a", 3]))
    with pytest.raises(TypeError, match=r"pass X.collect\(\)"):
        as_frame(pl.LazyFrame(DATA))


def test_columns_of_an_array_are_numbered_and_share_its_memory():
    array = np.arange(6.0).reshape(2, 3)
    frame = frame_of_array(array)
    assert frame.columns == ["x0", "x1", "x2"]
    assert np.shares_memory(frame.to_native().to_numpy(), array)
    assert frame_of_array(np.array([[b"e"]]))["x0"].to_list() == [b"e"]


@pytest.mark.parametrize(
    "X",
    [pd.DataFrame(DATA, index=[7, 7]), pl.DataFrame(DATA), pa.table(DATA)],
    ids=["pandas", "polars", "Arrow"],
)
def test_a_column_is_appended_row_by_row(X):
    frame = with_column(as_frame(X), "c", ["p", "q"])
    assert frame.columns == ["a", "b", "c"]
    assert frame["c"].to_list() == ["p", "q"]
    assert type(frame.to_native()) is type(X)
    if isinstance(X, pd.DataFrame):
        assert frame.to_native().index.tolist() == [7, 7]
