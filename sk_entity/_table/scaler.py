"""Numbers are scaled robustly, imputed and cut into bins."""

from dataclasses import dataclass

import numpy as np

N_BINS = 128
# Beyond it the squashed value is 3 in any case, and a square would overflow.
LARGEST = 1e100
FLOAT_MAX = np.finfo(np.float64).max


@dataclass(frozen=True)
class NumericScaler:
    """Scale of one numeric column, from its quantiles.

    ``z = (x - median) / interquartile range``, then squashed smoothly to
    [-3, 3] by ``z / sqrt(1 + (z / 3)**2)``, so that outliers keep their order
    and lose their weight (as in RealMLP, Holzmüller et al. 2024). A missing
    value becomes the median, 0; if training had both missing and present ones, an
    indicator column tells them apart. A value missing for the first time at
    predict is a median like any other. A column without any value in training is
    a constant, 0.

    Attributes
    ----------
    center, scale : float
        Median and interquartile range (half the range where that is 0) in the
        column's own unit; a constant column has scale inf and becomes 0.
    has_indicator : bool
    edges : ndarray of float64, shape (N_BINS + 1,)
        Of the bins by which the network reads the scaled column, ascending.
    """

    center: float
    scale: float
    has_indicator: bool
    edges: np.ndarray

    @classmethod
    def learn(cls, values, sample_weight):
        """Learn the scale of the training rows of one column.

        Parameters
        ----------
        values : ndarray of float64, shape (n_samples,)
        sample_weight : ndarray of float64, shape (n_samples,), or None
        """
        present = ~np.isnan(values)
        has_missing = not present.all()
        if has_missing:
            values = values[present]
            sample_weight = None if sample_weight is None else sample_weight[present]
        return cls.of_masses(*masses(values, sample_weight), has_missing)

    @classmethod
    def of_masses(cls, distinct, mass, has_missing):
        """Learn the scale from the distribution of the numbers.

        Parameters
        ----------
        distinct : ndarray of float64, ascending
            The values that are there.
        mass : ndarray, of the same shape
            Weight of the rows of each.
        has_missing : bool
            Whether there are rows without a value.
        """
        if len(distinct) == 0:
            return cls(0.0, np.inf, False, np.zeros(N_BINS + 1))
        lower, center, upper = _quantiles(distinct, mass, np.array([0.25, 0.5, 0.75]))
        with np.errstate(over="ignore"):
            scale = (upper - lower) or (distinct[-1] - distinct[0]) / 2 or np.inf
        scaled = squash(distinct, center, scale)
        return cls(float(center), float(scale), has_missing, bin_edges(scaled, mass))

    def apply(self, values):
        """Return scaled values and the mask of the missing ones, both of shape (n_samples,)."""
        missing = np.isnan(values)
        z = squash(values, self.center, self.scale)
        z[missing] = 0.0
        return z, missing


def masses(values: np.ndarray, sample_weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Find the distinct values, ascending, and the weight of the rows of each."""
    if sample_weight is None:  # then a sort will do, which is faster than an argsort
        distinct, counts = np.unique(values, return_counts=True)
        return distinct, counts
    distinct, position = np.unique(values, return_inverse=True)
    return distinct, np.bincount(position, weights=sample_weight, minlength=len(distinct))


def squash(values, center=0.0, scale=1.0):
    """Squash values smoothly into [-3, 3], see `NumericScaler`."""
    # In two arrays: of a long column, the copies are what costs memory.
    with np.errstate(over="ignore"):
        # A difference beyond the range of floats must not be inf: inf / inf is not a number.
        z = values - center
        np.clip(z, -FLOAT_MAX, FLOAT_MAX, out=z)
        z /= scale
    np.clip(z, -LARGEST, LARGEST, out=z)
    root = z / 3
    root *= root
    root += 1
    z /= np.sqrt(root, out=root)
    return z


def _quantiles(distinct, mass, levels):
    """Values at which the cumulated mass reaches these levels (NumPy's "inverted_cdf")."""
    cumulated = np.cumsum(mass) / mass.sum()
    # The level of one half must be found in spite of rounding.
    positions = np.searchsorted(cumulated, levels - 1e-12)
    return distinct[np.minimum(positions, len(distinct) - 1)]


def bin_edges(distinct, mass):
    """Find the edges of bins that hold equal parts of the square root of the mass.

    Of the mass itself, a value that most rows share would take nearly all
    bins; without it, a few outliers would.
    """
    root = np.sqrt(mass)
    middle = (np.cumsum(root) - root / 2) / root.sum()
    return np.interp(np.linspace(0, 1, N_BINS + 1), middle, distinct)
