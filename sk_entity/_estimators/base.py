"""The regressor and the classifier have their parameters and the spine of `fit` in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
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
from .._predict.weights import EmbeddingTable, Layer, NumericTable, Weights
from .._table.cells import code_cells
from .._table.coder import CodedTable, TableCoder
from .._target.examples import Examples
from .._target.ordered_encoding import OrderedTargetEncoding
from .._target.smoothed_means import learn_smoothed_means
from .mixin import EmbeddingMixin
from .sizing import resolve_batch_size, resolve_max_iter
from .sklearn_compat import Interval, RealNotInt, StrOptions, check_feature_names, fit_context
from .start import FreshStart, WarmStart
from .state import FittedNetwork
from .types import TableLike, TargetLike
from .validation import check_weight, read_further_table, read_table

if TYPE_CHECKING:
    import torch

    from .._network.module import EntityEmbeddingNetwork
    from .._training.loop import Outcome

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
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
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
    def _learn_target(self, y: np.ndarray, sample_weight: np.ndarray | None) -> Any:
        """Learn the unit of the network's output."""

    @abstractmethod
    def _check_further_target(self, y: TargetLike, n_samples: int, target: Any) -> np.ndarray:
        """Refuse what `target`, learned before, cannot code; return y as an array."""

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
            the scaling of numbers and target. Rows of weight 0 teach nothing.
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
            If a table of vectors would not fit in memory.
        KeyboardInterrupt
            If the user interrupts. What was fitted before stays.
        """
        random_state = check_random_state(self.random_state)
        frame, y, weight = self._check_rows(X, y, sample_weight)
        given = self._check_validation_rows(X_val, y_val, sample_weight_val)
        train_rows, val_rows = self._split(y, weight, given, random_state)
        start = self._start()
        coder, coded = start.code_table(X, frame, train_rows, weight)
        target = start.learn_target(y, weight)
        training = _examples(coded, target, y, weight, train_rows)
        validation = None if val_rows is None else _examples(coded, target, y, weight, val_rows)
        if given is not None:
            validation = self._code_validation(coder, target, *given)
        encoding = start.learn_encoding(coder, target, training)
        means = learn_smoothed_means(coder.categorical, target, training)
        network = start.build_network(coder, target, encoding, _draw_seed(random_state))
        outcome = self._train(
            network, target, encoding, training, validation, _draw_seed(random_state)
        )
        outcome = start.total(outcome)
        check_feature_names(self, X, reset=True)
        # Set as a whole and at the end, so that a failed fit changes nothing.
        self.state_ = FittedNetwork(
            coder=coder,
            target=target,
            encoding=encoding,
            means=means,
            weights=self._read_weights(network, coder, encoding),
            # The copy is in one block of memory, so that equal histories have equal joblib hashes.
            history=outcome.history.copy(),
            n_iter=outcome.n_iter,
            best_iter=outcome.best_iter,
            dispersion=outcome.dispersion,
        )
        return self

    def _make_loss(self) -> Loss:
        return make_loss(self.loss, self)

    def _start(self) -> FreshStart:
        """Where training starts."""
        if self.warm_start and hasattr(self, "state_"):
            return WarmStart(self, self.state_)
        return FreshStart(self)

    def _check_rows(self, X: TableLike, y: TargetLike, sample_weight: TargetLike) -> Rows:
        """A table, its target and its weights, checked."""
        frame = read_table(X, estimator=self, min_samples=2)
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
                f"X_val has the columns {frame.columns}, X has {list(coder.names)}: they must "
                "agree, in this order."
            )
        y_val = self._check_further_target(y_val, len(frame), target)
        return Examples(coder.code(frame), target.code(y_val), self._row_weight(y_val, weight))

    def _train(
        self,
        network: EntityEmbeddingNetwork,
        target: Any,
        encoding: OrderedTargetEncoding,
        training: Examples,
        validation: Examples | None,
        seed: int,
    ) -> Outcome:
        from .._training.loop import Settings, train

        least_iter, max_iter = resolve_max_iter(self.max_iter, len(training.target))
        settings = Settings(
            loss=self._make_loss(),
            initial_output=target.initial_output,
            batch_size=resolve_batch_size(self.batch_size, len(training.target)),
            learning_rate_init=self.learning_rate_init,
            weight_decay=self.weight_decay,
            max_iter=max_iter,
            least_iter=least_iter,
            n_iter_no_change=self.n_iter_no_change,
            tol=self.tol,
            early_stopping=validation is not None and bool(self.early_stopping),
            callbacks=list(self.callbacks or ()),
            verbose=self.verbose,
            device=self.device,
            seed=seed,
        )
        if validation is not None:
            validation = replace(validation, coded=encoding.add_to(validation.coded))
        return train(network, encoding.add_to_training(training), validation, settings)

    def _read_weights(
        self, network: EntityEmbeddingNetwork, coder: TableCoder, encoding: OrderedTargetEncoding
    ) -> Weights:
        """The weights of a trained network, with a meaning for rows that no row has reached."""
        from .._network.arrays import to_arrays

        arrays = to_arrays(network)
        tables = [
            EmbeddingTable(*arrays_of_table).with_special_rows(
                counts, unknown_is_trained=self.embedding_dropout > 0
            )
            for counts, arrays_of_table in zip(coder.row_counts, arrays["tables"], strict=True)
        ]
        numeric_tables = tuple(
            NumericTable(edges, *arrays_of_table)
            for edges, arrays_of_table in zip(
                [*encoding.edges, *coder.edges], arrays["numeric_tables"], strict=True
            )
        )
        layers = tuple(Layer(*arrays_of_layer) for arrays_of_layer in arrays["layers"])
        of_columns = tuple(tables[t] for t in coder.tables)
        return Weights(of_columns, numeric_tables, layers, self.activation)

    def _output(self, X: TableLike) -> np.ndarray:
        """Output of the network for the rows of X, (n_samples, n_outputs)."""
        coded = self._code(X)
        return self.state_.output(coded)

    def _code(self, X: TableLike) -> CodedTable:
        check_is_fitted(self)
        named = hasattr(self, "feature_names_in_")
        coded = code_cells(self.state_.coder, X, named=named)
        if coded is None:
            coded = self.state_.coder.code(read_further_table(self, X))
        return self.state_.encoding.add_to(coded)

    def to_codes(self, X: TableLike) -> tuple[np.ndarray, ...]:
        """Code a table as the network receives it.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        categorical : ndarray of int32, shape (n_samples, n_single)
            Row of each category in its column's table: 0 unknown, 1 missing,
            2 infrequent, then the categories with a row of their own. Of the
            categorical columns of single values.
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
