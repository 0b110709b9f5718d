"""The values of a column are counted batch by batch, in memory that may be bounded."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd

from .._shown import shown
from .vocabulary import as_dtype, union_of

# Entries that wait to be merged, at least.
_FEW = 2**18


class ValueCounts:
    """How often a column holds each value: a summary that is added up over batches.

    Values are equal as they are to Python, so that batches may differ in dtype. The same
    batches in the same order give the same summary.

    Parameters
    ----------
    max_counted : int or None, default=None
        Distinct values to keep; None keeps all, and their counts are exact. Else the least
        frequent ones are dropped, as Misra and Gries (1982) do it.

    Attributes
    ----------
    n_missing : int
        Cells without a value, exactly.
    n_values : int
        Cells with a value, exactly.
    error : int
        The count of a value is too low by at most this, so that a value that was dropped has
        no more cells than this. It is at most ``n_uncounted / (max_counted + 1)``.

    Notes
    -----
    Where there are more than `max_counted` values, the count of the one that is the first too
    many, by frequency, is subtracted from all, and those that have nothing left are dropped. So
    whatever is subtracted from one is subtracted from more than `max_counted` at once, which
    bounds the error; the bound holds for merged summaries as well, in whatever order they
    are merged (Agarwal et al. 2012).

    References
    ----------
    J. Misra, D. Gries, "Finding repeated elements", Science of Computer Programming 2(2), 1982.

    P. Agarwal et al., "Mergeable summaries", Principles of Database Systems, 2012.
    """

    def __init__(self, max_counted: int | None = None):
        if max_counted is not None and max_counted < 1:
            raise ValueError(f"max_counted={shown(max_counted)} must be 1 or more, or None.")
        self.max_counted = max_counted
        self.n_missing = self.n_values = self.error = 0
        # Values with their counts: the first part has distinct ones, the others are to be merged.
        self._parts: list[tuple[pd.Index, np.ndarray]] = [_EMPTY]
        self._n_waiting = 0

    def add(self, values: pd.Index, counts: np.ndarray) -> None:
        """Add a batch.

        Parameters
        ----------
        values : pandas.Index
            Distinct, none of them missing.
        counts : ndarray of int, shape (1 + n_values,)
            Missing cells, then those of each value, see `Cells.count`.
        """
        self.n_missing += int(counts[0])
        self.n_values += int(counts[1:].sum())
        self._wait(values, counts[1:].astype(np.int64))

    def merge(self, other: Self) -> None:
        """Add what another summary has counted; the other one stays as it is.

        Parameters
        ----------
        other : ValueCounts
            With the same `max_counted`.
        """
        if other.max_counted != self.max_counted:
            raise ValueError(
                f"Summaries with max_counted={shown(self.max_counted)} and "
                f"{shown(other.max_counted)} cannot be merged."
            )
        self.n_missing += other.n_missing
        self.n_values += other.n_values
        self.error += other.error
        for values, counts in other._parts:
            self._wait(values, counts)

    def result(self) -> tuple[pd.Index, np.ndarray]:
        """Return the values and their counts.

        Returns
        -------
        values : pandas.Index
            Distinct.
        counts : ndarray of int64, shape (1 + n_values,)
            Missing cells, then those of each value.
        """
        self._merge_waiting()
        values, counts = self._parts[0]
        return values, np.append(self.n_missing, counts)

    @property
    def n_uncounted(self) -> int:
        """Cells with a value that are in no count: those of values that were dropped, and more."""
        return self.n_values - int(self.result()[1][1:].sum())

    def _wait(self, values, counts):
        # Parts wait until they are half as many as what they are merged with. So an entry
        # takes part in a few merges only, however many batches there are.
        if len(values) == 0:
            return
        self._parts.append((values, counts))
        self._n_waiting += len(values)
        if self._n_waiting > max(_FEW, len(self._parts[0][0]) // 2):
            self._merge_waiting()

    def _merge_waiting(self):
        if self._n_waiting == 0:
            return
        values, positions = union_of(_of_one_dtype([v for v, _ in self._parts if len(v)]))
        weights = np.concatenate([c for _, c in self._parts])
        counts = np.bincount(np.concatenate(positions), weights, len(values)).astype(np.int64)
        self._parts, self._n_waiting = [self._bounded(values, counts)], 0

    def _bounded(self, values, counts):
        """The most frequent ones, and what is left of their counts."""
        most = self.max_counted
        if most is None or len(values) <= most:
            return values, counts
        excess = int(np.partition(counts, len(counts) - 1 - most)[len(counts) - 1 - most])
        self.error += excess
        left = counts - excess
        return values[left > 0], left[left > 0]


_EMPTY = pd.Index([], dtype=object), np.zeros(0, dtype=np.int64)


def _of_one_dtype(values: Sequence[pd.Index]) -> list[pd.Index]:
    """Values of several dtypes of numbers in one of them, if that is exact for all."""
    if len({v.dtype for v in values}) > 1:
        # A batch with a missing cell may hold floats where others hold integers.
        for dtype in (np.int64, np.float64):
            cast = [as_dtype(v, dtype) for v in values]
            if all(v is not None for v in cast):
                return cast
    return list(values)
