"""The distribution of a number over batches: exact while it can be, then a t-digest."""

from typing import Any

import numpy as np

from .scaler import masses

# Up to so many distinct values the distribution is exact, and takes a megabyte.
MOST_DISTINCT = 2**16
# Of the t-digest, the most that crick takes: about 1,300 points, and ranks wrong by 0.07 % at most
# in `benchmarks/trials/quantiles.py`.
COMPRESSION = 1000.0


class Distribution:
    """Values of a column of numbers and the weight of the rows of each, over batches.

    Distributions of batches add up, in any grouping. With more than `MOST_DISTINCT`
    distinct values they become a t-digest (Dunning & Ertl 2019): weights of rows enter
    it, and it draws no numbers, so that the same batches give the same digest.

    Attributes
    ----------
    n_rows, n_missing : int
        Rows so far, and those without a value.
    """

    def __init__(self):
        self.n_rows = self.n_missing = 0
        self.parts: list[tuple[np.ndarray, np.ndarray]] = []
        self.digest: Any = None

    def add(self, values, sample_weight):
        """Add the rows of a batch.

        Parameters
        ----------
        values : ndarray of float64, shape (n_samples,)
            NaN where missing.
        sample_weight : ndarray of float64, shape (n_samples,), or None
        """
        present = ~np.isnan(values)
        self.n_rows += len(values)
        self.n_missing += len(values) - int(present.sum())
        weight = None if sample_weight is None else sample_weight[present]
        self._take(*masses(values[present], weight))

    def merge(self, other):
        """Add the rows of another distribution."""
        self.n_rows += other.n_rows
        self.n_missing += other.n_missing
        for distinct, mass in other.parts:
            self._take(distinct, mass)
        if other.digest is not None:
            self._to_digest()
            self.digest.merge(other.digest)

    def masses(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the values, ascending, and the weight of the rows of each.

        Returns
        -------
        distinct, mass : ndarray of float64
            Of a digest, the means of its clusters and their weights.
        """
        if self.digest is not None:
            centroids = self.digest.centroids()
            return centroids["mean"].astype(np.float64), centroids["weight"].astype(np.float64)
        self._join()
        if not self.parts:
            return np.empty(0), np.empty(0)
        return self.parts[0]

    def _take(self, distinct, mass):
        if len(distinct) == 0:
            return
        if self.digest is not None:
            self.digest.update(distinct, mass.astype(np.float64))
            return
        self.parts.append((distinct, mass.astype(np.float64)))
        if sum(len(values) for values, _ in self.parts) > 2 * MOST_DISTINCT:
            self._join()
            if len(self.parts[0][0]) > MOST_DISTINCT:
                self._to_digest()

    def _join(self):
        if len(self.parts) > 1:
            values, weights = (np.concatenate(several) for several in zip(*self.parts, strict=True))
            self.parts = [masses(values, weights)]

    def _to_digest(self):
        if self.digest is None:
            import crick

            self.digest = crick.TDigest(COMPRESSION)
        parts, self.parts = self.parts, []
        for distinct, mass in parts:
            self.digest.update(distinct, mass)
