"""What a category tells by itself: the smoothed mean of the target over its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._table.columns import CategoricalColumn
from .examples import Examples
from .shrinkage import center, smooth, smoothing_of, variances


@dataclass(frozen=True)
class SmoothedMeans:
    """The effect of each category of a column on each output.

    An effect is the smoothed mean (see `shrinkage`) of the working response over
    the training rows of an embedding row.

    Attributes
    ----------
    effects : ndarray of float32, shape (n_rows, n_outputs)
        Zero without training rows.
    deviations : ndarray of float32, shape (n_rows, n_outputs)
        Posterior standard deviations of the effects.
    seen : ndarray of bool, shape (n_rows,)
        Whether there are training rows.
    """

    effects: np.ndarray
    deviations: np.ndarray
    seen: np.ndarray

    @classmethod
    def learn(cls, codes, n_rows, response, weight):
        """Learn from the training rows.

        Parameters
        ----------
        codes : ndarray of int, shape (n_samples,)
        n_rows : int
            Embedding rows of the column.
        response : ndarray of float64, shape (n_samples, n_outputs)
            Of mean 0.
        weight : ndarray of shape (n_samples,)
            Of mean 1.
        """
        mass = np.bincount(codes, weights=weight, minlength=n_rows)
        seen = mass > 0
        effects, deviations = np.zeros((2, n_rows, response.shape[1]), dtype=np.float32)
        for k, column in enumerate(response.T):
            total = np.bincount(codes, weights=weight * column, minlength=n_rows)
            mean = total[seen] / mass[seen]
            within, between = variances(mass[seen], mean, (weight * column**2).sum())
            smoothing = smoothing_of(within, between)
            effects[seen, k] = smooth(mass[seen] * mean, mass[seen], smoothing)
            if smoothing > 0:
                deviations[:, k] = np.sqrt(within / (mass + smoothing))
        return cls(effects, deviations, seen)


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
    response, weight = center(target.working_response(training.target), training.sample_weight)
    return tuple(
        SmoothedMeans.learn(codes, column.vocabulary.n_rows, response[rows], weight[rows])
        for (codes, rows), column in zip(training.coded.occurrences(), columns, strict=True)
    )
