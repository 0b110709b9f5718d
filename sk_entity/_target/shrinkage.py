"""The one formula by which means of the target are drawn to the average.

A level whose n rows have the mean m, measured from the mean of all rows, gets
``n * m / (n + smoothing)``. The smoothing is the variance within levels over
that between them, which makes the result the best linear guess at what a further
row of the level will have (as scikit-learn's `TargetEncoder` with
``smooth="auto"``, but with one smoothing for all levels of a column). The prior
of the embedding tables does the same to vectors; it is learned in training.
"""

import numpy as np

# In rows. Where no difference between levels is seen, their order is kept all the same.
MOST_SMOOTHING = 1000.0


def center(target, sample_weight):
    """Return a target of mean 0, and weights of mean 1 (of ones, if there are none)."""
    weight = np.ones(len(target)) if sample_weight is None else sample_weight
    return target - np.average(target, axis=0, weights=weight), weight / weight.mean()


def variances(mass: np.ndarray, mean: np.ndarray, total: float) -> tuple[float, float]:
    """Estimate the variance of the target within levels and between them.

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
    within, between : float
    """
    n_samples, n_levels = mass.sum(), len(mass)
    # What is left to other levels than the largest; of a row that outweighs all, nothing.
    others = n_samples - (mass**2).sum() / n_samples
    if n_levels == 1 or n_samples <= n_levels or others <= 0:
        return total / n_samples, 0.0
    explained = (mass * mean**2).sum()
    within = max(total - explained, 0.0) / (n_samples - n_levels)
    between = (explained - (n_levels - 1) * within) / others
    return within, max(between, 0.0)


def smoothing_of(within: float, between: float) -> float:
    """Return the smoothing that two variances ask for, in rows, up to `MOST_SMOOTHING`."""
    if within < between * MOST_SMOOTHING:
        return within / between
    return MOST_SMOOTHING


def smooth(total: np.ndarray, mass: np.ndarray, smoothing: float | np.ndarray) -> np.ndarray:
    """Draw means to 0, given the sum of the target and the mass of the rows of each level."""
    return total / (mass + smoothing)
