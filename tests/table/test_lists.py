"""Columns of lists, whatever holds them."""

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sk_entity._table.lists import flatten, holds_lists

CELLS = [["b", "a"], [], None, ["a", None, "a"]]


def series(native):
    return nw.from_native(native, series_only=True)


HELD = {
    "pandas": pd.Series(CELLS),
    "pandas Arrow": pd.Series(CELLS, dtype=pd.ArrowDtype(pa.list_(pa.string()))),
    "polars": pl.Series(CELLS),
    "Arrow": pa.chunked_array([CELLS[:1], CELLS[1:]], pa.list_(pa.string())),
    "Arrow large": pa.chunked_array([CELLS], pa.large_list(pa.string())),
    "tuples": pd.Series([cell and tuple(cell) for cell in CELLS]),
    "arrays": pd.Series([None if c is None else np.array(c, dtype=object) for c in CELLS]),
    "polars objects": pl.Series(CELLS, dtype=pl.Object),
}


@pytest.mark.parametrize("native", HELD.values(), ids=HELD)
def test_members_are_laid_flat(native):
    column = series(native)
    assert holds_lists(column)
    members, lengths = flatten("tags", column)
    assert lengths.tolist() == [2, 0, 0, 3]
    cells = [None if pd.isna(m) else m for m in members.to_list()]
    assert cells == ["b", "a", "a", None, "a"]


def test_a_polars_array_and_a_set():
    members, lengths = flatten("pair", series(pl.Series([[1, 2], [3, 4]], dtype=pl.Array(int, 2))))
    assert (members.to_list(), lengths.tolist()) == ([1, 2, 3, 4], [2, 2])
    members, lengths = flatten("tags", series(pd.Series([{"a", "b"}, frozenset("c")])))
    assert sorted(members.to_list()[:2]) == ["a", "b"]
    assert lengths.tolist() == [2, 1]


@pytest.mark.parametrize(
    "native",
    [
        pd.Series(["a", "b"]),
        pd.Series([None, "a"], dtype=object),
        pd.Series([1.0, 2.0]),
        pd.Series([None, None], dtype=object),
        pl.Series(["a"]),
        pl.Series([{"k": 1}]),
        pa.chunked_array([["a"]]),
    ],
)
def test_other_columns_hold_none(native):
    assert not holds_lists(series(native))


def test_a_missing_cell_before_the_first_list_is_skipped():
    assert holds_lists(series(pd.Series([None, np.nan, ["a"]], dtype=object)))


def test_a_single_value_among_lists_is_named():
    with pytest.raises(TypeError, match=r"'tags' holds lists, but row 2 holds 'c', a str.*\['c'\]"):
        flatten("tags", series(pd.Series([["a"], None, "c"])))


@pytest.mark.parametrize("native", [pd.Series([None, None], dtype=object), pl.Series([None, None])])
def test_a_column_without_any_value_has_no_members(native):
    members, lengths = flatten("tags", series(native))
    assert (len(members), lengths.tolist()) == (0, [0, 0])
