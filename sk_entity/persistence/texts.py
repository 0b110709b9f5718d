"""Strings and other objects as arrays of numbers.

Strings become one text and the length of each. Of other objects the text is what
Python writes them as, beside a number for their type: no type is looked up by a
name in the file.
"""

import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .._shown import shown
from . import strict_json

# Numerators and denominators are reduced in a time that grows with the square of their lengths.
MOST_DIGITS_OF_FRACTION = 10_000


def join(strings: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Join strings to one text.

    Returns
    -------
    text : ndarray of uint8
        In UTF-8; lone surrogates are encoded as if they were characters.
    lengths : ndarray of unsigned integers, shape (n_strings,)
        In characters.
    """
    text = "".join(strings).encode("utf-8", "surrogatepass")
    lengths = np.fromiter(map(len, strings), dtype=np.uint64, count=len(strings))
    dtype = np.min_scalar_type(int(lengths.max(initial=0)))
    return np.frombuffer(text, dtype=np.uint8), lengths.astype(dtype)


def split(text: np.ndarray, lengths: np.ndarray) -> list[str]:
    """Split a text into the strings it was joined from.

    Raises
    ------
    ValueError
        If the lengths are not those of the text.
    """
    if text.dtype != np.uint8 or text.ndim != 1 or lengths.dtype.kind != "u" or lengths.ndim != 1:
        raise ValueError("a list of strings is stored in arrays of another kind")
    joined = text.tobytes().decode("utf-8", "surrogatepass")
    # As floats, a sum beyond the integers is not taken for a small one.
    if abs(lengths.sum(dtype=np.float64) - len(joined)) > 0.5 + 1e-6 * len(joined):
        raise ValueError("the lengths of strings are not those of their text")
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    if (ends[-1] if ends else 0) != len(joined):
        raise ValueError("the lengths of strings are not those of their text")
    return [joined[start:stop] for start, stop in pairwise([0, *ends])]


class _Type(NamedTuple):
    """How objects of a type are written and read."""

    type: type
    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _read_bool(text):
    if text not in ("0", "1"):
        raise ValueError(f"{shown(text[:20])} is no truth value")
    return text == "1"


def _write_fraction(fraction):
    text = f"{fraction.numerator:x}/{fraction.denominator:x}"
    if len(text) > MOST_DIGITS_OF_FRACTION:
        raise TypeError("a fraction of so many digits cannot be stored")
    return text


def _read_fraction(text):
    if len(text) > MOST_DIGITS_OF_FRACTION:
        raise ValueError("a fraction has too many digits")
    numerator, denominator = text.split("/")
    return Fraction(int(numerator, 16), int(denominator, 16))


def _write_interval(interval):
    ends = [_write_one(end) for end in (interval.left, interval.right)]
    return strict_json.dumps([interval.closed, *ends])


def _read_interval(text):
    closed, left, right = strict_json.loads(text)
    return pd.Interval(_read_one(*left), _read_one(*right), closed=closed)


def _write_moment(moment):
    if moment.tz is not None:
        raise TypeError("a time with a time zone cannot be stored")
    return moment.isoformat()


# A type's place is its number in the file: append, and never reorder. int comes after bool, which
# is one; hexadecimal numbers are read in a time that grows with their length.
TYPES = (
    _Type(str, str, str),
    _Type(bool, lambda value: "1" if value else "0", _read_bool),
    _Type(int, lambda value: f"{value:x}", lambda text: int(text, 16)),
    _Type(float, float.hex, float.fromhex),
    _Type(bytes, lambda value: value.decode("latin-1"), lambda text: text.encode("latin-1")),
    _Type(Decimal, str, Decimal),
    _Type(Fraction, _write_fraction, _read_fraction),
    _Type(uuid.UUID, lambda value: value.hex, uuid.UUID),
    _Type(pd.Interval, _write_interval, _read_interval),
    _Type(pd.Timestamp, _write_moment, pd.Timestamp),
    _Type(pd.Timedelta, lambda value: value.isoformat(), pd.Timedelta),
)
NUMBERS = {entry.type: number for number, entry in enumerate(TYPES)}


def write_objects(values: Sequence[Any]) -> tuple[list[str], np.ndarray | None]:
    """Write objects as strings.

    Returns
    -------
    list of str
    ndarray of uint8, shape (n_values,), or None
        The number of the type of each, see `TYPES`; None if all are strings.

    Raises
    ------
    TypeError
        For an object of a type that is not in `TYPES`.
    """
    if set(map(type, values)) <= {str}:
        return list(values), None
    pairs = [_write_one(value) for value in values]
    return [text for _, text in pairs], np.array([number for number, _ in pairs], dtype=np.uint8)


def read_objects(strings: list[str], numbers: np.ndarray | None) -> list[Any]:
    """Read objects from what `write_objects` has returned.

    Raises
    ------
    ValueError
        For what is none of it.
    """
    if numbers is None:
        return strings
    if numbers.dtype != np.uint8 or numbers.shape != (len(strings),):
        raise ValueError("a list of objects has no type for each")
    return [_read_one(*pair) for pair in zip(numbers.tolist(), strings, strict=True)]


def _write_one(value):
    value = _plain(value)
    try:
        number = NUMBERS[type(value)]
    except KeyError:
        raise TypeError(
            f"{shown(value)}, of type {type(value).__qualname__}, cannot be stored without code. "
            "Convert such values to strings before fit."
        ) from None
    return number, TYPES[number].write(value)


def _plain(value):
    """NumPy's scalars and subclasses of str, int and float as Python's own, if they are equal."""
    if type(value) in NUMBERS:
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else value


def _read_one(number, text):
    if type(number) is not int or not 0 <= number < len(TYPES) or type(text) is not str:
        raise ValueError("an object is of an unknown type")
    try:
        value = TYPES[number].read(text)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"an object cannot be read from {shown(text[:50])}: {error}") from None
    if number and pd.isna(value):
        raise ValueError("a value is missing among objects")
    return value
