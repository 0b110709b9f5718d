"""Numeric columns: robust scaling, imputation and missing-value indicators."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NumericScaler:
    """Scale of one numeric column, from its quantiles.

    ``z = (x - median) / interquartile range``, then squashed smoothly to
    (-3, 3) by ``z / sqrt(1 + (z / 3)**2)``, so that outliers keep their order
    and lose their weight (as in RealMLP, Holzmüller et al. 2024). A missing
    value becomes the median, 0; if training had any, an indicator column says so.

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
        if not present.any():
            raise ValueError(
                f"Column {name!r} has no value in any training row. "
                "Leave it out, or fill in its missing values."
            )
        has_indicator = not present.all()
        weights = None
        if has_indicator:
            values = values[present]
        if sample_weight is not None:
            weights = sample_weight[present] if has_indicator else sample_weight
        low, lower, center, upper, high = np.quantile(
            values, [0, 0.25, 0.5, 0.75, 1], weights=weights, method="inverted_cdf"
        )
        scale = (upper - lower) or (high - low) / 2 or np.inf
        return cls(name, float(center), float(scale), bool(has_indicator))

    def apply(self, values):
        """Scaled values and mask of the missing ones, both of shape (n_samples,)."""
        z = (values - self.center) / self.scale
        missing = np.isnan(values)
        z[missing] = 0.0
        return z / np.sqrt(1 + (z / 3) ** 2), missing
