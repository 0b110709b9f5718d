"""Arrow's dictionaries are read as the plain columns that they stand for."""

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from sk_entity._table.dictionaries import decoded
from sk_entity._table.series import factorize

LETTERS = ["a", "b", "c"]


def dictionary(positions, values, dtype=None):
    return pa.DictionaryArray.from_arrays(pa.array(positions), pa.array(values, dtype))


DICTIONARIES = {
    "plain": [dictionary([0, 1, 2, 0], LETTERS)],
    "repeated values": [dictionary([0, 1, 2, 3], [*LETTERS, "a"])],
    "a null among the values": [dictionary([0, 1, 3, 0], [*LETTERS, None])],
    "a null among the positions": [dictionary([0, 1, None, 0], LETTERS)],
    "another dictionary in each chunk": [
        dictionary([0, 3], [*LETTERS, "b"]),
        dictionary([1, 0], ["a", "c", None]),
    ],
    "long strings": [dictionary([0, 1, 2, 0], LETTERS, pa.large_string())],
    "views": [dictionary([0, 1, 2, 0], LETTERS, pa.string_view())],
    "bytes": [dictionary([0, 1, 2, 0], [b"a", b"b", b"c"])],
    "long bytes": [dictionary([0, 1, 2, 0], [b"a", b"b", b"c"], pa.large_binary())],
    "numbers": [dictionary([0, 1, 2, 0], [5, 6, 5])],
    "numbers and nulls": [dictionary([0, 1, 2, 0], [0.5, 6, None])],
}


def cells_of(column):
    codes, values = factorize("k", column)
    return [None if code < 0 else values[code] for code in codes]


@pytest.mark.parametrize("pandas", [False, True], ids=["Arrow", "pandas"])
@pytest.mark.parametrize("chunks", DICTIONARIES.values(), ids=DICTIONARIES)
def test_every_dictionary_is_read_as_its_plain_column(chunks, pandas):
    array = pa.chunked_array(chunks)
    if pandas:
        if pa.types.is_string_view(array.type.value_type):
            return  # pandas does not know them, which test_reading.py tells
        array = pd.Series(pd.arrays.ArrowExtensionArray(array))
    column = nw.from_native(array, series_only=True)
    expected = [cell for chunk in chunks for cell in chunk.to_pylist()]
    assert cells_of(column) == expected
    assert len(set(factorize("k", column)[1])) == len(set(expected) - {None})


def test_an_empty_dictionary_and_other_columns_stay_what_they_are():
    empty = pa.chunked_array([], pa.dictionary(pa.int8(), pa.string()))
    assert cells_of(nw.from_native(empty, series_only=True)) == []
    for native in (
        pa.chunked_array([LETTERS]),
        pd.Series(LETTERS),
        pd.Series(LETTERS, dtype="category"),
    ):
        column = nw.from_native(native, series_only=True)
        assert decoded(column) is column


def test_a_dictionary_of_dates_is_refused_as_dates():
    dates = pa.array([0, 1], pa.date32()).dictionary_encode()
    column = nw.from_native(pa.chunked_array([dates]), series_only=True)
    with pytest.raises(TypeError, match="Column 'k' holds dates or times"):
        factorize("k", column)
