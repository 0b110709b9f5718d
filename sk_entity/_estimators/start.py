"""Where training starts: from nothing, or from what was fitted before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._predict.table_prior import TablePrior
from .._table.coder import CodedTable, TableCoder
from .._table.selection import select_categorical, select_shared
from .._target.examples import Examples
from .._target.ordered_encoding import OrderedTargetEncoding
from .._target.smoothed_means import SmoothedMeans, learn_smoothed_means
from .given_vectors import GivenVectors, given_dims, read_given_vectors
from .sizing import check_memory, resolve_embedding_dims, resolve_hidden_layer_sizes
from .sklearn_compat import check_feature_names
from .state import FittedNetwork

if TYPE_CHECKING:
    from .._network.module import EntityEmbeddingNetwork
    from .._training.loop import Outcome, Settings
    from .base import BaseEntityEmbedding


class FreshStart:
    """Everything is learned from the rows.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
    classes : array-like or None
        Classes to expect, if they are declared.

    Attributes
    ----------
    priors : sequence of TablePrior or None
        What each table keeps, known once the network is built.
    """

    least_rows = 2
    learns_names = True
    n_before = 0
    priors: Sequence[TablePrior | None]

    def __init__(self, estimator: BaseEntityEmbedding, classes: Any = None):
        self.estimator, self.classes = estimator, classes
        self.given: dict[int, GivenVectors] = {}

    def code_table(self, X, frame, train_rows, weight) -> tuple[TableCoder, CodedTable]:
        """Learn how to code tables, and code this one."""
        named = not isinstance(X, np.ndarray | list | tuple)
        chosen, shared = self.estimator.categorical_features, self.estimator.shared_embeddings
        categorical = select_categorical(frame, chosen, named=named, X=X)
        coder, coded = TableCoder.learn(
            frame,
            categorical,
            train_rows,
            None if weight is None else weight[train_rows],
            self.estimator.min_frequency,
            self.estimator.max_categories,
            select_shared(frame, shared, categorical, named=named),
        )
        with_given = self.with_given(coder)
        return with_given, coded if with_given is coder else with_given.code(frame)

    def with_given(self, coder: TableCoder) -> TableCoder:
        """Read the vectors from elsewhere, and give their categories rows of their own."""
        self._read_given(coder)
        if not self.given:
            return coder
        return coder.with_categories({o: v.categories for o, v in self.given.items()})

    def _read_given(self, coder):
        """Read the vectors from elsewhere, and check how wide they are."""
        estimator = self.estimator
        self.given = read_given_vectors(
            estimator.embedding_init, estimator.freeze_embeddings, coder.categorical, coder.names
        )
        given_dims(self.given, estimator.embedding_dim, coder.categorical)

    def learn_target(self, y: np.ndarray, weight: np.ndarray | None) -> Any:
        """Learn the unit of the network's output."""
        return self.estimator._learn_target(y, weight, self.classes)

    def learn_encoding(self, coder, target, training: Examples) -> OrderedTargetEncoding:
        """Learn the ordered target encoding."""
        return self.estimator._learn_encoding(coder, target, training)

    def encode(self, training: Examples, encoding: OrderedTargetEncoding) -> Examples:
        """Add the encodings to the training rows; each epoch draws them anew."""
        return encoding.add_to_training(training)

    def learn_means(self, coder, target, training: Examples) -> tuple[SmoothedMeans, ...]:
        """Learn the effects of the categories."""
        return learn_smoothed_means(coder.categorical, target, training)

    def adjust(self, settings: Settings, coder: TableCoder) -> Settings:
        """Settings of the training, given those of a first one on the same rows."""
        return settings

    def build_network(self, coder, target, encoding, training, seed) -> EntityEmbeddingNetwork:
        """Make the network to train."""
        owners = [coder.categorical[j] for j in coder.owners]
        given = [self.given.get(column.owner) for column in owners]
        self.priors = [
            None if vectors is None else vectors.prior(column.vocabulary)
            for vectors, column in zip(given, owners, strict=True)
        ]
        dims, hidden = self._sizes(coder)
        from .._network.arrays import untrained_network

        return untrained_network(
            coder.row_counts,
            [dims[j] for j in coder.owners],
            np.concatenate([encoding.edges, coder.edges]),
            len(encoding) + len(coder.numerical_names),
            hidden,
            target.initial_output,
            columns=coder.tables,
            n_bags=coder.n_bags,
            activation=self.estimator.activation,
            dropout=self.estimator.dropout,
            embedding_dropout=self.estimator.embedding_dropout,
            priors=[prior and prior.in_training() for prior in self.priors],
            seed=seed,
        )

    def _sizes(self, coder):
        """Dimensions of the vectors and widths of the layers, if they fit in memory."""
        wanted = given_dims(self.given, self.estimator.embedding_dim, coder.categorical)
        dims = resolve_embedding_dims(wanted, coder.categorical)
        check_memory(coder.categorical, dims)
        return dims, resolve_hidden_layer_sizes(self.estimator.hidden_layer_sizes)

    def total(self, outcome: Outcome) -> Outcome:
        """Count the epochs from the very first one."""
        return outcome


class WarmStart(FreshStart):
    """Training goes on with the network learned before: vocabularies and scales are kept.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
    before : FittedNetwork
    """

    def __init__(self, estimator: BaseEntityEmbedding, before: FittedNetwork):
        super().__init__(estimator)
        self.before = before

    def code_table(self, X, frame, train_rows, weight):
        """Code the table as the first one was."""
        check_feature_names(self.estimator, X, reset=False)
        return self.before.coder, self.before.coder.code(frame)

    def learn_target(self, y, weight):
        """Return the unit learned before; refuse a target that does not fit it."""
        learned, target = super().learn_target(y, weight), self.before.target
        _refuse_change("outputs", target.n_outputs, learned.n_outputs)
        _refuse_change("link of the loss", target.link, learned.link)
        self.estimator._check_further_target(y, len(y), target)
        return target

    def learn_encoding(self, coder, target, training):
        """Return the encoding learned before."""
        return self.before.encoding

    def build_network(self, coder, target, encoding, training, seed):
        """Make the network learned before; refuse parameters that would change it."""
        weights, estimator = self.before.weights, self.estimator
        self._read_given(coder)
        dims, hidden = self._sizes(coder)
        _refuse_change("embedding_dim", weights.embedding_dims, dims)
        _refuse_change("hidden_layer_sizes", weights.hidden_layer_sizes, hidden)
        _refuse_change("activation", weights.activation, estimator.activation)
        self.priors = [weights.tables[j].prior for j in coder.owners]
        return replace(self.before, weights=weights.in_training()).to_network(
            dropout=estimator.dropout, embedding_dropout=estimator.embedding_dropout
        )

    def total(self, outcome):
        """Count the epochs from the very first one."""
        n_before = self.before.n_iter
        history = outcome.history.set_axis(outcome.history.index + n_before)
        return replace(
            outcome,
            history=pd.concat([self.before.history, history]),
            n_iter=outcome.n_iter + n_before,
            best_iter=outcome.best_iter + n_before,
        )


def _refuse_change(what, before, now):
    if before != now:
        raise ValueError(
            f"warm_start=True continues with the network learned before, whose {what} cannot "
            f"change from {before} to {now}. Set warm_start=False to start anew."
        )
