"""What `fit` leaves behind: one frozen record for a network, one for an encoder.

Estimators hold it as ``state_``; all others read it. It holds arrays and plain
values, no network of torch's, and is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._predict.forward import forward
from .._predict.table_prior import TablePrior
from .._predict.weights import Weights
from .._table.coder import CodedTable, TableCoder
from .._target.ordered_encoding import OrderedTargetEncoding
from .._target.smoothed_means import SmoothedMeans
from .._vectors.embedded_column import EmbeddedColumn
from .._vectors.encoded_column import EncodedColumn
from .groups import Groups
from .memory import failed_allocations_explained

if TYPE_CHECKING:
    from .._network.module import EntityEmbeddingNetwork


# Compared by identity: arrays have no truth value.
@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """What `fit` of the regressor and of the classifier leaves behind.

    Attributes
    ----------
    coder : TableCoder
        How tables are coded: columns, vocabularies, scales.
    target : RegressionTarget or ClassificationTarget
        The unit of the output.
    encoding : OrderedTargetEncoding
        Numbers that the network reads before those of the table.
    means : tuple of SmoothedMeans
        The effects of each categorical column.
    weights : Weights
        Of the network.
    history : pandas.DataFrame, indexed by epoch
    n_iter, best_iter : int
        Epochs that have run, and the one whose weights these are.
    dispersion : float
        What the loss was divided by at the end of training, see `_network.losses`.
    n_samples : int
        Training rows so far.
    """

    coder: TableCoder
    target: Any
    encoding: OrderedTargetEncoding
    means: tuple[SmoothedMeans, ...]
    weights: Weights
    history: pd.DataFrame
    n_iter: int
    best_iter: int
    dispersion: float
    n_samples: int

    def __getstate__(self) -> dict[str, Any]:
        # Pickled as arrays, as a vocabulary is.
        index, columns = self.history.index, self.history.items()
        history = index.to_numpy(), index.name, {n: c.to_numpy() for n, c in columns}
        return {**vars(self), "history": history}

    def __setstate__(self, state: dict[str, Any]) -> None:
        index, name, columns = state["history"]
        history = pd.DataFrame(columns, index=pd.Index(index, name=name)).copy()
        vars(self).update(state, history=history)

    @property
    def columns(self) -> tuple[EmbeddedColumn, ...]:
        """All that is known of each categorical column, side by side."""
        parts = zip(self.coder.categorical, self.weights.tables, self.means, strict=True)
        return tuple(
            EmbeddedColumn(**vars(column), table=table, means=means)
            for column, table, means in parts
        )

    def output(self, coded: CodedTable) -> np.ndarray:
        """Compute the output of the network, float64 of shape (n_samples, n_outputs)."""
        return forward(self.weights, coded)

    def to_network(
        self,
        *,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        row_counts: Sequence[np.ndarray] | None = None,
        priors: Sequence[TablePrior | None] | None = None,
    ) -> EntityEmbeddingNetwork:
        """Make a network of torch's with these weights.

        Parameters
        ----------
        dropout, embedding_dropout : float
            For further training.
        row_counts : sequence of ndarray, shape (n_rows,), or None
            Training rows behind each row of each table; None for those so far.
        priors : sequence of TablePrior or None
            Of each table; None for those that the tables have themselves.
        """
        from .._network.arrays import trained_network

        return trained_network(
            self.weights,
            self.coder.row_counts if row_counts is None else row_counts,
            columns=self.coder.tables,
            n_bags=self.coder.n_bags,
            dropout=dropout,
            embedding_dropout=embedding_dropout,
            priors=priors,
        )

    @failed_allocations_explained()
    def gradients(self, coded: CodedTable) -> list[np.ndarray]:
        """Differentiate the outputs by the vectors of each column.

        Returns
        -------
        list of ndarray of float32, shape (n_samples, n_outputs, embedding_dim)
        """
        from .._network.arrays import vector_gradients
        from .._training.forks import refuse_threads_of_parent

        refuse_threads_of_parent()
        return vector_gradients(self.to_network(), coded)


@dataclass(frozen=True, eq=False)
class FittedEncoder:
    """What `fit` of the encoder leaves behind.

    Attributes
    ----------
    network : FittedNetwork
        The network of all rows.
    columns : tuple of EncodedColumn
        The vectors that are looked up.
    """

    network: FittedNetwork
    columns: tuple[EncodedColumn, ...]


@dataclass(frozen=True, eq=False)
class FittedMerger:
    """What `fit` of the merger leaves behind.

    Attributes
    ----------
    encoder : FittedEncoder
        The vectors.
    groups : tuple of Groups
        Of each categorical column.
    """

    encoder: FittedEncoder
    groups: tuple[Groups, ...]
