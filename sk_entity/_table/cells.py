"""A few rows are coded cell by cell.

For a single row, nearly all of the time of `TableCoder.code` is what a column
costs whatever its length. Here cells are read all at once and looked up one by
one. A cell that needs a conversion, a message or a closer look leaves the whole
table to `TableCoder`, so that both ways give the same codes.
"""

import numpy as np
import pandas as pd

from .coder import CodedTable
from .vocabulary import MISSING

# Up to here, cells cost a fraction of what columns do.
MAX_ROWS = 128
# Types of cells that an index of each kind finds exactly where Python calls them equal.
_FOUND = {"O": (str,), "i": (int,), "u": (int,), "f": (float,), "b": (bool,)}


def code_cells(coder, X, *, named):
    """Code a small pandas table or array that has the columns learned from.

    Parameters
    ----------
    coder : TableCoder
    X : data frame or array-like of shape (n_samples, n_features)
    named : bool
        Whether the columns learned from had names.

    Returns
    -------
    CodedTable or None
        What ``coder.code`` returns, or None if that is to be asked.
    """
    columns = _columns(X, coder, named)
    if columns is None:
        return None
    try:
        return CodedTable(_codes(coder, columns, len(X)), _numbers(coder, columns, len(X)))
    except (_NotPlain, OverflowError):
        return None


def read_cells(coder, X, *, named, with_numbers):
    """Code the categories of a small table, and read its numbers as they are.

    Parameters
    ----------
    coder, X, named
        See `code_cells`.
    with_numbers : bool
        Whether the numbers are wanted.

    Returns
    -------
    tuple of CodedTable and ndarray, or None
        What ``coder.code_categorical`` and ``coder.raw_numerical`` return (of no columns,
        if numbers are not wanted), or None if these are to be asked.
    """
    columns = _columns(X, coder, named)
    if columns is None:
        return None
    wanted = coder.numerical if with_numbers else ()
    narrow = all(_dtype(X, column.position) == np.float32 for column in wanted)
    numbers = np.empty((len(X), len(wanted)), dtype=np.float32 if narrow else np.float64)
    try:
        codes = _codes(coder, columns, len(X))
        for j, values in enumerate(_values(wanted, columns)):
            numbers[:, j] = values
    except (_NotPlain, OverflowError):
        return None
    return CodedTable(codes, np.empty((len(X), 0), dtype=np.float32)), numbers


def _dtype(X, position):
    return X.dtypes.iloc[position] if isinstance(X, pd.DataFrame) else X.dtype


def _columns(X, coder, named):
    """Lists of cells by column, or None."""
    plain, names = False, coder.names
    if isinstance(X, pd.DataFrame) and 0 < len(X) <= MAX_ROWS:
        plain = named and tuple(X.columns) == names and all(map(_is_plain, X.dtypes))
    elif type(X) is np.ndarray and X.ndim == 2 and 0 < len(X) <= MAX_ROWS:
        plain = not named and X.shape[1] == len(names) and X.dtype.kind in "biufUO"
    if not plain or coder.n_bags:
        return None
    return _cells_of_frame(X) if named else X.T.tolist()


def _cells_of_frame(X):
    if len(X) == 1:
        row = X.iloc[0]
        # The fastest way to a category. Of columns of numbers only, it would make floats.
        if row.dtype == object:
            return [[cell.item() if isinstance(cell, np.generic) else cell] for cell in row]
    return X.to_numpy(dtype=object).T.tolist()


class _NotPlain(Exception):
    """A cell that must be looked at as part of its column."""


def _is_plain(dtype):
    """Whether cells of this dtype are what they look like as Python objects."""
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
        # Numbers beside a missing cell would become floats.
        return dtype.kind == "O"
    return isinstance(dtype, np.dtype | pd.StringDtype) and dtype.kind in "biufO"


def _codes(coder, columns, n_samples):
    out = np.empty((n_samples, len(coder.categorical)), dtype=np.int32)
    for j, column in enumerate(coder.categorical):
        vocabulary = column.vocabulary
        found = _FOUND[vocabulary.categories.dtype.kind]
        out[:, j] = [_code(vocabulary, cell, found) for cell in columns[column.position]]
    return out


def _code(vocabulary, cell, found):
    if _is_missing(cell):
        return MISSING
    if type(cell) not in found:
        raise _NotPlain
    try:
        return vocabulary.rows[vocabulary.categories.get_loc(cell)]
    except KeyError:
        other = pd.Index([cell], dtype=vocabulary.categories.dtype)
        return vocabulary.rows_of_others(other)[0]


def _numbers(coder, columns, n_samples):
    return coder.scale(_values(coder.numerical, columns), n_samples)


def _values(numeric, columns):
    """The numbers of each numeric column, as they are."""
    found = [np.array([_number(x) for x in columns[c.position]]) for c in numeric]
    if any(np.isinf(values).any() for values in found):
        raise _NotPlain
    return found


def _number(cell):
    if _is_missing(cell):
        return np.nan
    if type(cell) not in (float, int, bool):
        raise _NotPlain
    return float(cell)


def _is_missing(cell):
    return cell is None or cell is pd.NA or (type(cell) is float and cell != cell)
