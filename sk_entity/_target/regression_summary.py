"""A continuous target that comes in batches is summed up."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from .regression import RegressionTarget, named_outputs


@dataclass
class RegressionSummary:
    """Moments of a continuous target, over batches, in any grouping.

    Means and squares are updated as by Chan, Golub & LeVeque (1983), so that no
    difference of large numbers is taken.

    Attributes
    ----------
    link : {"identity", "log"}
        That of the loss.
    n_rows : int
        Rows of positive weight.
    weight : float
        Of all of them.
    mean, squares, lowest, highest : ndarray of shape (n_outputs,)
        Mean, sum of squared differences from it, and range.
    one_dimensional : bool
        Whether y was of shape (n_samples,).
    """

    link: str
    n_rows: int = 0
    weight: float = 0.0
    mean: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0
    lowest: np.ndarray | float = np.inf
    highest: np.ndarray | float = -np.inf
    one_dimensional: bool = True

    def add(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Add the rows of a batch.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Finite numbers.
        sample_weight : ndarray of shape (n_samples,) or None
            Positive.
        """
        if len(y) == 0:
            return
        columns = y.reshape(len(y), -1)
        mean = np.average(columns, axis=0, weights=sample_weight)
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        with np.errstate(over="ignore"):
            squares = weight @ (columns - mean) ** 2
        range_ = columns.min(axis=0), columns.max(axis=0)
        self.merge(
            type(self)(self.link, len(y), float(weight.sum()), mean, squares, *range_, y.ndim == 1)
        )

    def merge(self, other: Self) -> None:
        """Add the rows of another summary."""
        if other.n_rows == 0:
            return
        weight, apart = self.weight + other.weight, other.mean - self.mean
        with np.errstate(over="ignore"):
            between = apart**2 * (self.weight * other.weight / weight)
        self.mean = self.mean + apart * (other.weight / weight)
        self.squares = self.squares + other.squares + between
        self.weight, self.n_rows = weight, self.n_rows + other.n_rows
        self.lowest = np.minimum(self.lowest, other.lowest)
        self.highest = np.maximum(self.highest, other.highest)
        self.one_dimensional = other.one_dimensional

    def total(self, factors: np.ndarray | None = None) -> tuple[int, float]:
        """Return the number of rows of positive weight, and their weight."""
        return self.n_rows, self.weight

    def target(self, factors: np.ndarray | None = None) -> RegressionTarget:
        """Return the unit of the network's output; refuse a target that does not vary."""
        lowest, highest = np.atleast_1d(self.lowest), np.atleast_1d(self.highest)
        shape = (1,) if self.one_dimensional else (1, -1)
        names = [name for name, _ in named_outputs(lowest.reshape(shape))]
        deviation = np.sqrt(np.atleast_1d(self.squares) / self.weight)
        for name, low, high, width in zip(names, lowest, highest, deviation, strict=True):
            if low == high:
                raise ValueError(
                    f"{name} is constant ({low:g} in all {self.n_rows} rows of positive weight): "
                    "there is nothing to learn. Check that the right column was chosen."
                )
            if not 0 < width < np.inf:
                raise ValueError(
                    f"{name} reaches from {low:g} to {high:g}, and the squares of that are beyond "
                    "the range of floats. Divide it by its largest value."
                )
        mean = np.atleast_1d(self.mean)
        if self.link == "log":
            return RegressionTarget(self.link, np.zeros_like(mean), mean, self.one_dimensional)
        return RegressionTarget(self.link, mean, deviation, self.one_dimensional)
