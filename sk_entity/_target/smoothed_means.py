"""What a category tells by itself: the smoothed mean of the target over its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    mass : ndarray of float64, shape (n_rows,)
        Weight of the rows of each embedding row.
    totals : ndarray of float64, shape (n_rows, n_outputs)
        Of the working response, weighted.
    squares : ndarray of float64, shape (n_outputs,)
        Of the working response over all rows, weighted.
    n_samples : int
    """

    mass: np.ndarray
    totals: np.ndarray
    squares: np.ndarray
    n_samples: int

    @classmethod
    def count(cls, codes, n_rows, response, sample_weight):
        """Sum over rows, see `SmoothedMeans.learn`."""
        weight = np.ones(len(codes)) if sample_weight is None else sample_weight
        mass = np.bincount(codes, weights=weight, minlength=n_rows)
        totals = np.empty((n_rows, response.shape[1]))
        squares = np.empty(response.shape[1])
        for k, column in enumerate(response.T):
            weighted = weight * column
            totals[:, k] = np.bincount(codes, weights=weighted, minlength=n_rows)
            squares[k] = weighted @ column.astype(np.float64)
        return cls(mass, totals, squares, len(codes))

    def __add__(self, further):
        """Add the sums over further rows, whose table has as many rows or more."""
        n_new = len(further.mass) - len(self.mass)
        return LevelSums(
            np.pad(self.mass, (0, n_new)) + further.mass,
            np.pad(self.totals, ((0, n_new), (0, 0))) + further.totals,
            self.squares + further.squares,
            self.n_samples + further.n_samples,
        )

    @property
    def mean(self):
        """The mean of the working response over all rows, (n_outputs,)."""
        return self.totals.sum(axis=0) / self.mass.sum()

    def centered(self):
        """Sums for weights of mean 1 and a response of mean 0: mass, totals, squares."""
        per_row = self.n_samples / self.mass.sum()
        mass, totals = self.mass * per_row, self.totals * per_row
        mean = self.mean
        squares = self.squares * per_row
        of_mean = mass.sum() * mean**2
        # What rounding leaves of a constant is no variance.
        left = np.where(squares - of_mean > ROUNDING * squares, squares - of_mean, 0.0)
        return mass, totals - mass[:, None] * mean, left


@dataclass(frozen=True)
class SmoothedMeans:
    """The effect of each category of a column on each output.

    An effect is the smoothed mean (see `shrinkage`) of the working response over
    the training rows of an embedding row, measured from the mean of all rows that were
    learned from first.

    Attributes
    ----------
    effects : ndarray of float32, shape (n_rows, n_outputs)
        Without training rows, that of the average row: zero, at first.
    deviations : ndarray of float32, shape (n_rows, n_outputs)
        Posterior standard deviations of the effects.
    seen : ndarray of bool, shape (n_rows,)
        Whether there are training rows.
    sums : LevelSums
        What they are computed from.
    reference : ndarray of shape (n_outputs,)
        The mean that effects are measured from, of the working response.
    """

    effects: np.ndarray
    deviations: np.ndarray
    seen: np.ndarray
    sums: LevelSums
    reference: np.ndarray

    @classmethod
    def learn(cls, codes, n_rows, response, sample_weight=None):
        """Learn from the training rows.

        Parameters
        ----------
        codes : ndarray of int, shape (n_samples,)
        n_rows : int
            Embedding rows of the column.
        response : ndarray of float64, shape (n_samples, n_outputs)
        sample_weight : ndarray of shape (n_samples,) or None
        """
        return cls.of(LevelSums.count(codes, n_rows, response, sample_weight))

    @classmethod
    def of(cls, sums, reference=None):
        """Compute them from sums over rows; the mean of these is the reference if None is given."""
        reference = sums.mean if reference is None else reference
        mass, totals, squares = sums.centered()
        seen = mass > 0
        effects, deviations = np.zeros((2, *totals.shape), dtype=np.float32)
        for k, total in enumerate(totals.T):
            within, smoothing = _widths(mass[seen], total[seen], squares[k])
            effects[seen, k] = smooth(total[seen], mass[seen], smoothing)
            if smoothing > 0:
                deviations[:, k] = np.sqrt(within / (mass + smoothing))
        effects += sums.mean - reference
        return cls(effects, deviations, seen, sums, reference)

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
        n_old = len(self.seen)
        mass, totals, squares = self.sums.centered()
        per_row = self.sums.n_samples / self.sums.mass.sum()
        mean = self.sums.mean
        new_mass = further.mass[n_old:] * per_row
        new_totals = further.totals[n_old:] * per_row - new_mass[:, None] * mean
        effects, deviations = np.zeros((2, *new_totals.shape), dtype=np.float32)
        for k, total in enumerate(new_totals.T):
            within, smoothing = _widths(mass[self.seen], totals[self.seen, k], squares[k])
            effects[:, k] = smooth(total, new_mass, smoothing)
            if smoothing > 0:
                deviations[:, k] = np.sqrt(within / (new_mass + smoothing))
        effects += mean - self.reference
        return SmoothedMeans(
            np.concatenate([self.effects, effects]),
            np.concatenate([self.deviations, deviations]),
            np.append(self.seen, new_mass > 0),
            self.sums + further,
            self.reference,
        )


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
    columns: Sequence[CategoricalColumn], target: Any, training: Examples
) -> list[LevelSums]:
    """Sum over the rows of each level of each categorical column, see `learn_smoothed_means`."""
    response = target.working_response(training.target)
    return [
        LevelSums.count(codes, column.vocabulary.n_rows, response, training.sample_weight)
        for codes, column in zip(training.coded.codes(), columns, strict=True)
    ]
