"""What the rows of an embedding table are drawn to, where that is not 0."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._table.vocabulary import UNKNOWN


@dataclass(frozen=True)
class TablePrior:
    """Priors of the rows of one table, and which rows stay where they are.

    Attributes
    ----------
    mean : ndarray of float32, shape (n_rows, embedding_dim)
        What each row is drawn to.
    held : ndarray of bool, shape (n_rows,)
        Rows that training does not move.
    given : ndarray of bool, shape (n_rows,)
        Rows whose mean says something by itself, even if no training row reaches them.
    center, unit : ndarray of float32, shape (embedding_dim,)
        Training sees ``(vector - center) / unit``.
    log_deviation : ndarray of float32, shape (n_rows, embedding_dim), or None
        Logarithm of the deviations of the priors; None if all rows have the one in
        common that is learned.
    """

    mean: np.ndarray
    held: np.ndarray
    given: np.ndarray
    center: np.ndarray
    unit: np.ndarray
    log_deviation: np.ndarray | None = None

    @classmethod
    def around(cls, mean: np.ndarray, log_deviation: np.ndarray, held: np.ndarray) -> TablePrior:
        """Make one from the distributions that rows have already."""
        dim = mean.shape[1]
        none = np.zeros(len(mean), dtype=bool)
        center, unit = np.zeros(dim, dtype=np.float32), np.ones(dim, dtype=np.float32)
        return cls(mean, held, none, center, unit, log_deviation)

    def in_training(self) -> TablePrior:
        """Return it as training sees it."""
        return replace(self, mean=(self.mean - self.center) / self.unit)

    def grown(self, n_new: int) -> TablePrior:
        """Return it with rows for new categories, which are drawn to what the unknown one is."""
        none = np.zeros(n_new, dtype=bool)
        return replace(
            self,
            mean=np.concatenate([self.mean, np.tile(self.mean[UNKNOWN], (n_new, 1))]),
            held=np.append(self.held, none),
            given=np.append(self.given, none),
        )
