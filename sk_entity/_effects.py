"""What a category tells by itself: the mean of the target over its rows, shrunk."""

from dataclasses import dataclass

import numpy as np

# In rows. Where no difference between categories is seen, their order is kept all the same.
MOST_PSEUDO_COUNT = 1000.0


@dataclass(frozen=True)
class Effects:
    """Of each row of a table on each output.

    A row whose n training rows have the mean m, measured from the mean of all
    rows, has the effect ``n * m / (n + pseudo_count)``. The pseudo count is the
    variance within rows of the table over that between them, which makes it the
    best linear guess at what a further row of data will have.

    Attributes
    ----------
    means : ndarray of float32, shape (n_rows, n_outputs)
        Zero without training rows.
    deviations : ndarray of float32, shape (n_rows, n_outputs)
        How far a true effect is from that, as a standard deviation.
    """

    means: np.ndarray
    deviations: np.ndarray

    @classmethod
    def learn(cls, codes, n_rows, target, weight):
        """Learn from the training rows.

        Parameters
        ----------
        codes : ndarray of int, shape (n_samples,)
        n_rows : int
        target : ndarray of float64, shape (n_samples, n_outputs)
            Centred.
        weight : ndarray of shape (n_samples,)
            Of mean 1.
        """
        mass = np.bincount(codes, weights=weight, minlength=n_rows)
        seen = mass > 0
        means, deviations = np.zeros((2, n_rows, target.shape[1]), dtype=np.float32)
        for k, column in enumerate(target.T):
            total = np.bincount(codes, weights=weight * column, minlength=n_rows)
            mean = total[seen] / mass[seen]
            within, between = variances(mass[seen], mean, (weight * column**2).sum())
            pseudo_count = MOST_PSEUDO_COUNT
            if within < between * MOST_PSEUDO_COUNT:
                pseudo_count = within / between
            means[seen, k] = mass[seen] * mean / (mass[seen] + pseudo_count)
            if pseudo_count > 0:
                deviations[:, k] = np.sqrt(within / (mass + pseudo_count))
        return cls(means, deviations)


def learn_effects(row_counts, target, training):
    """`Effects` of each column.

    Parameters
    ----------
    row_counts : list of ndarray of shape (n_rows,)
        Of each column; only their lengths matter.
    target : RegressionTarget or ClassificationTarget
    training : Examples

    Returns
    -------
    list of Effects
    """
    shift = target.shift(training.target)
    centred, weight = centre(shift, training.sample_weight)
    return [
        Effects.learn(codes, len(counts), centred, weight)
        for codes, counts in zip(training.coded.categorical.T, row_counts, strict=True)
    ]


def centre(target, sample_weight):
    """Target of mean 0, and weights of mean 1 (of ones, if there are none)."""
    weight = np.ones(len(target)) if sample_weight is None else sample_weight
    return target - np.average(target, axis=0, weights=weight), weight / weight.mean()


def variances(mass, mean, total):
    """Variance of the target within levels and between them.

    By the method of moments (the analysis of variance of a random effect), for
    a target of mean 0.

    Parameters
    ----------
    mass, mean : ndarray of shape (n_levels,)
        Weight of the rows of each level, in rows, and their mean.
    total : float
        Sum of the squares of the target, weighted alike.

    Returns
    -------
    float, float
    """
    n_samples, n_levels = mass.sum(), len(mass)
    if n_levels == 1 or n_samples <= n_levels:
        return total / n_samples, 0.0
    explained = (mass * mean**2).sum()
    within = max(total - explained, 0.0) / (n_samples - n_levels)
    between = (explained - (n_levels - 1) * within) / (n_samples - (mass**2).sum() / n_samples)
    return within, max(between, 0.0)
