"""Arrays, indices and data frames."""

import math
from typing import Any

import numpy as np
import pandas as pd

from .._shown import shortened, shown
from .container import DTYPES, LARGEST_DIMENSION, MOST_DIMENSIONS
from .objects import Kind, NotStorableError, Reader
from .texts import join, read_objects, split, write_objects

# Bytes up to which an array shares a tensor with others: one of its own takes a line in the header.
SMALL = 1024
# Whole numbers up to which they are written out.
FEW = 6
INTEGERS = {dtype[1:] for dtype in DTYPES.values() if dtype[1] in "iu"}
# Strings of fixed width may take that many times the bytes of their text, or that many bytes.
WIDEST, WIDE_ENOUGH = 256, 2**24


# Arrays of these types come back as plain arrays; masked ones and others say more than that.
PLAIN_ARRAYS = np.ndarray, np.memmap


def _is_numeric(array):
    if type(array) not in PLAIN_ARRAYS:
        return False
    return array.dtype.newbyteorder("<").str in DTYPES.values()


def _write_numbers(array, writer, path):
    # Layers are stored column by column in memory, and another layout would give other bits.
    in_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    stored = array.T if in_columns else array
    dtype = array.dtype.newbyteorder("<")
    if array.nbytes > SMALL:
        return [writer.tensor(stored), *[1] * in_columns]
    code = dtype.str[1:]
    if dtype.kind in "iu" and stored.ndim == 1 and len(stored) <= FEW:
        return [code, stored.tolist()]
    shape = list(stored.shape)
    return [code, shape, writer.pool(code, np.ascontiguousarray(stored)), *[1] * in_columns]


def _read_numbers(reader: Reader, first, *others):
    if isinstance(first, str) and len(others) == 1:
        return _read_integers(first, *others)
    *stored, in_columns = (*others, 0) if len(others) % 2 == 0 else others
    array = _read_small(reader, first, *stored) if stored else reader.tensor(first)
    return array.T if in_columns else array


def _read_integers(code, values):
    # Looked up, as NumPy would parse any text for a dtype as Python.
    if code not in INTEGERS or len(values) > FEW:
        raise ValueError("a small array has no dtype")
    if not all(type(value) is int for value in values):
        raise ValueError("a small array holds something else than integers")
    return np.array(values, dtype=code)


def _read_small(reader, code, shape, start):
    lengths = all(type(n) is int and 0 <= n <= LARGEST_DIMENSION for n in shape)
    if not lengths or len(shape) > MOST_DIMENSIONS:
        raise ValueError("a small array has no shape")
    array = reader.pooled(code, start, math.prod(shape)).reshape(shape)
    if array.dtype.str[1:] != code:
        raise ValueError("a small array has another dtype than its pool")
    return array


def _is_text(array):
    return type(array) in PLAIN_ARRAYS and array.ndim == 1 and array.dtype.kind in "UOS"


def _write_text(array, writer, path):
    try:
        strings, numbers = write_objects(array.tolist())
    except TypeError as error:
        raise TypeError(
            f"{_where(path)} holds a value that cannot be stored: {shortened(error)}"
        ) from None
    text, lengths = join(strings)
    _check_width(array.dtype, len(array), len(text))
    dtype = "O" if array.dtype == object else array.dtype.newbyteorder("<").str[1:]
    tensors = [writer.object(text, path), writer.object(lengths, path)]
    return [dtype, *tensors, None if numbers is None else writer.object(numbers, path)]


def _where(path):
    """The column that the path leads through, or else the path."""
    named = [part for part in path if part.startswith("Column ")]
    return named[-1] if named else ".".join(path)


def _read_text(reader: Reader, dtype, text, lengths, numbers):
    text, lengths = reader.object(text), reader.object(lengths)
    numbers = None if numbers is None else reader.object(numbers)
    if not all(a is None or _is_numeric(a) for a in (text, lengths, numbers)):
        raise ValueError("a list of strings is stored in objects of another kind")
    strings = split(text, lengths)
    values = read_objects(strings, numbers)
    if dtype == "O":
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    if dtype[0] not in "US" or not dtype[1:].isdecimal() or len(dtype) > 10:
        raise ValueError(f"a list of strings has the dtype {shown(dtype[:20])}")
    _check_width(np.dtype(dtype), len(values), len(text))
    if {type(value) for value in values} - {str if dtype[0] == "U" else bytes}:
        raise ValueError("a list of strings holds something else")
    array = np.array(values, dtype=dtype)
    if array.tolist() != values:
        raise ValueError("strings are longer than their dtype is wide")
    return array


def _check_width(dtype, n_values, n_bytes):
    limit = max(WIDE_ENOUGH, WIDEST * (n_values + n_bytes))
    if dtype.kind != "O" and n_values * dtype.itemsize > limit:
        raise ValueError(
            f"{n_values} strings of dtype {dtype} take far more memory than their text. Convert "
            "them to objects: array.astype(object)."
        )


def _write_index(index, writer, path):
    if isinstance(index, pd.RangeIndex):
        return ["range", [index.start, index.stop, index.step], writer.value(index.name, path)]
    kind = "str" if isinstance(index.dtype, pd.StringDtype) else ""
    values = index.to_numpy(dtype=object) if kind else index.to_numpy()
    if not (isinstance(index.dtype, np.dtype) or kind):
        raise NotStorableError(path, index)
    return [kind, writer.object(values, path), writer.value(index.name, path)]


def _read_index(reader: Reader, kind, values, name):
    name = reader.value(name)
    hash(name)
    if kind == "range":
        if not all(type(n) is int and abs(n) < 2**62 for n in values):
            raise ValueError("a range has no ends")
        return pd.RangeIndex(*values, name=name)
    values = reader.object(values)
    if kind == "str":
        # As pandas itself takes strings, which differs by its version.
        return pd.Index(values.tolist(), name=name) if len(values) else pd.Index([], name=name)
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in "biufO":
        raise ValueError("an index has no values")
    return pd.Index(values, dtype=values.dtype, name=name)


def _write_frame(frame, writer, path):
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    for name, column in zip(frame.columns, columns, strict=True):
        if not (isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf"):
            raise NotStorableError((*path, str(name)), column.dtype)
    arrays = [writer.object(column.to_numpy(), path) for column in columns]
    return [writer.object(frame.index, path), writer.object(frame.columns, path), arrays]


def _read_frame(reader: Reader, index, columns, arrays):
    index, columns = reader.object(index), reader.object(columns)
    arrays = [reader.object(array) for array in arrays]
    if not isinstance(index, pd.Index) or not isinstance(columns, pd.Index):
        raise ValueError("a table has no index or no names")
    if len(columns) != len(arrays) or not all(
        isinstance(a, np.ndarray) and a.shape == (len(index),) for a in arrays
    ):
        raise ValueError("a table has columns of different lengths")
    frame = pd.DataFrame(dict(enumerate(arrays)), index=index)
    frame.columns = columns
    return frame.copy()  # in one block of memory, as the table was


def _is_index(value: Any) -> bool:
    return type(value) in (pd.Index, pd.RangeIndex)


ARRAY_KINDS = (
    Kind("array", _is_numeric, _write_numbers, _read_numbers),
    Kind("text", _is_text, _write_text, _read_text),
    Kind("index", _is_index, _write_index, _read_index),
    Kind("frame", lambda value: type(value) is pd.DataFrame, _write_frame, _read_frame),
)
