import datetime
from decimal import Decimal
from unittest.mock import Mock

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from counting import calls, peak_memory

from sk_entity._table import series
from sk_entity._table.series import factorize, is_categorical, numeric_values


def column(native):
    return nw.from_native(native, series_only=True)


def values_of(native):
    """The column again, from its codes and distinct values."""
    codes, values = factorize("c", column(native))
    return [None if code < 0 else values[code] for code in codes]


def strings_held_as_objects():
    try:
        return pd.StringDtype("python", na_value=np.nan)
    except TypeError:  # pandas 2.2
        return pd.StringDtype("python")


COLUMNS = {
    "pandas categories that no row has": (
        pd.Series(pd.Categorical(["a", None, "b"], categories=["z", "b", "a"])),
        ["a", None, "b"],
    ),
    "pandas categories of integers": (pd.Series(pd.Categorical([3, None, 1])), [3, None, 1]),
    "pandas strings held as objects": (
        pd.Series(["a", None, "b"], dtype=strings_held_as_objects()),
        ["a", None, "b"],
    ),
    "pandas intervals": (
        pd.Series(pd.cut([1, 9, np.nan], [0, 5, 10])),
        [pd.Interval(0, 5), pd.Interval(5, 10), None],
    ),
    "pandas nullable float with NaN beside NA": (
        pd.Series(pd.arrays.FloatingArray(np.array([1.5, np.nan, 2]), np.array([0, 0, 1], bool))),
        [1.5, None, None],
    ),
    "pandas Arrow float with NaN beside null": (
        pd.Series(pd.arrays.ArrowExtensionArray(pa.array([1.5, float("nan"), None]))),
        [1.5, None, None],
    ),
    "pandas Arrow dictionary": (
        pd.Series(pd.arrays.ArrowExtensionArray(pa.array(["a", None]).dictionary_encode())),
        ["a", None],
    ),
    "pandas Arrow zeros of either sign": (
        pd.Series([0.0, -0.0, None], dtype="float64[pyarrow]"),
        [0.0, 0.0, None],
    ),
    "pandas half floats": (pd.Series(np.array([1.5, 2], dtype=np.float16)), [1.5, 2.0]),
    "pandas bytes": (pd.Series([b"a", "a", None], dtype=object), [b"a", "a", None]),
    "pandas decimals": (
        pd.Series([Decimal("1.5"), Decimal("NaN")], dtype=object),
        [Decimal("1.5"), None],
    ),
    "polars floats": (
        pl.Series([1.5, float("nan"), None, float("inf")]),
        [1.5, None, None, float("inf")],
    ),
    "polars bytes": (pl.Series([b"a", None]), [b"a", None]),
    "polars decimals": (pl.Series([Decimal("1.5"), None]), [Decimal("1.5"), None]),
    "polars objects": (pl.Series([1, "1", None], dtype=pl.Object), [1, "1", None]),
    "polars without any value": (pl.Series([None, None]), [None, None]),
    "polars unsigned": (pl.Series([2**64 - 1, None], dtype=pl.UInt64), [2**64 - 1, None]),
    "polars Enum levels that no row has": (
        pl.Series(["b", None], dtype=pl.Enum(["a", "b"])),
        ["b", None],
    ),
    "polars Categorical rows of a longer column": (
        pl.Series(["z", "a", "b", None, "b"], dtype=pl.Categorical)[2:],
        ["b", None, "b"],
    ),
    "polars Categorical without any value": (
        pl.Series([None, None], dtype=pl.Categorical),
        [None, None],
    ),
    "Arrow zeros of either sign": (pa.chunked_array([[0.0, -0.0, None]]), [0.0, 0.0, None]),
    "Arrow half floats": (pa.chunked_array([np.array([1.5, 2], np.float16)]), [1.5, 2.0]),
    "Arrow large strings": (pa.chunked_array([["a", None]], pa.large_string()), ["a", None]),
    "Arrow string views": (pa.chunked_array([["a", None]], pa.string_view()), ["a", None]),
    "Arrow without any value": (pa.chunked_array([[None]]), [None]),
    "Arrow chunks": (pa.chunked_array([["b"], [], ["a", "b"]]), ["b", "a", "b"]),
}


