"""Coded rows together with their targets."""

from dataclasses import dataclass
from typing import Self

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

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, rows: np.ndarray) -> Self:
        """Take some rows, by index or mask; what is drawn in each epoch is left behind."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return type(self)(self.coded[rows], self.target[rows], weight)
