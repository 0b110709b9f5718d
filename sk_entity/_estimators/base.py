"""The regressor and the classifier have their parameters and the spine of `fit` in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._network.losses import Loss, make_loss
from .._predict.forward import ACTIVATIONS
from .._shown import listed
from .._table.cells import code_cells
from .._table.coder import CodedTable, TableCoder
from .._target.examples import Examples
from .._target.ordered_encoding import OrderedTargetEncoding
from .growing import Growth, check_growing, learn_tables
from .memory import failed_allocations_explained
from .mixin import EmbeddingMixin
from .sklearn_compat import Interval, RealNotInt, StrOptions, check_feature_names, fit_context
from .start import FreshStart, WarmStart
from .state import FittedNetwork
from .training import read_weights, settings_of, train_network
from .types import TableLike, TargetLike
from .unknown import HANDLE_UNKNOWN, handle_unknown, warn_of_other_types
from .validation import check_weight, read_further_table, read_table

if TYPE_CHECKING:
    import torch

# A table, its target and its weights, checked.
Rows: TypeAlias = tuple[nw.DataFrame[Any], Any, np.ndarray | None]

CATEGORICAL_FEATURES = ["array-like", StrOptions({"from_dtype"}), Callable, None]


class BaseEntityEmbedding(EmbeddingMixin, BaseEstimator, ABC):
    """A network of Guo & Berkhahn (2016) as a scikit-learn estimator."""

    state_: FittedNetwork

    _parameter_constraints = {
        "categorical_features": CATEGORICAL_FEATURES,
        "shared_embeddings": ["array-like", None],
        "embedding_dim": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
            dict,
            Callable,
        ],
        "embedding_init": [dict, None],
        "freeze_embeddings": ["boolean", list, tuple],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "handle_unknown": HANDLE_UNKNOWN,
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "embedding_dropout": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "device": [str],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    @abstractmethod
    def _check_target(self, y: TargetLike, n_samples: int) -> np.ndarray:
        """Refuse what cannot be learned; return y as an array."""

    @abstractmethod
    def _learn_target(
        self, y: np.ndarray, sample_weight: np.ndarray | None, classes: TargetLike = None
    ) -> Any:
        """Learn the unit of the network's output; `classes` are those to expect, if given."""

    @abstractmethod
    def _check_further_target(self, y: TargetLike, n_samples: int, target: Any) -> np.ndarray:
        """Refuse what `target`, learned before, cannot code; return y as an array."""

    @abstractmethod
    def _summarise_target(self) -> Any:
        """Make an empty summary of targets that come in batches."""

    def _class_factors(self, summary: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Hook: the classes of a summary, and what weights of their rows are multiplied by."""
        return None, None

    def _row_weight(self, y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """Hook: weights of the rows from those given and the target."""
        return sample_weight

    def _strata(self, y: np.ndarray) -> np.ndarray | None:
        """Hook: what the validation part is stratified by, or None."""
        return None

    def _learn_encoding(
        self, coder: TableCoder, target: Any, training: Examples
    ) -> OrderedTargetEncoding:
        """Hook: ordered target encoding for the network to read beside its vectors."""
        return OrderedTargetEncoding.none()

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike = None,
        X_val: TableLike | None = None,
        y_val: TargetLike = None,
        sample_weight_val: TargetLike = None,
    ) -> Self:
        """Learn the vectors and the network.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A pandas, polars or pyarrow table, or an array; numeric and
            categorical columns together, with or without missing values.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target; several outputs for the regressor only.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. They enter the loss, the validation loss and
            the scaling of numbers and target. Rows of weight 0 teach nothing. The largest
            must be from 1e-30 to 1e30; a common factor changes nothing.
        X_val : data frame or array-like of shape (n_val, n_features), default=None
            Validation rows; without them, a random part of X is held out if
            `early_stopping` asks for it.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Target of the validation rows.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the validation rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            Before training, for input that cannot be learned from; the message
            names the column, the value and the way out. ValueError also if
            training diverges.
        MemoryError
            If a table of vectors would not fit in memory, that of the container included,
            before training; or if torch finds too little.
        KeyboardInterrupt
            If the user interrupts. What was fitted before stays.
        RuntimeError
            In a process that was forked off after training with several threads, where torch
            would hang; the message names the ways out.
        """
        given = (X_val, y_val, sample_weight_val)
        self.state_ = self._learn(self._start(), X, y, sample_weight, given)
        return self

    def _partial_fit(
        self,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike,
        *,
        only_new: bool,
        classes: TargetLike = None,
    ) -> Self:
        """Learn from further rows, or from first ones."""
        check_growing(self)
        if not hasattr(self, "state_"):
            start = FreshStart(self, classes)
            self.state_ = self._learn(start, X, y, sample_weight)
        elif only_new:
            self.state_ = learn_tables(self, X, y, sample_weight, only_new=True)
        else:
            self.state_ = self._learn(Growth(self, self.state_), X, y, sample_weight)
        return self

    @failed_allocations_explained()
    def _learn(
        self,
        start: FreshStart,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike,
        validation_rows: tuple[Any, Any, Any] = (None, None, None),
    ) -> FittedNetwork:
        """Train from a start; the spine of `fit`."""
        from .._training.preconditions import check_training

        random_state = check_random_state(self.random_state)
        frame, y, weight = self._check_rows(X, y, sample_weight, start.least_rows)
        check_training(self.device, self.callbacks)
        given = self._check_validation_rows(*validation_rows)
        train_rows, val_rows = self._split(y, weight, given, random_state)
        coder, coded = start.code_table(X, frame, train_rows, weight)
        target = start.learn_target(y, weight)
        training = _examples(coded, target, y, weight, train_rows)
        validation = None if val_rows is None else _examples(coded, target, y, weight, val_rows)
        if given is not None:
            validation = self._code_validation(coder, target, *given)
        encoding = start.learn_encoding(coder, target, training)
        means = start.learn_means(coder, target, training)
        network = start.build_network(coder, target, encoding, training, _draw_seed(random_state))
        n, seed = len(training), _draw_seed(random_state)
        settings = settings_of(self, target.initial_output, n, seed, validation is not None)
        outcome = train_network(
            network,
            encoding,
            start.encode(training, encoding),
            validation,
            start.adjust(settings, coder),
        )
        outcome = start.total(outcome)
        weights = read_weights(self, network, coder, encoding, start.priors)
        if start.learns_names:
            check_feature_names(self, X, reset=True)
        # Returned as a whole and at the end, so that a failed fit changes nothing.
        return FittedNetwork(
            coder=coder,
            target=target,
            encoding=encoding,
            means=means,
            weights=weights,
            # The copy is in one block of memory, so that equal histories have equal joblib hashes.
            history=outcome.history.copy(),
            n_iter=outcome.n_iter,
            best_iter=outcome.best_iter,
            dispersion=outcome.dispersion,
            n_samples=start.n_before + len(training),
        )

    def _make_loss(self) -> Loss:
        return make_loss(self.loss, self)

    def _start(self) -> FreshStart:
        """Where training starts."""
        if self.warm_start and hasattr(self, "state_"):
            return WarmStart(self, self.state_)
        return FreshStart(self)

    def _check_rows(
        self, X: TableLike, y: TargetLike, sample_weight: TargetLike, min_samples: int = 2
    ) -> Rows:
        """A table, its target and its weights, checked."""
        frame = read_table(X, estimator=self, min_samples=min_samples)
        y = self._check_target(y, len(frame))
        weight = check_weight(sample_weight, len(frame), "sample_weight")
        return frame, y, self._row_weight(y, weight)

    def _check_validation_rows(
        self, X_val: TableLike | None, y_val: TargetLike, sample_weight_val: TargetLike
    ) -> Rows | None:
        """Validation rows as `_check_rows` returns them, or None if none are given."""
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: pass both or neither.")
        if X_val is None:
            if sample_weight_val is not None:
                raise ValueError("sample_weight_val needs X_val and y_val.")
            return None
        frame = read_table(X_val, estimator=self)
        weight = check_weight(sample_weight_val, len(frame), "sample_weight_val")
        return frame, y_val, weight

    def _split(
        self,
        y: np.ndarray,
        weight: np.ndarray | None,
        given: Rows | None,
        random_state: np.random.RandomState,
    ) -> tuple[Any, Any]:
        """Rows to train on and, if a random part is to be held out, to validate on."""
        # Rows of weight 0 teach nothing.
        rows = None if weight is None or weight.all() else np.flatnonzero(weight)
        if given is not None or self.early_stopping in (False, "auto"):
            # A slice, so that a table that trains as a whole is not copied.
            return slice(None) if rows is None else rows, None
        rows = np.arange(len(y)) if rows is None else rows
        n_val = max(1, round(self.validation_fraction * len(rows)))
        if n_val >= len(rows):
            raise ValueError(
                f"validation_fraction={self.validation_fraction} leaves no row to train on: "
                f"there are n_samples={len(rows)}. Lower it, or set early_stopping=False."
            )
        strata = self._strata(y[rows])
        if strata is not None:
            counts = np.unique(strata, return_counts=True)[1]
            # A class of one row, or more classes than rows on a side, cannot be stratified.
            if counts.min() < 2 or len(counts) > min(n_val, len(rows) - n_val):
                strata = None
        from sklearn.model_selection import train_test_split  # slow to import

        return train_test_split(rows, test_size=n_val, random_state=random_state, stratify=strata)

    def _code_validation(
        self,
        coder: TableCoder,
        target: Any,
        frame: nw.DataFrame[Any],
        y_val: TargetLike,
        weight: np.ndarray | None,
    ) -> Examples:
        if coder.names != tuple(frame.columns):
            raise ValueError(
                f"X_val has the columns {listed(frame.columns)}, X has {listed(coder.names)}: "
                "they must agree, in this order."
            )
        y_val = self._check_further_target(y_val, len(frame), target)
        coded = coder.code(frame)
        warn_of_other_types(coder, frame, coded)
        return Examples(coded, target.code(y_val), self._row_weight(y_val, weight))

    def _output(self, X: TableLike) -> np.ndarray:
        """Output of the network for the rows of X, (n_samples, n_outputs)."""
        coded = self._code(X)
        if self.handle_unknown != "ignore":
            handle_unknown(self, self.state_.coder, X, coded)
        return self.state_.output(coded)

    def _code(self, X: TableLike) -> CodedTable:
        check_is_fitted(self)
        named = hasattr(self, "feature_names_in_")
        coded = code_cells(self.state_.coder, X, named=named)
        if coded is None:
            frame = read_further_table(self, X)
            coded = self.state_.coder.code(frame)
            warn_of_other_types(self.state_.coder, frame, coded)
        return self.state_.encoding.add_to(coded)

    def to_codes(self, X: TableLike) -> tuple[np.ndarray, ...]:
        """Code a table as the network receives it, whatever `handle_unknown` says.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        categorical : ndarray of int32, shape (n_samples, n_single)
            Row of each category in its column's table: 0 unknown, 1 missing,
            2 infrequent, hashed rows if there are any, then the categories with a row of
            their own. Of the categorical columns of single values.
        numerical : ndarray of float32, shape (n_samples, n_numerical)
            Ordered target encodings, if the network reads any; scaled numbers;
            missing-value indicators.
        *bags : ndarray of int32, shape (n_samples, longest)
            For each column of lists the rows of a cell's members; -1 fills up on the right.
        """
        coded = self._code(X)
        return coded.categorical, coded.numerical, *(bags.padded() for bags in coded.bags)

    def to_torch(self) -> torch.nn.Module:
        """Make a torch module of the trained network, in evaluation mode.

        Returns
        -------
        torch.nn.Module
            Takes what `to_codes` returns, as tensors, and gives a tensor of
            shape (n_samples, n_outputs): what `predict` returns for the
            regressor, `decision_function` for the classifier.
        """
        check_is_fitted(self)
        from .._network.module import PredictionModule

        target = self.state_.target
        network = self.state_.to_network(
            dropout=self.dropout, embedding_dropout=self.embedding_dropout
        )
        return PredictionModule(network, target.offset, target.scale, target.link == "log").eval()

    @property
    def categories_(self) -> dict[str, np.ndarray]:
        """dict of ndarray: the sorted categories of each embedded column."""
        check_is_fitted(self)
        return {c.name: c.vocabulary.categories.to_numpy() for c in self.state_.columns}

    @property
    def embedding_dims_(self) -> dict[str, int]:
        """dict of int: the number of dimensions of each embedded column."""
        check_is_fitted(self)
        return {column.name: column.table.dim for column in self.state_.columns}

    @property
    def history_(self) -> pd.DataFrame:
        """DataFrame: losses (mean over rows), learning rate and seconds of each epoch."""
        check_is_fitted(self)
        return self.state_.history

    @property
    def n_iter_(self) -> int:
        """int: epochs that have run."""
        check_is_fitted(self)
        return self.state_.n_iter

    @property
    def best_iter_(self) -> int:
        """int: the epoch whose weights are kept."""
        check_is_fitted(self)
        return self.state_.best_iter


def _examples(
    coded: CodedTable, target: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any
) -> Examples:
    """Some rows with their targets."""
    return Examples(coded[rows], target.code(y[rows]), None if weight is None else weight[rows])


def _draw_seed(random_state: np.random.RandomState) -> int:
    return int(random_state.randint(np.iinfo(np.int32).max))