@pytest.mark.parametrize(("native", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_codes_and_values_rebuild_the_column(native, expected):
    assert values_of(native) == expected


@pytest.mark.parametrize("native", [c for c, _ in COLUMNS.values()], ids=COLUMNS)
def test_distinct_values_are_distinct_and_present(native):
    codes, values = factorize("c", column(native))
    assert len(set(values)) == len(values)
    assert not pd.isna(values).any()
    assert values.dtype in (np.int64, np.uint64, np.float64, bool, object)
    assert set(codes) - {-1} == set(range(len(values)))


def test_every_marker_of_a_missing_value_counts():
    cells = ["a", None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT")]
    codes, values = factorize("c", column(pd.Series(cells, dtype=object)))
    assert codes.tolist() == [0] + [-1] * 6
    assert values.tolist() == ["a"]


def test_integers_among_floats_are_not_rounded():
    cells = [2**53, 2**53 + 1, 0.5]
    codes, values = factorize("c", column(pd.Series(cells, dtype=object)))
    assert codes.tolist() == [0, 1, 2]
    assert values.tolist() == cells


def test_strings_that_are_no_text_are_values_too():
    cells = ["\udcff", "a"]  # as os.fsdecode reads a byte that is not UTF-8
    codes, values = factorize("c", column(pd.Series(cells, dtype=object)))
    assert values[codes].tolist() == cells


def test_numbers_that_python_calls_equal_are_one_value_and_strings_another():
    cells = [1, 1.0, True, np.int8(1), np.float32(1), "1", "True", b"1", 1.5, "1.0"]
    codes, _ = factorize("c", column(pd.Series(cells, dtype=object)))
    assert codes.tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]


@pytest.fixture
def by_address(monkeypatch):
    """Short columns of objects are compared by address too."""
    addresses = Mock(wraps=series._first_rows)
    monkeypatch.setattr(series, "_PEEK", 20)
    monkeypatch.setattr(series, "_first_rows", addresses)
    yield
    addresses.assert_called()


def test_equal_objects_at_several_addresses_are_one_value(by_address):
    pool = ["ab", "".join("ab"), 1, 1.0, True, b"ab", None, float("nan"), np.float64("nan"), pd.NA]
    order = np.random.default_rng(0).integers(0, len(pool), 200)
    cells = pd.Series([pool[i] for i in order], dtype=object)
    expected = [[0, 0, 1, 1, 1, 2, -1, -1, -1, -1][i] for i in order]
    codes, values = factorize("c", column(cells))
    number = [expected[codes.tolist().index(k)] for k in range(3)]
    assert [number[k] if k >= 0 else -1 for k in codes] == expected
    assert [values[number.index(k)] for k in range(3)] == ["ab", 1, b"ab"]


def test_columns_of_a_block_of_objects_are_read_with_their_strides(by_address):
    block = np.array([["a", "x"], ["b", "x"], ["a", "y"]] * 10, dtype=object)
    table = pd.DataFrame(block, dtype=object)
    for j, expected in enumerate(["aba", "xxy"]):
        assert values_of(table[j]) == list(expected * 10)
        assert values_of(table[j][::-1]) == list(expected * 10)[::-1]


def test_a_list_among_repeated_objects_is_refused(by_address):
    cells = ["a"] * 50 + [[1, 2]] * 2
    with pytest.raises(TypeError, match=r"Column 'c' holds \[1, 2\], a list"):
        factorize("c", column(pd.Series(cells, dtype=object)))


LONG = {
    "pandas object": lambda cells: pd.Series(cells, dtype=object),
    "pandas str": lambda cells: pd.Series(cells, dtype="str"),
    "pandas category": lambda cells: pd.Series(cells, dtype="category"),
    "polars": pl.Series,
    "polars Categorical": lambda cells: pl.Series(cells, dtype=pl.Categorical),
    "Arrow": lambda cells: pa.chunked_array([cells]),
}


@pytest.mark.parametrize("convert", LONG.values(), ids=LONG)
def test_the_number_of_calls_does_not_grow_with_the_rows(convert):
    short, long = (column(convert(["a", "b", "c"] * n)) for n in (25_000, 50_000))
    # Of a column's first use pandas keeps this and that: hence a few calls more or fewer.
    assert calls(lambda: factorize("c", long)) < calls(lambda: factorize("c", short)) + 1000


@pytest.mark.parametrize("name", ["pandas category", "polars Categorical", "pandas object"])
def test_no_cell_becomes_an_object(name):
    cells = column(LONG[name](["a", "b", "c"] * 50_000))
    factorize("c", cells)
    peak, _ = peak_memory(lambda: factorize("c", cells))
    # Four integers of eight bytes for each cell; a string alone has fifty.
    assert peak < 40 * len(cells)


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        (pd.Series(["a"]), True),
        (pd.Series([True, None], dtype=object), True),
        (pd.Series(["a", 1], dtype=object), True),
        (pd.Series([b"a"]), True),
        (pd.Series(pd.Categorical([1, 2])), True),
        (pd.Series([1, None, pd.NA, pd.NaT], dtype=object), False),
        (pd.Series([1, 2.5], dtype=object), False),
        (pd.Series([Decimal(1)], dtype=object), False),
        # The first hundred cells say nothing about the rest.
        (pd.Series([None] * 200 + [1.5], dtype=object), False),
        (pd.Series([1.5] * 200 + ["a"], dtype=object), True),
        (pd.Series([1, None], dtype="Int8"), False),
        (pd.Series([True, None], dtype="boolean"), True),
        (pl.Series(["a"]), True),
        (pl.Series(["a"], dtype=pl.Categorical), True),
        (pl.Series([b"a"]), True),
        (pl.Series([True]), True),
        (pl.Series([Decimal(1)]), False),
        (pl.Series([1], dtype=pl.UInt8), False),
        (pl.Series([1, 2.5], dtype=pl.Object), False),
        (pl.Series(["a", 1], dtype=pl.Object), True),
        (pa.chunked_array([["a"]]), True),
        (pa.chunked_array([[1.5]]), False),
        (pa.chunked_array([pa.array([1]).dictionary_encode()]), True),
    ],
)
def test_strings_truth_values_and_category_dtypes_are_categories(native, expected):
    assert is_categorical(column(native)) is expected


