"""The vectors of numbers, looked up."""

import numpy as np

from .weights import NumericTable


class Bins:
    """Where numbers lie in the bins of their columns.

    Parameters
    ----------
    tables : sequence of NumericTable
    """

    def __init__(self, tables: tuple[NumericTable, ...]):
        n_bins = len(tables[0].steps) if tables else 0
        edges = np.array([t.edges for t in tables], dtype=np.float32)
        edges = edges.reshape(len(tables), n_bins + 1)
        self.n_bins = n_bins
        self.inner = edges[:, 1:-1]
        self.lower, width = edges[:, :-1], np.diff(edges)
        self.per_width = np.divide(1, width, out=np.zeros_like(width), where=width > 0)
        self.first = np.arange(len(edges)) * n_bins

    def place(self, numerical: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the bin of each number and the part of the bin that lies below it.

        Parameters
        ----------
        numerical : ndarray of float32, shape (n_samples, n_numerical)
            The scaled numbers come first.

        Returns
        -------
        bins : ndarray of int, shape (n_samples, n_scaled)
        fraction : ndarray of float32, shape (n_samples, n_scaled)
        """
        x = numerical[:, : len(self.first)]  # then indicators
        own = np.empty(x.shape, dtype=np.intp)
        for j, inner in enumerate(self.inner):
            own[:, j] = inner.searchsorted(x[:, j], side="right")
        bins = own + self.first
        fraction = (x - self.lower.take(bins)) * self.per_width.take(bins)
        return own, np.clip(fraction, 0, 1, out=fraction)

    def positions(self, numerical: np.ndarray) -> np.ndarray:
        """Return positions within the bins, from -1/2 to 1/2, (n_samples, n_scaled * n_bins).

        They are to a number what the one-hot vector is to a category.
        """
        own, fraction = (x[..., None] for x in self.place(numerical))
        bins = np.arange(self.n_bins)
        found = (bins < own) + np.where(bins == own, fraction, 0) - 0.5
        return found.astype(np.float32).reshape(len(numerical), len(self.first) * self.n_bins)


class NumberVectors(Bins):
    """Vectors of numbers as sums of steps, all of them looked up at once.

    Parameters
    ----------
    tables : sequence of NumericTable
    """

    def __init__(self, tables: tuple[NumericTable, ...]):
        super().__init__(tables)
        none = np.empty((0, 0, 0), dtype=np.float32)
        step = np.stack([t.steps for t in tables]) if tables else none
        start = step.cumsum(axis=1) - step - step.sum(axis=1, keepdims=True) / 2
        n_columns, n_bins, dim = step.shape
        self.start_and_step = np.stack([start, step], axis=2).reshape(n_columns * n_bins, 2, dim)

    def look_up(self, numerical: np.ndarray) -> np.ndarray:
        """Return the vectors of all numbers side by side, float32 (n_samples, n_scaled * dim)."""
        own, fraction = self.place(numerical)
        found = self.start_and_step.take(own + self.first, axis=0)
        vectors = found[:, :, 0] + fraction[..., None] * found[:, :, 1]
        return vectors.reshape(len(vectors), vectors.shape[1] * vectors.shape[2])
