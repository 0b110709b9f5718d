"""Numeric columns: robust scaling, imputation and missing-value indicators."""

from dataclasses import dataclass

import numpy as np


# Beyond it the squashed value is 3, and a square would overflow.
LARGEST = 1e100


@dataclass(frozen=True)
class NumericScaler:
    """Scale of one numeric column, from its quantiles.

    ``z = (x - median) / interquartile range``, then squashed smoothly to
    [-3, 3] by ``z / sqrt(1 + (z / 3)**2)``, so that outliers keep their order
    and lose their weight (as in RealMLP, Holzmüller et al. 2024). A missing
    value becomes the median, 0; if training had any, an indicator column says
    so. A value missing for the first time at predict is a median like any other.

    Attributes
    ----------
    name : str
    center, scale : float
        Median and interquartile range (half the range where that is 0) in the
        column's own unit; a constant column has scale inf and becomes 0.
    has_indicator : bool
    """

    name: str
    center: float
    scale: float
    has_indicator: bool

    @classmethod
    def learn(cls, name, values, sample_weight):
        """Learn the scale of the training rows of one column.

        Parameters
        ----------
        name : str
        values : ndarray of float64, shape (n_samples,)
        sample_weight : ndarray of float64, shape (n_samples,), or None
        """
        present = ~np.isnan(values)
        has_indicator = not present.all()
        if has_indicator:
            values = values[present]
            sample_weight = None if sample_weight is None else sample_weight[present]
        if len(values) == 0:
            return cls(name, 0.0, np.inf, True)
        low, lower, center, upper, high = np.quantile(
            values, [0, 0.25, 0.5, 0.75, 1], weights=sample_weight, method="inverted_cdf"
        )
        with np.errstate(over="ignore"):
            scale = (upper - lower) or (high - low) / 2 or np.inf
        return cls(name, float(center), float(scale), has_indicator)

    def apply(self, values):
        """Scaled values and mask of the missing ones, both of shape (n_samples,)."""
        missing = np.isnan(values)
        with np.errstate(over="ignore"):
            z = (values - self.center) / self.scale
        z[missing] = 0.0
        z = np.clip(z, -LARGEST, LARGEST)
        return z / np.sqrt(1 + (z / 3) ** 2), missing
