"""One column of any table as numbers, and back."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from .._shown import shown
from .._table.lists import holds_lists
from .._table.series import factorize, is_categorical, numeric_values
from .._table.vocabulary import find, sorted_positions

_MISSING = -1.0


class CodedColumn:
    """A column as numbers: numbers as they are, other cells as positions among their values.

    Parameters
    ----------
    name : str
    column : narwhals.Series
        Holds each value that is to have a code, a missing cell included.
    """

    def __init__(self, name: str, column: nw.Series[Any]):
        self.name, self._dtype, self._backend = name, column.dtype, column.implementation
        self._in_lists = holds_lists(column)
        self._is_number = not self._in_lists and not is_categorical(column)
        if self._is_number:
            return
        codes, values = self._factorize(column)
        order = sorted_positions(values)
        self._values = values[order]
        # Cells themselves are kept, so that what is decoded has their type.
        firsts = pd.Series(np.arange(len(codes))).groupby(codes).first()
        self._has_missing = len(firsts) > 0 and firsts.index[0] == _MISSING
        rows = firsts.loc[order].to_numpy()
        self._cells = column[np.append(rows, firsts[_MISSING]) if self._has_missing else rows]

    def _factorize(self, column: nw.Series[Any]) -> tuple[np.ndarray, pd.Index]:
        """Codes, -1 where missing, and distinct values; a list is a value."""
        if not self._in_lists:
            return factorize(self.name, column)
        cells = [None if cell is None else tuple(cell) for cell in _objects(column)]
        codes, values = pd.factorize(pd.Series(cells, dtype=object))
        return codes, pd.Index(values, dtype=object, tupleize_cols=False)

    def encode(self, column: nw.Series[Any]) -> np.ndarray:
        """Code cells, float64 of shape (n_samples,).

        Raises
        ------
        ValueError
            If one of them has no code.
        """
        if self._is_number:
            return numeric_values(self.name, column)
        codes, values = self._factorize(column)
        positions = find(values, self._values)
        if (positions < 0).any():
            value = values[int(np.argmax(positions < 0))]
            raise ValueError(
                f"Column {shown(self.name)} holds {shown(value)}, which has no code: the table "
                "that the codes were made of must hold it."
            )
        if (codes < 0).any() and not self._has_missing:
            raise ValueError(
                f"Column {shown(self.name)} has a missing cell, which has no code: the table that "
                "the codes were made of must hold one."
            )
        return np.append(positions, _MISSING)[codes].astype(np.float64)

    def decode(self, codes: np.ndarray) -> nw.Series[Any]:
        """Make cells of codes, in the dtype that the column had."""
        if not self._is_number:
            cells = self._cells[codes.astype(np.intp) % max(1, len(self._cells))]
            if cells.implementation.is_pandas():
                native = cells.to_native().reset_index(drop=True)
                cells = nw.from_native(native, series_only=True)
            return cells.alias(self.name)
        cells = nw.new_series(self.name, codes, dtype=nw.Float64, backend=self._backend)
        whole = self._dtype.is_integer() and bool(np.isfinite(codes).all())
        return cells.cast(self._dtype) if whole or self._dtype == nw.Float32 else cells


def _objects(column: nw.Series[Any]) -> Any:
    native = column.to_native()
    return native if isinstance(native, pd.Series) else column.to_list()
