"""Values become numbers that are the same in every process, on every machine and in every version.

A fitted estimator is saved, and finds the row of a value again by its hash. So a hash
here never changes: the tests hold some of them.
"""

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

# Of 16 bytes, as SipHash takes it.
_KEY = "sk-entity-hashed"
_NUMBERS = (Real, Decimal, np.bool_)
_INT64_END, _UINT64_END = 2.0**63, 2.0**64
# Sets the bits of a number that is not whole apart from the whole number of these bits.
_NOT_WHOLE = 0x9E3779B97F4A7C15


def hashes(values: pd.Index) -> np.ndarray:
    """Hash values; those that are equal have one hash, whatever dtype holds them.

    Parameters
    ----------
    values : pandas.Index
        As `factorize` returns them: numbers, booleans, or objects.

    Returns
    -------
    ndarray of uint64, shape (n_values,)
    """
    cells = values.to_numpy()
    if cells.dtype.kind != "O":
        return _mixed(_keys(cells))
    if all(type(cell) is str for cell in cells):
        return _hashes_of_texts(cells)
    found = np.empty(len(cells), dtype=np.uint64)
    numbers = np.array([isinstance(cell, _NUMBERS) for cell in cells], dtype=bool)
    keys = [_key(cell) for cell in cells[numbers]]
    found[numbers] = _mixed(np.array(keys, dtype=np.uint64))
    texts = np.empty(len(cells) - len(keys), dtype=object)
    texts[:] = [_as_text(cell) for cell in cells[~numbers]]
    found[~numbers] = _hashes_of_texts(texts)
    return found


def _keys(numbers):
    """A key for each number, uint64: the number itself, of other than whole ones the bits."""
    if numbers.dtype.kind != "f":
        return numbers.astype(np.uint64)  # of negative ones, modulo 2**64
    numbers = numbers.astype(np.float64)
    keys = numbers.view(np.uint64) ^ np.uint64(_NOT_WHOLE)
    whole = (numbers == np.floor(numbers)) & (numbers >= -_INT64_END) & (numbers < _UINT64_END)
    large = whole & (numbers >= _INT64_END)
    keys[large] = numbers[large].astype(np.uint64)
    small = whole & ~large
    keys[small] = numbers[small].astype(np.int64).view(np.uint64)
    return keys


def _key(number):
    """As `_keys`, of a number of any type."""
    try:
        whole = int(number)
    except (OverflowError, ValueError):
        whole = None  # of infinity
    if whole is not None and whole == number:
        if -_INT64_END <= whole < _UINT64_END:
            return whole % 2**64
        number = whole
    try:
        return int(np.float64(float(number)).view(np.uint64)) ^ _NOT_WHOLE
    except OverflowError:
        return number % 2**64  # an integer that equals no float


def _mixed(keys):
    """Spread keys over all of 64 bits: the last step of SplitMix64 (Steele et al. 2014)."""
    # By hand, as pandas has changed how it hashes floats: -0.0 and 0.0 have one hash since 3.1.
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _hashes_of_texts(texts):
    """SipHash of the UTF-8 of strings (Aumasson and Bernstein 2012) and of bytes, then `_mixed`."""
    # So pandas hashes arrays of plain objects. How it hashes its string dtypes is up to these.
    try:
        return pd.util.hash_array(texts, hash_key=_KEY, categorize=False)
    except UnicodeEncodeError:  # a lone surrogate
        encoded = np.empty(len(texts), dtype=object)
        encoded[:] = [_encoded(text) for text in texts]
        return pd.util.hash_array(encoded, hash_key=_KEY, categorize=False)


def _encoded(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def _as_text(value):
    if isinstance(value, str | bytes):
        return value
    return f"{type(value).__name__} {value}"
