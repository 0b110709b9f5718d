"""A few rows are coded cell by cell: with the same codes, or not at all."""

import datetime
from decimal import Decimal

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from containers import read
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sk_entity import EntityEmbeddingRegressor
from sk_entity._table.cells import MAX_ROWS, code_cells, read_cells
from sk_entity._table.coder import TableCoder

LEARNED = pd.DataFrame(
    {
        "text": ["a", "b", "c", None, "a", "1"],
        "whole": [1, 2, 3, 2**53 + 1, 1, -5],
        "real": [0.5, 1.0, np.nan, -0.0, 0.5, 2.5],
        "flag": [True, True, True, True, True, True],
        "mixed": ["x", 1, 2.5, True, None, "y"],
        "number": [1.0, np.nan, 3.0, -4.0, 0.25, 1e9],
        "count": [1, 2, 3, 4, 5, 6],
    }
)
CATEGORICAL = 5


def learn(table):
    rows = np.arange(len(table))
    frame = read(table)
    return TableCoder.learn(frame, list(range(CATEGORICAL)), rows, None, None, None)[0]


CODER = learn(LEARNED)
CELLS = [
    *[
        "a",
        "b",
        "1",
        "",
        "ß",
        1,
        0,
        2,
        -5,
        2**53,
        2**53 + 1,
        2**70,
        10**400,
        0.5,
        1.0,
        -0.0,
        2.0**53,
    ],
    *[
        True,
        False,
        None,
        np.nan,
        pd.NA,
        pd.NaT,
        np.inf,
        np.float32(0.5),
        np.int8(1),
        np.bool_(True),
    ],
    *[np.str_("a"), b"a", Decimal("0.5"), datetime.date(2020, 1, 1), pd.Timestamp(0), 1j],
]
CONVERSIONS = [
    "as it is",
    *["object", "str", "string", "category", "float64", "float32", "int64", "Int64", "uint8"],
    *["bool", "boolean", "Float32", "infer", "Sparse[float64]", "datetime64[ns]", "timedelta64[s]"],
]


def converted(cells, dtype):
    column = pd.Series(cells, dtype=object)
    if dtype == "infer":
        return column.infer_objects()
    return column if dtype == "as it is" else column.astype(dtype)


@st.composite
def tables(draw):
    n_samples = draw(st.integers(1, 3))
    columns = {}
    for name in LEARNED:
        usual = st.sampled_from([*LEARNED[name].astype(object), "new", 7])
        cells = draw(
            st.lists(usual | st.sampled_from(CELLS), min_size=n_samples, max_size=n_samples)
        )
        try:
            columns[name] = converted(cells, draw(st.sampled_from(CONVERSIONS)))
        except (TypeError, ValueError, OverflowError):
            columns[name] = LEARNED[name][:n_samples]
    return pd.DataFrame(columns)


def code(X):
    try:
        return CODER.code(read(X))
    except (TypeError, ValueError, OverflowError) as error:
        return error


def assert_same(coded, expected):
    assert not isinstance(expected, Exception), expected
    for name in ("categorical", "numerical"):
        by_cell, by_column = getattr(coded, name), getattr(expected, name)
        assert by_cell.dtype == by_column.dtype
        assert_array_equal(by_cell, by_column)


def assert_read_as_columns(coder, X, *, named):
    """Cells that are read are as columns have them, with numbers or without."""
    for with_numbers in (True, False):
        found = read_cells(coder, X, named=named, with_numbers=with_numbers)
        if found is None:
            continue
        coded, numbers = found
        assert_array_equal(coded.categorical, coder.code_categorical(read(X)).categorical)
        assert coded.numerical.shape == (len(X), 0)
        if with_numbers:
            expected = coder.raw_numerical(read(X))
            assert numbers.dtype == expected.dtype
            assert_array_equal(numbers, expected)
        else:
            assert numbers.shape == (len(X), 0)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True)
@given(tables())
def test_cells_are_coded_as_columns_are_or_left_to_them(X):
    coded = code_cells(CODER, X, named=True)
    if coded is not None:
        assert_same(coded, code(X))
    assert_read_as_columns(CODER, X, named=True)


def one_row_with(cell, dtype, position):
    """The first row learned from with another cell, or None if there is no such column."""
    X = LEARNED[:1].astype(object)
    try:
        X.isetitem(position, converted([cell], dtype))
    except (TypeError, ValueError, OverflowError):
        return None
    return X


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNED.columns)
@pytest.mark.parametrize("dtype", CONVERSIONS)
def test_no_cell_is_misread(dtype, name):
    assert code_cells(CODER, LEARNED[:1].astype(object), named=True) is not None
    for cell in CELLS:
        X = one_row_with(cell, dtype, LEARNED.columns.get_loc(name))
        coded = None if X is None else code_cells(CODER, X, named=True)
        if coded is not None:
            assert_same(coded, code(X))
        if X is not None:
            assert_read_as_columns(CODER, X, named=True)


