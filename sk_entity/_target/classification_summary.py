"""Classes that come in batches are counted."""

from typing import Self

import numpy as np

from .classification import ClassificationTarget


class ClassificationSummary:
    """Rows of each class and their weight, over batches, in any grouping.

    Attributes
    ----------
    counts : dict of list
        By class: its rows of positive weight, and their weight.
    dtype : numpy.dtype
        Of the labels.
    """

    def __init__(self):
        self.counts: dict = {}
        self.dtype = np.dtype(bool)

    def add(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Add the rows of a batch.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Labels, none of them missing.
        sample_weight : ndarray of shape (n_samples,) or None
            Positive.
        """
        self.dtype = y.dtype if not self.counts else np.result_type(self.dtype, y.dtype)
        classes, index = np.unique(y, return_inverse=True)
        counts = np.bincount(index, minlength=len(classes))
        weights = np.bincount(index, weights=sample_weight, minlength=len(classes))
        self._take(zip(classes.tolist(), counts.tolist(), weights.tolist(), strict=True))

    def merge(self, other: Self) -> None:
        """Add the rows of another summary."""
        if other.counts:
            joint = np.result_type(self.dtype, other.dtype)
            self.dtype = joint if self.counts else other.dtype
        self._take((label, *sums) for label, sums in other.counts.items())

    def _take(self, sums):
        for label, n, weight in sums:
            so_far = self.counts.setdefault(label, [0, 0.0])
            so_far[0] += n
            so_far[1] += weight

    @property
    def classes(self) -> np.ndarray:
        """The classes, sorted."""
        return np.unique(np.array(list(self.counts), dtype=self.dtype))

    @property
    def n_rows(self) -> np.ndarray:
        """Rows of each class, sorted like them."""
        return np.array([self.counts[label][0] for label in self.classes.tolist()])

    def target(self, factors: np.ndarray | None = None) -> ClassificationTarget:
        """Return classes and frequencies; refuse a single class.

        Parameters
        ----------
        factors : ndarray of shape (n_classes,) or None
            What the weights of each class are multiplied by.
        """
        return ClassificationTarget.learn(self.classes, self._weights(factors))

    def total(self, factors: np.ndarray | None = None) -> tuple[int, float]:
        """Return the number of rows of positive weight, and their weight."""
        weights = self._weights(factors)
        return int(self.n_rows[weights > 0].sum()), float(weights.sum())

    def _weights(self, factors):
        weights = np.array([self.counts[label][1] for label in self.classes.tolist()])
        return weights if factors is None else weights * factors
