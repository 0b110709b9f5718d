"""Coded rows together with their targets."""

from dataclasses import dataclass

import numpy as np

from .._table.coder import CodedTable
from .ordered_statistics import OrderedStatistics


@dataclass(frozen=True)
class Examples:
    """Rows to learn from or to validate on.

    Attributes
    ----------
    coded : CodedTable
    target : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        In the unit of the network's output.
    sample_weight : ndarray of shape (n_samples,) or None
    ordered : OrderedStatistics or None
        What the first numbers of the coded rows are drawn from anew in each epoch.
    """

    coded: CodedTable
    target: np.ndarray
    sample_weight: np.ndarray | None
    ordered: OrderedStatistics | None = None
