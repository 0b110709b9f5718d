"""Columns whose cells hold several values: told apart, and laid out flat."""

from collections.abc import Iterable
from itertools import chain

import narwhals as nw
import numpy as np
import pandas as pd

from .._shown import shown

# Types of Python objects that hold several values of one kind; a dict holds named ones.
LISTS = (list, tuple, set, frozenset, np.ndarray)


def holds_lists(column: nw.Series) -> bool:
    """Decide whether the cells of a column are lists, by its dtype or its first cell with a value.

    Parameters
    ----------
    column : narwhals.Series
    """
    if isinstance(column.dtype, nw.List | nw.Array):
        return True
    cells = _objects(column)
    return cells is not None and isinstance(next(filter(_is_value, cells), None), LISTS)


def flatten(name: str, column: nw.Series) -> tuple[nw.Series, np.ndarray]:
    """Lay the members of all cells out one after another.

    Parameters
    ----------
    name : str
        The column's name, for errors.
    column : narwhals.Series of length n_samples
        For which `holds_lists` is true.

    Returns
    -------
    members : narwhals.Series
    lengths : ndarray of int64, shape (n_samples,)
        Members of each cell; 0 for a missing one, too.

    Raises
    ------
    TypeError
        For a cell that is no list.
    """
    cells = _objects(column)
    if cells is not None or column.null_count() == len(column):
        cells = column.to_list() if cells is None else cells
        return _flatten_objects(name, cells)
    if isinstance(column.dtype, nw.Array):
        column = column.cast(nw.List(column.dtype.inner))
    lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    if column.implementation.is_pyarrow():
        import pyarrow.compute as pc

        members = nw.from_native(pc.list_flatten(column.to_native()), series_only=True)
    else:
        filled = column.filter((lengths > 0).tolist()).alias("members")
        members = filled.to_frame().explode("members")["members"]
    return members, lengths


def _flatten_objects(name, cells):
    lengths = np.zeros(len(cells), dtype=np.int64)
    lists: list[Iterable] = []
    for row, cell in enumerate(cells):
        if isinstance(cell, LISTS):
            lengths[row] = len(cell)
            lists.append(cell.tolist() if isinstance(cell, np.ndarray) else cell)
        elif _is_value(cell):
            raise TypeError(
                f"Column {shown(name)} holds lists, but row {row} holds {shown(cell)}, a "
                f"{type(cell).__name__}. Put single values in lists, too, as [{shown(cell)}]."
            )
    members = pd.Series(np.fromiter(chain.from_iterable(lists), dtype=object), dtype=object)
    return nw.from_native(members, series_only=True), lengths


def _objects(column):
    """The cells as Python objects if that is how the column holds them, else None."""
    native = column.to_native()
    if isinstance(native, pd.Series) and pd.api.types.is_object_dtype(native.dtype):
        return native.to_numpy()
    return native.to_list() if isinstance(column.dtype, nw.Object) else None


def _is_value(cell):
    return isinstance(cell, LISTS) or not pd.isna(cell)
