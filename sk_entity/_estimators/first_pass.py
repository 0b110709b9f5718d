"""The first pass over rows that come in batches: what is learned before training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .._table.coder import TableCoder
from .._table.selection import select_categorical, select_shared
from .._table.summary import TableSummary
from .row_batches import RowBatch, RowDraws
from .start import FreshStart
from .validation import refuse_extreme

if TYPE_CHECKING:
    from .base import BaseEntityEmbedding


@dataclass(frozen=True)
class Units:
    """How rows are coded, before any is.

    Attributes
    ----------
    coder : TableCoder
    target : RegressionTarget or ClassificationTarget
    classes : ndarray or None
        All that were counted, of a classifier, sorted.
    factors : ndarray or None
        What the weights of rows of each class are multiplied by.
    mean_weight : float
        Of the rows to train on.
    n_samples : int
        Rows to train on.
    """

    coder: TableCoder
    target: Any
    classes: np.ndarray | None
    factors: np.ndarray | None
    mean_weight: float
    n_samples: int

    def weigh(self, y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """Multiply the weights by those of the classes."""
        if self.factors is None or self.classes is None:
            return sample_weight
        factor = self.factors[np.searchsorted(self.classes, y)]
        return factor if sample_weight is None else factor * sample_weight


class FirstPass:
    """Sums up rows over batches; the sums of several passes over parts add up.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
    first : RowBatch
        Some rows, that tell which columns are which; it is not counted.
    draws : RowDraws
    max_counted : int or None
        See `TableSummary.begin`.
    """

    def __init__(
        self,
        estimator: BaseEntityEmbedding,
        first: RowBatch,
        draws: RowDraws,
        max_counted: int | None = None,
    ):
        frame = first.frame
        chosen, shared = estimator.categorical_features, estimator.shared_embeddings
        categorical = select_categorical(frame, chosen, named=True)
        groups = select_shared(frame, shared, categorical, named=True)
        self.table = TableSummary.begin(frame, categorical, groups, max_counted)
        self.target = estimator._summarise_target()
        self.draws = draws
        self.n_rows = 0

    def add(self, number: int, batch: RowBatch) -> None:
        """Add a batch.

        Parameters
        ----------
        number : int
            Of the batch, for the draws.
        batch : RowBatch
        """
        self.n_rows += len(batch.y)
        kept = ~self.draws.of_batch(number, len(batch.y)).held_out
        weight = batch.sample_weight
        if weight is not None:
            kept &= weight > 0
        rows: Any = slice(None) if kept.all() else np.flatnonzero(kept)
        weight = None if weight is None else weight[rows]
        self.table.add(batch.frame, rows, weight)
        self.target.add(batch.y[rows], weight)

    def merge(self, other: Self) -> None:
        """Add the rows of a pass over others."""
        self.n_rows += other.n_rows
        self.table.merge(other.table)
        self.target.merge(other.target)

    def finish(self, estimator: BaseEntityEmbedding, n_hashed: int | dict[str, int] = 0) -> Units:
        """Learn how to code rows; refuse what cannot be learned."""
        classes, factors = estimator._class_factors(self.target)
        n_samples, weight = self.target.total(factors)
        if n_samples < 2:
            raise ValueError(
                f"Found {n_samples} row(s) of positive weight to train on, while a minimum of 2 is "
                "required."
            )
        refuse_extreme(np.array([weight / n_samples]), "The mean weight")
        target = self.target.target(factors)
        coder = self.table.coder(estimator.min_frequency, estimator.max_categories, n_hashed)
        coder = FreshStart(estimator).with_given(coder)
        return Units(coder, target, classes, factors, weight / n_samples, n_samples)
