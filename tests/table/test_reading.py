"""Containers become narwhals data frames whose columns have names."""

import pathlib

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from counting import calls

from sk_entity._table.reading import (
    as_frame,
    column_at,
    frame_of_array,
    refuse_other_containers,
    with_column,
    without_mask,
)

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


def test_a_record_batch_is_a_table_with_its_names():
    frame = as_frame(pa.record_batch(DATA))
    assert frame.columns == ["a", "b"]
    assert frame["b"].to_list() == ["x", "y"]


class Stream:
    """What knows Arrow's protocol and nothing else."""

    def __arrow_c_stream__(self, requested_schema=None):
        return pa.table(DATA).__arrow_c_stream__(requested_schema)


class OtherFrame:
    """A data frame of a library that nobody knows."""

    columns = ("a", "b")

    def __array__(self, dtype=None, copy=None):
        return pd.DataFrame(DATA).to_numpy()


class OtherFrameWithAWayOut(OtherFrame):
    """One that becomes a table of pandas."""

    def to_pandas(self):
        return pd.DataFrame(DATA)


OTHER_CONTAINERS = {
    "reader": (
        pa.table(DATA).to_reader(),
        r"RecordBatchReader.*X.read_all\(\), or see sk_entity.st",
    ),
    "dataset": (pyarrow.dataset.dataset(pa.table(DATA)), r"InMemoryDataset.*X.to_table\(\), or"),
    "generator": ((row for row in [[1, "x"]]), r"generator, .*used up.*list\(X\).*, or see"),
    "iterator": (iter([[1, "x"]]), "list_iterator, which is used up after one pass"),
    "dict": (DATA, r"X is a dict. Pass pandas.DataFrame\(X\)"),
    "list of dicts": ([{"a": 1}], r"X is a list of dicts. Pass pandas.DataFrame\(X\)"),
    "named fields": (np.zeros(2, "i4,f4"), r"named fields. Pass pandas.DataFrame\(X\)"),
    "path": (pathlib.Path("rows.csv"), "is a PosixPath, and no table. Read it first"),
    "text": ("rows.csv", "is a str, and no table. Read it first"),
    "other library": (OtherFrame(), "OtherFrame.* Pass a table of pandas, polars or pyarrow"),
    "one with a way out": (OtherFrameWithAWayOut(), r"AWayOut.* Pass X.to_pandas\(\)"),
    "Arrow stream": (Stream(), r"Stream. Pass pyarrow.table\(X\)"),
}


@pytest.mark.parametrize(("X", "message"), OTHER_CONTAINERS.values(), ids=OTHER_CONTAINERS)
def test_other_containers_are_refused_with_the_way_out(X, message):
    assert as_frame(X) is None
    with pytest.raises(TypeError, match=message):
        refuse_other_containers(X)


@pytest.mark.parametrize("X", [np.ones((2, 2)), [[1, 2]], ((1, 2),), [], pl.Series([1])])
def test_arrays_and_lists_of_rows_are_no_other_containers(X):
    refuse_other_containers(X)


def test_a_query_without_rows_is_refused_with_what_to_call():
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        relation = connection.sql("SELECT 1 AS a")
        with pytest.raises(
            TypeError, match=r"of DuckDB has no rows yet: pass X.df\(\) or X.pl\(\)"
        ):
            as_frame(relation)
        assert as_frame(relation.pl()).columns == ["a"]


def test_a_dtype_that_pandas_holds_and_cannot_read_is_refused_by_name():
    cells = pd.arrays.ArrowExtensionArray(pa.array(["x", "y"], pa.string_view()))
    with pytest.raises(TypeError, match=r"Column 'b' has dtype string_view, which pandas cannot"):
        as_frame(pd.DataFrame({"a": [1, 2], "b": cells}))
    assert as_frame(pa.table({"b": pa.array(["x", "y"], pa.string_view())})).columns == ["b"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[1.5, 2.5]]), [1.5, None]),
        (np.array([[2**53 + 1, 3]]), [2**53 + 1, None]),
        (np.array([["a", "b"]]), ["a", None]),
        (np.array([[True, False]]), [True, None]),
    ],
    ids=["floats", "integers", "strings", "truth values"],
)
def test_masked_cells_are_missing(values, expected):
    masked = np.ma.array(values, mask=[[False, True]])
    cells = without_mask(masked)[0].tolist()
    assert [None if pd.isna(c) else c for c in cells] == expected
    assert without_mask(np.ma.array(values)).tolist() == values.tolist()


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


@pytest.mark.parametrize(
    "X", [pd.DataFrame(DATA, index=[7, 7]), pl.DataFrame(DATA), pa.table(DATA)], ids=type
)
def test_a_column_is_found_by_position_in_a_time_without_the_number_of_columns(X):
    assert column_at(as_frame(X), 1).to_list() == ["x", "y"]
    wide = {f"c{k}": [k] for k in range(400)}
    for make in (pd.DataFrame, pl.DataFrame, pa.table):
        narrow, frame = as_frame(make(dict(list(wide.items())[:20]))), as_frame(make(wide))
        column_at(frame, 0)
        assert calls(lambda f=frame: column_at(f, 9)) <= calls(lambda f=narrow: column_at(f, 9)) + 5
