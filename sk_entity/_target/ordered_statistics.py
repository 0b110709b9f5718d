"""Means of the target over the rows before each row, in any order of the rows."""

from dataclasses import dataclass

import numpy as np

from .._table.scaler import squash
from .shrinkage import smooth


@dataclass(frozen=True)
class OrderedStatistics:
    """Means over the rows before each training row in an order.

    Attributes
    ----------
    levels : tuple of ndarray of int32, shape (n_samples,)
        The level of each row, by encoding.
    smoothing : tuple of float
        Of each encoding.
    target, sample_weight : ndarray of float64, shape (n_samples,)
        Of mean 0 and deviation 1; of mean 1.
    """

    levels: tuple[np.ndarray, ...]
    smoothing: tuple[float, ...]
    target: np.ndarray
    sample_weight: np.ndarray

    def draw(self, order: np.ndarray) -> np.ndarray:
        """Compute the means for an order of the rows, float32 (n_samples, n_encodings)."""
        out = np.empty((len(order), len(self.levels)), dtype=np.float32)
        weighted = self.sample_weight * self.target
        for j, level in enumerate(self.levels):
            # Rows of a level one after another, each level in this order.
            rows = order[np.argsort(level[order], kind="stable")]
            first = np.flatnonzero(np.diff(level[rows], prepend=-1))
            total, mass = (_before(x[rows], first) for x in (weighted, self.sample_weight))
            out[rows, j] = squash(smooth(total, mass, self.smoothing[j]))
        return out


def _before(x, first):
    """Sum the elements before each one within its run; runs begin at `first`."""
    before = np.cumsum(x) - x
    return before - np.repeat(before[first], np.diff(first, append=len(x)))
