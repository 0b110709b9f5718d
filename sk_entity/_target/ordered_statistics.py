"""What the means of the target over the rows before each row are drawn from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OrderedStatistics:
    """Levels and targets, whose means over the rows before each training row an epoch draws.

    Attributes
    ----------
    levels : tuple of ndarray of int32, shape (n_samples,)
        The level of each row, by encoding.
    smoothing : tuple of float
        Of each encoding.
    target, sample_weight : ndarray of float64, shape (n_samples,)
        Of mean 0 and deviation 1; of mean 1.
    """

    levels: tuple[np.ndarray, ...]
    smoothing: tuple[float, ...]
    target: np.ndarray
    sample_weight: np.ndarray