def test_whole_numbers_of_a_category_are_not_rounded_beside_a_missing_one():
    X = LEARNED[:2].assign(whole=pd.Categorical([2**53 + 1, None], categories=[2**53 + 1]))
    assert list(X["whole"].to_numpy(dtype=object))[0] == 2**53
    assert code_cells(CODER, X, named=True) is None


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category"])
def test_usual_tables_are_read_by_cell(dtype):
    X = LEARNED.iloc[:, [0, *range(CATEGORICAL, LEARNED.shape[1])]].astype({"text": dtype})
    rows = np.arange(len(X))
    coder, expected = TableCoder.learn(read(X), [0], rows, None, None, None)
    assert_same(code_cells(coder, X, named=True), expected)
    assert read_cells(coder, X, named=True, with_numbers=True) is not None
    assert_read_as_columns(coder, X, named=True)


@pytest.mark.parametrize("dtype", [object, np.float64, np.float32, np.int64, "U5", bool])
def test_arrays_are_read_by_cell(dtype):
    X = np.array([[1, 2], [3, 4], [1, 2]]).astype(dtype)
    rows = np.arange(len(X))
    numeric = [] if dtype == "U5" else [1]
    categorical = [i for i in (0, 1) if i not in numeric]
    frame = read(X)
    coder, expected = TableCoder.learn(frame, categorical, rows, None, None, None)
    assert_same(code_cells(coder, X, named=False), expected)
    assert read_cells(coder, X, named=False, with_numbers=True) is not None
    assert_read_as_columns(coder, X, named=False)


def renamed(X):
    return X.rename(columns={"text": "texts"})


@pytest.mark.parametrize(
    ("X", "named"),
    [
        (LEARNED[:0], True),
        (pd.concat([LEARNED] * MAX_ROWS), True),
        (LEARNED, False),
        (LEARNED[LEARNED.columns[::-1]], True),
        (renamed(LEARNED), True),
        (LEARNED.to_numpy(), True),
        (LEARNED.to_numpy()[:, 1:], False),
        (LEARNED.to_numpy()[0], False),
        (LEARNED.values.tolist(), False),
        (np.ma.masked_array(np.ones((1, LEARNED.shape[1]))), False),
        (nw.from_native(LEARNED), True),
        (None, True),
    ],
)
def test_what_needs_a_check_is_left_to_it(X, named):
    assert code_cells(CODER, X, named=named) is None


def test_columns_are_read_for_many_rows_only(small, sales, revenue, monkeypatch):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    expected = estimator.predict(sales)

    def refuse(*_):
        raise AssertionError("read by column")

    monkeypatch.setattr(TableCoder, "code", refuse)
    assert_array_equal(estimator.predict(sales[:1]), expected[:1])
    with pytest.raises(AssertionError, match="read by column"):
        estimator.predict(pd.concat([sales] * 2))


def test_a_small_table_with_other_names_is_still_refused(small, sales, revenue):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(sales[:1].rename(columns={"shop": "store"}))
    with pytest.raises(ValueError, match="contains infinity"):
        estimator.predict(sales[:1].assign(price=np.inf))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        estimator.predict(sales[:1].to_numpy(dtype=object))


def test_values_that_are_no_categories_have_the_rows_that_the_coder_finds():
    table = LEARNED[["text", "whole", "real", "flag", "number"]]
    coder = TableCoder.learn(
        read(table),
        [0, 1, 2, 3],
        np.arange(len(table)),
        None,
        2,
        None,
        n_hashed={"text": 50, "whole": 50, "real": 50, "flag": 50},
    )[0]
    fresh = pd.DataFrame(
        {
            "text": ["a", "never", "1", None],
            "whole": [1, 7, -5, 2**53 + 1],
            "real": [0.5, 7.0, -2.25, np.nan],
            "flag": [True, False, True, False],
            "number": [1.0, 2.0, 3.0, 4.0],
        }
    )
    for rows in (fresh, fresh[:1], fresh[1:2], fresh.astype({"text": "str"})):
        found = code_cells(coder, rows, named=True)
        assert_array_equal(found.categorical, coder.code(read(rows)).categorical)
    assert (found.categorical[1] >= 3).all()
    assert (found.categorical[1] < 53).all()
