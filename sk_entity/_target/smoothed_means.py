"""What a category tells by itself: the smoothed mean of the target over its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._table.columns import CategoricalColumn
from .examples import Examples
from .shrinkage import smooth, smoothing_of, variances

ROUNDING = 1e-12


@dataclass(frozen=True)
class LevelSums:
    """Sums over the training rows so far, from which the smoothed means are computed.

    Attributes
    ----------
    mass : ndarray of float32, shape (n_rows,)
        Weight of the rows of each embedding row.
    totals : ndarray of float64, shape (n_rows, n_outputs)
        Of the working response, weighted.
    squares : ndarray of float64, shape (n_outputs,)
        Of the working response, weighted, over all embedding rows.
    n_samples : int
        Rows of data.
    weight : float
        Of all of them.
    total : ndarray of float64, shape (n_outputs,)
        Of their working response, weighted.
    """

    mass: np.ndarray
    totals: np.ndarray
    squares: np.ndarray
    n_samples: int
    weight: float
    total: np.ndarray

    @classmethod
    def count(cls, codes, n_rows, response, sample_weight, rows=slice(None)):
        """Sum over rows.

        Parameters
        ----------
        codes : ndarray of int, shape (n_cells,)
        n_rows : int
            Embedding rows of the column.
        response : NumberResponses or ClassResponses
            The working response of n_samples rows.
        sample_weight : ndarray of shape (n_samples,) or None
        rows : slice or ndarray of int, shape (n_cells,)
            The row of data of each code.
        """
        weight = np.ones(len(response)) if sample_weight is None else sample_weight
        total, n_samples, of_all = response.total(weight), len(response), float(weight.sum())
        response, weight = response[rows], weight[rows]
        mass = np.bincount(codes, weights=weight, minlength=n_rows)
        totals, squares = response.sums(codes, n_rows, weight)
        return cls(mass.astype(np.float32), totals, squares, n_samples, of_all, total)

    def __add__(self, further):
        """Add the sums over further rows, whose table has as many rows or more."""
        n_new = len(further.mass) - len(self.mass)
        return LevelSums(
            np.pad(self.mass, (0, n_new)) + further.mass,
            np.pad(self.totals, ((0, n_new), (0, 0))) + further.totals,
            self.squares + further.squares,
            self.n_samples + further.n_samples,
            self.weight + further.weight,
            self.total + further.total,
        )

    @property
    def mean(self):
        """The mean of the working response over all rows of data, (n_outputs,)."""
        return self.total / self.weight

    @property
    def per_row(self):
        """What makes weights of mean 1 of the given ones."""
        return self.n_samples / self.weight

    def centered(self, mean, per_row):
        """Mass and totals, for weights times `per_row` and the response less a mean."""
        mass = self.mass.astype(np.float64) * per_row
        return mass, self.totals * per_row - mass[:, None] * mean

    def centered_squares(self):
        """Squares, for weights of mean 1 and a response of mean 0."""
        mass, totals = self.mass.astype(np.float64) * self.per_row, self.totals * self.per_row
        mean, squares = self.mean, self.squares * self.per_row
        left = squares - (2 * totals.sum(axis=0) - mass.sum() * mean) * mean
        # What rounding leaves of a constant is no variance.
        return np.where(left > ROUNDING * squares, left, 0.0)


@dataclass(frozen=True)
class SmoothedMeans:
    """The effect of each category of a column on each output.

    An effect is the smoothed mean (see `shrinkage`) of the working response over
    the training rows of an embedding row, measured from the mean of all rows that were
    learned from first.

    Attributes
    ----------
    sums : LevelSums
        What effects are computed from.
    reference : ndarray of shape (n_outputs,)
        The mean that effects are measured from, of the working response.
    mean : ndarray of shape (n_outputs,)
        That of the rows from which the smoothing was learned.
    per_row : float
        What makes weights of mean 1 of the given ones, for these rows.
    within, smoothing : ndarray of shape (n_outputs,)
        Variance within levels, and the smoothing, see `shrinkage`.
    """

    sums: LevelSums
    reference: np.ndarray
    mean: np.ndarray
    per_row: float
    within: np.ndarray
    smoothing: np.ndarray

    @classmethod
    def of(cls, sums, reference=None):
        """Compute them from sums over rows; the mean of these is the reference if None is given."""
        mass, totals = sums.centered(sums.mean, sums.per_row)
        squares, seen = sums.centered_squares(), mass > 0
        widths = [_widths(mass[seen], t[seen], s) for t, s in zip(totals.T, squares, strict=True)]
        within, smoothing = np.array(widths).T.copy()
        reference = sums.mean if reference is None else reference
        return cls(sums, reference, sums.mean, sums.per_row, within, smoothing)

    @property
    def seen(self) -> np.ndarray:
        """Whether there are training rows, bool of shape (n_rows,)."""
        return self.sums.mass > 0

    @property
    def effects(self) -> np.ndarray:
        """Effects of each embedding row, float32 of shape (n_rows, n_outputs).

        Without training rows it is that of the average row: zero, at first.
        """
        mass, totals = self.sums.centered(self.mean, self.per_row)
        found = np.zeros(totals.shape, dtype=np.float32)
        seen = self.seen
        found[seen] = smooth(totals[seen], mass[seen, None], self.smoothing)
        found += self.mean - self.reference
        return found

    @property
    def deviations(self) -> np.ndarray:
        """Posterior standard deviations of the effects, float32 of the same shape."""
        smoothed = self.smoothing > 0
        found = np.zeros(self.sums.totals.shape, dtype=np.float32)
        mass = self.sums.mass.astype(np.float64)[:, None] * self.per_row
        found[:, smoothed] = np.sqrt(self.within[smoothed] / (mass + self.smoothing[smoothed]))
        return found

    def update(self, further):
        """Return the means over the rows so far and further ones.

        Parameters
        ----------
        further : LevelSums
        """
        return self.of(self.sums + further, self.reference)

    def extend(self, further):
        """Return them with effects of new rows; those that there are, and smoothing, stay.

        Parameters
        ----------
        further : LevelSums
            Over training rows of these new rows alone.
        """
        return replace(self, sums=self.sums + further)


def _widths(mass, total, squares):
    """Variance within levels, and the smoothing."""
    within, between = variances(mass, total / mass, squares)
    return within, smoothing_of(within, between)


def learn_smoothed_means(
    columns: Sequence[CategoricalColumn], target: Any, training: Examples
) -> tuple[SmoothedMeans, ...]:
    """Learn the smoothed means of each categorical column.

    Parameters
    ----------
    columns : sequence of CategoricalColumn
    target : RegressionTarget or ClassificationTarget
    training : Examples

    Returns
    -------
    tuple of SmoothedMeans
    """
    return tuple(map(SmoothedMeans.of, count_levels(columns, target, training)))


def count_levels(
    columns: Sequence[CategoricalColumn],
    target: Any,
    training: Examples,
    first: Sequence[int] | None = None,
) -> list[LevelSums]:
    """Sum over the rows of each level of each categorical column, see `learn_smoothed_means`.

    Parameters
    ----------
    columns, target, training
        As there.
    first : sequence of int or None
        By column, the first embedding row to count; None counts all.
    """
    response, weight = target.working_response(training.target), training.sample_weight
    found = []
    for j, (column, (codes, rows)) in enumerate(
        zip(columns, training.coded.occurrences(), strict=True)
    ):
        n_rows = column.vocabulary.n_rows
        if first is None:
            found.append(LevelSums.count(codes, n_rows, response, weight, rows))
            continue
        kept = np.flatnonzero(codes >= first[j])
        positions = np.arange(len(response))[rows][kept]
        held = np.unique(positions)
        of_held = None if weight is None else weight[held]
        place = held.searchsorted(positions)
        found.append(LevelSums.count(codes[kept], n_rows, response[held], of_held, place))
    return found