DAY = datetime.date(2013, 1, 1)
REFUSED = {
    "pandas dates": (pd.Series([pd.Timestamp(DAY)]), "holds dates or times.*dt.month"),
    "pandas date objects": (pd.Series(["a", DAY], dtype=object), "holds dates or times.*2013"),
    "pandas times": (pd.Series([datetime.time(1)], dtype=object), "holds dates or times"),
    "pandas durations": (pd.Series([pd.Timedelta(1)]), "holds dates or times"),
    "pandas periods": (pd.Series([pd.Period(DAY, "D")]), "holds dates or times"),
    "pandas category of dates": (
        pd.Series(pd.Categorical([pd.Timestamp(DAY)])),
        "holds dates or times",
    ),
    "polars dates": (pl.Series([DAY]), "holds dates or times"),
    "polars times": (pl.Series([datetime.datetime(2013, 1, 1)]), "holds dates or times"),
    "Arrow dates": (pa.chunked_array([[DAY]]), "holds dates or times"),
    "pandas lists": (pd.Series(["a", [1, 2]], dtype=object), r"holds \[1, 2\], a list"),
    "pandas tuples": (pd.Series([(1, 2)], dtype=object), r"holds \(1, 2\), a tuple"),
    "pandas dicts": (pd.Series([{"k": 1}], dtype=object), "a dict.*column of its own"),
    "pandas sets": (pd.Series([{1}], dtype=object), "a set"),
    "pandas arrays": (pd.Series([np.arange(2)], dtype=object), "a ndarray"),
    "pandas Arrow lists": (
        pd.Series(pd.arrays.ArrowExtensionArray(pa.array([[1]]))),
        "must be a single value.*names the column",
    ),
    "polars lists": (pl.Series([[1, 2]]), "must be a single value.*names the column"),
    "polars structs": (pl.Series([{"k": 1}]), "must be a single value.*names the column"),
    "Arrow lists": (pa.chunked_array([[[1]]]), "must be a single value.*names the column"),
    "pandas complex": (pd.Series([1j]), "holds complex numbers.*imaginary part"),
    "pandas complex objects": (pd.Series([1.5, 1j], dtype=object), "holds complex numbers"),
    "pandas sparse": (pd.Series(pd.arrays.SparseArray([0, 1])), r"X.sparse.to_dense\(\)"),
    "pandas long floats": (pd.Series(np.array([1], np.longdouble)), "Convert it to float64"),
}


