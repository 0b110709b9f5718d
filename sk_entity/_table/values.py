"""The values of one categorical column, read once: to be counted, and to be looked up."""

from dataclasses import dataclass
from typing import Any, Self

import narwhals as nw
import numpy as np
import pandas as pd

from .bags import Bags
from .lists import flatten
from .series import factorize
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class Cells:
    """The distinct values of a column and where they stand.

    Attributes
    ----------
    codes : ndarray of int, shape (n_cells,)
        Position of each cell's value in `values`, -1 where it is missing. Of a column of
        lists, each member is a cell, and an empty list is one missing cell.
    values : pandas.Index
    lengths : ndarray of int64, shape (n_samples,), or None
        Cells of each row; None if there is one in each.
    """

    codes: np.ndarray
    values: pd.Index
    lengths: np.ndarray | None

    @classmethod
    def read(cls, name: str, column: nw.Series, in_lists: bool) -> Self:
        """Read a column of single values or of lists; errors are those of `factorize`."""
        if not in_lists:
            codes, values = factorize(name, column)
            return cls(codes, values, None)
        members, lengths = flatten(name, column)
        codes, values = factorize(name, members)
        # An empty list has one member, which is missing.
        at_least_one = np.maximum(lengths, 1)
        filled = np.full(at_least_one.sum(), -1)
        filled[np.repeat(lengths > 0, at_least_one)] = codes
        return cls(filled, values, at_least_one)

    def count(self, training: Any) -> np.ndarray:
        """Count the missing cells of the training rows, then those of each value.

        Parameters
        ----------
        training : ndarray of int or slice

        Returns
        -------
        ndarray of int, shape (1 + n_values,)
        """
        if self.lengths is None:
            codes = self.codes[training]
        else:
            codes, _ = Bags.of(self.codes, self.lengths)[training].flat()
        return np.bincount(codes + 1, minlength=len(self.values) + 1)

    def look_up(self, vocabulary: Vocabulary) -> np.ndarray | Bags:
        """Find the embedding row of each cell; of lists, bags of them."""
        rows = vocabulary.lookup(self.codes, self.values)
        return rows if self.lengths is None else Bags.of(rows, self.lengths)
