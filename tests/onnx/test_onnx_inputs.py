import datetime
from decimal import Decimal

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from onnx import TensorProto

from sk_entity.onnx.inputs import Input, cells, input_of_column

STRING, INT64, BOOL = TensorProto.STRING, TensorProto.INT64, TensorProto.BOOL
FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE


def series(values):
    return nw.from_native(values, series_only=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series(["a", None]), STRING),
        (pd.Series(["a", "b"], dtype="category"), STRING),
        (pd.Series([None, None], dtype=object), STRING),
        (pd.Series([1, 2], dtype="int8"), INT64),
        (pd.Series([1, 2], dtype="category"), INT64),
        (pd.Series([1, 2], dtype=object), INT64),
        (pd.Series([1, None], dtype="Int64"), DOUBLE),
        (pd.Series([1, 2**64 - 1], dtype="uint64"), DOUBLE),
        (pd.Series([True, False]), BOOL),
        (pd.Series([True, None], dtype=object), DOUBLE),
        (pd.Series([0.5, np.nan]), DOUBLE),
        (pd.Series([0.5, np.nan], dtype="float32"), FLOAT),
        (pl.Series(["a", None]), STRING),
        (pl.Series(["a", "b"], dtype=pl.Categorical), STRING),
        (pl.Series([1, None]), DOUBLE),
        (pl.Series([None, None]), STRING),
        (pl.Series([None, None], dtype=pl.Int64), DOUBLE),
        (pl.Series([0.5, None], dtype=pl.Float32), FLOAT),
        (pa.chunked_array([["a", None]]), STRING),
        (pa.chunked_array([[1, 2]]), INT64),
    ],
)
def test_cells_decide_the_type(values, expected):
    assert input_of_column("x", series(values)).type == expected


@pytest.mark.parametrize("cell", [1, b"a", True, Decimal(1)])
def test_cells_of_several_types_are_refused(cell):
    with pytest.raises(TypeError, match=r"Column 'x' holds .*X\['x'\]\.astype\(str\)"):
        input_of_column("x", series(pd.Series(["a", cell], dtype=object)))


def test_a_column_without_a_name_is_refused():
    with pytest.raises(ValueError, match="every input of ONNX has a name. Rename"):
        input_of_column("", series(pd.Series([1, 2])))


def test_dates_are_refused():
    with pytest.raises(TypeError, match="Column 'x' holds dates"):
        input_of_column("x", series(pd.Series([datetime.date(2020, 1, 1)], dtype=object)))


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        (pd.Series(["a", None]), STRING, ["a", "?"]),
        (pl.Series([3, 4], dtype=pl.Int8), INT64, [3, 4]),
        (pd.Series([True, False]), BOOL, [True, False]),
        (pd.Series([1, 0]), BOOL, [True, False]),
        (pl.Series([1, None]), DOUBLE, [1, np.nan]),
        (pd.Series([0.1, np.nan]), FLOAT, [np.float32(0.1), np.nan]),
    ],
)
def test_cells_become_a_tensor(values, type_, expected):
    found = cells(Input("x", type_), series(values), "?")
    np.testing.assert_array_equal(found[:, 0], np.array(expected, dtype=found.dtype))
    assert found.shape == (2, 1)
    names = {STRING: "object", INT64: "int64", BOOL: "bool", FLOAT: "float32", DOUBLE: "float64"}
    assert found.dtype == names[type_]


@pytest.mark.parametrize("type_", [INT64, BOOL])
def test_a_missing_cell_in_a_column_of_whole_numbers_is_refused(type_):
    with pytest.raises(ValueError, match=r"Column 'x' has a missing value in row 1.*float64"):
        cells(Input("x", type_), series(pd.Series([1, None, 3], dtype="Int64")), "")


@pytest.mark.parametrize("type_", [INT64, BOOL, STRING])
def test_cells_of_another_type_are_refused(type_):
    with pytest.raises(TypeError, match=r"Column 'x' holds 0\.5"):
        cells(Input("x", type_), series(pd.Series([0.5, 1.0])), "")


def test_whole_numbers_that_the_tensor_would_change_are_refused():
    with pytest.raises(ValueError, match="Column 'x' holds 2, which"):
        cells(Input("x", BOOL), series(pd.Series([0, 2])), "")
    with pytest.raises(ValueError, match="Column 'x' holds 18446744073709551615, which"):
        cells(Input("x", INT64), series(pd.Series([2**64 - 1], dtype="uint64")), "")


def test_an_input_says_its_type():
    assert Input("x", DOUBLE).type_name == "double"