@pytest.mark.parametrize(("native", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("read", [factorize, numeric_values])
def test_what_is_neither_number_nor_category_is_refused_with_a_way_out(read, native, message):
    with pytest.raises(TypeError, match=f"Column 'when'.*{message}"):
        read("when", column(native))


@pytest.mark.parametrize(
    "native",
    [
        pd.Series([1, None, 2.5], dtype=object),
        pd.Series([1, pd.NA, 2.5], dtype=object),
        pd.Series([1, None, 2.5], dtype="Float32"),
        pd.Series([1, None, 2.5], dtype="float64[pyarrow]"),
        pd.Series(pd.Categorical([1, None, 2.5])),
        pd.Series([Decimal(1), None, Decimal("2.5")], dtype=object),
        pl.Series([1.0, None, 2.5], dtype=pl.Float32),
        pl.Series([1.0, float("nan"), 2.5]),
        pl.Series([Decimal(1), None, Decimal("2.5")]),
        pl.Series([1, None, 2.5], dtype=pl.Object),
        pa.chunked_array([[1], [None, 2.5]], pa.float64()),
        pa.chunked_array([[np.float16(1)], [None, np.float16(2.5)]], pa.float16()),
    ],
    ids=lambda c: f"{type(c).__module__.split('.')[0]} {getattr(c, 'dtype', '')}",
)
def test_numbers_are_read_as_floats_with_nan_where_missing(native):
    values = numeric_values("c", column(native))
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, [1, np.nan, 2.5])


@pytest.mark.parametrize(
    "native", [pd.Series([True, None], dtype="boolean"), pl.Series([True, None])]
)
def test_truth_values_read_as_numbers_are_zero_and_one(native):
    np.testing.assert_array_equal(numeric_values("c", column(native)), [1, np.nan])


@pytest.mark.parametrize("native", [pd.Series([None, None]), pl.Series([None, None])])
def test_a_batch_of_nulls_without_dtype_is_missing_numbers(native):
    assert np.isnan(numeric_values("c", column(native))).all()


@pytest.mark.parametrize(
    "native",
    [
        pd.Series([1, "12a", "b"], dtype=object),
        pl.Series([None, "12a", "b"]),
        pa.chunked_array([[None, "12a", "b"]]),
    ],
)
def test_the_first_string_among_numbers_is_named_with_its_row(native):
    with pytest.raises(ValueError, match="'price' is numeric, but row 1 holds '12a'"):
        numeric_values("price", column(native))


def test_infinity_among_numbers_is_named_with_its_row():
    with pytest.raises(ValueError, match=r"'price' contains infinity \(-inf in row 1; 2 in all\)"):
        numeric_values("price", column(pd.Series([1, -np.inf, np.inf])))


BEYOND = [2**53 + 1, 2**53 + 3, None, -(2**62) - 1]


@pytest.mark.parametrize(
    "native",
    [
        pa.chunked_array([BEYOND[:2], BEYOND[2:]]),
        pd.Series(pd.arrays.ArrowExtensionArray(pa.array(BEYOND))),
        pd.Series(BEYOND, dtype="Int64"),
        pl.Series(BEYOND),
        pl.Series(BEYOND, dtype=pl.Int128),
    ],
    ids=["Arrow", "pandas Arrow", "pandas nullable", "polars", "polars of 128 bits"],
)
def test_integers_that_no_float_holds_are_rounded_as_numbers_and_exact_as_categories(native):
    expected = [np.nan if v is None else float(v) for v in BEYOND]
    np.testing.assert_array_equal(numeric_values("c", column(native)), expected)
    assert values_of(native) == BEYOND


def test_unsigned_integers_of_64_bits_are_numbers_and_categories():
    cells = [2**63 + 5, 2**64 - 1]
    for native in (
        pa.chunked_array([pa.array(cells, pa.uint64())]),
        pl.Series(cells, dtype=pl.UInt64),
    ):
        np.testing.assert_array_equal(numeric_values("c", column(native)), np.array(cells, float))
        assert values_of(native) == cells


def test_integers_of_128_bits_are_the_categories_that_python_calls_equal():
    wide = pl.Series([1, 2, None], dtype=pl.Int128)
    assert factorize("c", column(wide))[1].dtype == np.int64
    assert values_of(pl.Series([2**70, 1, None], dtype=pl.Int128)) == [2**70, 1, None]


@pytest.mark.parametrize("pandas", [False, True], ids=["Arrow", "pandas"])
def test_maps_are_refused_as_several_values(pandas):
    maps = pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))
    native = pd.Series(pd.arrays.ArrowExtensionArray(maps)) if pandas else pa.chunked_array([maps])
    with pytest.raises(TypeError, match=r"Column 'c' (holds Map|has dtype map)"):
        factorize("c", column(native))
