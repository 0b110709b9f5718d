"""What the regressor and the classifier share: parameters and the spine of `fit`.

The only file with scikit-learn's less public names.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.base import _fit_context as fit_context
from sklearn.utils import check_random_state
from sklearn.utils._metadata_requests import _raise_for_params as refuse_unroutable
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ._cells import code_cells
from ._effects import learn_effects
from ._inference import ACTIVATIONS, Weights
from ._sizing import (
    check_memory,
    resolve_batch_size,
    resolve_embedding_dims,
    resolve_hidden_layer_sizes,
)
from ._statistics import TargetStatistics
from ._table import TableCoder, read_table, select_categorical

__all__ = [
    "CATEGORICAL_FEATURES",
    "BaseEntityEmbedding",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_feature_names",
    "check_feature_names_in",
    "check_weight",
    "fit_context",
    "read_further_table",
    "refuse_unroutable",
]

CATEGORICAL_FEATURES = ["array-like", StrOptions({"from_dtype"}), None]


def check_feature_names(estimator, X, *, reset):
    """Learn the names and number of columns of X, or compare with those learned."""
    validate_data(estimator, X, reset=reset, skip_check_array=True)


def read_further_table(estimator, X):
    """A table for an estimator that is fitted, with the columns it was fitted on."""
    check_is_fitted(estimator)
    frame = read_table(X, estimator=estimator)
    check_feature_names(estimator, X, reset=False)
    return frame


class BaseEntityEmbedding(BaseEstimator, ABC):
    """A network of Guo & Berkhahn (2016) behind scikit-learn's contract."""

    history_: pd.DataFrame
    n_iter_: int
    best_iter_: int

    _parameter_constraints = {
        "categorical_features": CATEGORICAL_FEATURES,
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
        "max_iter": [Interval(Integral, 1, None, closed="left")],
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
    def _check_target(self, y, n_samples):
        """Refuse what cannot be learned; return y as an array."""

    @abstractmethod
    def _learn_target(self, y, sample_weight):
        """Learn the unit of the network's output."""

    @abstractmethod
    def _check_further_target(self, y, n_samples, target):
        """Refuse what `target`, learned before, cannot code; return y as an array."""

    def _row_weight(self, y, sample_weight):
        """Hook: weights of the rows from those given and the target."""
        return sample_weight

    def _strata(self, y):
        """Hook: what the validation part is stratified by, or None."""
        return None

    def _learn_statistics(self, coder, target, training):
        """Hook: target statistics for the network to read beside its vectors."""
        return TargetStatistics.none()

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None):
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
        sample_weight_val : array-like of shape (n_val,), default=None

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
        """
        random_state = check_random_state(self.random_state)
        frame, y, weight = self._check_rows(X, y, sample_weight)
        given = self._check_validation_rows(X_val, y_val, sample_weight_val)
        train_rows, val_rows = self._split(y, weight, given, random_state)
        coder, coded = self._code_table(X, frame, train_rows, weight)
        target = self._code_target(y, weight)
        training = _examples(coded, target, y, weight, train_rows)
        if given is None:
            validation = _examples(coded, target, y, weight, val_rows)
        else:
            validation = self._code_validation(coder, target, X_val, *given)
        statistics = self._learn_statistics(coder, target, training)
        training, validation = self._add_statistics(statistics, training, validation)
        network = self._size_network(coder, statistics, training, target, random_state)
        outcome = self._train(network, training, validation, random_state)
        effects = learn_effects(coder.row_counts, target, training)
        return self._keep(X, coder, target, statistics, effects, network, outcome)

    def _check_rows(self, X, y, sample_weight):
        frame = read_table(X, estimator=self, min_samples=2)
        y = self._check_target(y, len(frame))
        weight = check_weight(sample_weight, len(frame), "sample_weight")
        return frame, y, self._row_weight(y, weight)

    def _check_validation_rows(self, X_val, y_val, sample_weight_val):
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

    def _split(self, y, weight, given, random_state):
        """Rows to train on and, if a random part is to be held out, to validate on."""
        some_teach_nothing = weight is not None and not weight.all()
        if given is not None or self.early_stopping in (False, "auto"):
            # A slice, so that a table that trains as a whole is not copied.
            return np.flatnonzero(weight) if some_teach_nothing else slice(None), None
        rows = np.flatnonzero(weight) if some_teach_nothing else np.arange(len(y))
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

    def _continues(self):
        return self.warm_start and hasattr(self, "_weights")

    def _code_table(self, X, frame, train_rows, weight):
        if self._continues():
            check_feature_names(self, X, reset=False)
            return self._coder, self._coder.code(frame)
        named = not isinstance(X, np.ndarray | list | tuple)
        return TableCoder.learn(
            frame,
            select_categorical(frame, self.categorical_features, named=named),
            train_rows,
            None if weight is None else weight[train_rows],
            self.min_frequency,
            self.max_categories,
        )

    def _code_target(self, y, weight):
        learned = self._learn_target(y, weight)
        if not self._continues():
            return learned
        self._refuse_change("outputs", self._target.n_outputs, learned.n_outputs)
        self._refuse_change("link of the loss", self._target.link, learned.link)
        self._check_further_target(y, len(y), self._target)
        return self._target

    def _refuse_change(self, what, before, now):
        if before != now:
            raise ValueError(
                f"warm_start=True continues with the network learned before, whose {what} cannot "
                f"change from {before} to {now}. Set warm_start=False to start anew."
            )

    def _code_validation(self, coder, target, X_val, frame, y_val, weight):
        from ._training import Examples

        if coder.names != frame.columns:
            raise ValueError(
                f"X_val has the columns {frame.columns}, X has {coder.names}: they must agree, "
                "in this order."
            )
        y_val = self._check_further_target(y_val, len(frame), target)
        return Examples(coder.code(frame), target.code(y_val), self._row_weight(y_val, weight))

    def _add_statistics(self, statistics, training, validation):
        from ._training import add_statistics

        return add_statistics(statistics, training, validation)

    def _size_network(self, coder, statistics, training, target, random_state):
        """An untrained network, or the one learned so far if it is to continue."""
        dims = resolve_embedding_dims(self.embedding_dim, coder.vocabularies)
        hidden = resolve_hidden_layer_sizes(self.hidden_layer_sizes)
        check_memory(coder.vocabularies, dims)
        import torch

        from ._module import EntityEmbeddingNetwork

        generator = torch.Generator().manual_seed(_draw_seed(random_state))
        if self._continues():
            self._refuse_change("embedding_dim", self._weights.embedding_dims, dims)
            self._refuse_change("hidden_layer_sizes", self._weights.hidden_layer_sizes, hidden)
            self._refuse_change("activation", self._weights.activation, self.activation)
            return self._build_network()
        return EntityEmbeddingNetwork(
            coder.row_counts,
            dims,
            statistics.edges_before(coder.edges),
            training.coded.numerical.shape[1],
            hidden,
            target.initial_output,
            activation=self.activation,
            dropout=self.dropout,
            embedding_dropout=self.embedding_dropout,
            generator=generator,
        )

    def _train(self, network, training, validation, random_state):
        from ._training import Settings, train

        settings = Settings(
            loss=self.loss,
            quantile=getattr(self, "quantile", None),
            batch_size=resolve_batch_size(self.batch_size, len(training.target)),
            learning_rate_init=self.learning_rate_init,
            weight_decay=self.weight_decay,
            max_iter=self.max_iter,
            n_iter_no_change=self.n_iter_no_change,
            tol=self.tol,
            early_stopping=validation is not None and bool(self.early_stopping),
            callbacks=list(self.callbacks or ()),
            verbose=self.verbose,
            device=self.device,
            seed=_draw_seed(random_state),
        )
        return train(network, training, validation, settings)

    def _keep(self, X, coder, target, statistics, effects, network, outcome):
        """Set every fitted attribute at once, so that a failed fit changes nothing."""
        history, n_iter, best_iter = outcome.history, outcome.n_iter, outcome.best_iter
        if self._continues():
            history = history.set_axis(history.index + self.n_iter_)
            history = pd.concat([self.history_, history])
            n_iter, best_iter = n_iter + self.n_iter_, best_iter + self.n_iter_
        check_feature_names(self, X, reset=True)
        edges = statistics.edges_before(coder.edges)
        weights = Weights(**network.to_arrays(), edges=edges, activation=self.activation)
        self._weights = weights.with_special_rows(
            coder.row_counts,
            unknown_is_trained=self.embedding_dropout > 0,
        )
        self._coder = coder
        self._target = target
        self._statistics = statistics
        self._effects = effects
        # The copy is in one block of memory, so that equal histories have equal joblib hashes.
        self.history_ = history.copy()
        self.n_iter_ = n_iter
        self.best_iter_ = best_iter
        return self

    def _output(self, X):
        """Output of the network for the rows of X, (n_samples, n_outputs)."""
        coded = self._code(X)
        return self._weights.forward(coded)

    def _code(self, X):
        check_is_fitted(self)
        coded = code_cells(self._coder, X, named=hasattr(self, "feature_names_in_"))
        if coded is None:
            coded = self._coder.code(read_further_table(self, X))
        return self._statistics.before_numbers(coded)

    def to_codes(self, X):
        """Code a table as the network receives it.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        categorical : ndarray of int32, shape (n_samples, n_categorical)
            Row of each category in its column's table: 0 unknown, 1 missing,
            2 infrequent, then the categories with a row of their own.
        numerical : ndarray of float32, shape (n_samples, n_numerical)
            Target statistics, if the network reads any; scaled numbers; missing-value
            indicators.
        """
        coded = self._code(X)
        return coded.categorical, coded.numerical

    def to_torch(self):
        """The trained network as a `torch.nn.Module`, in evaluation mode.

        Returns
        -------
        torch.nn.Module
            Takes what `to_codes` returns, as tensors, and gives a tensor of
            shape (n_samples, n_outputs): what `predict` returns for the
            regressor, `decision_function` for the classifier.
        """
        check_is_fitted(self)
        import torch

        from ._module import PredictionModule

        network = self._build_network()
        target = self._target
        offset, scale = torch.as_tensor(target.offset), torch.as_tensor(target.scale)
        module = PredictionModule(network, offset, scale, target.link == "log")
        return module.eval()

    def _gradients(self, coded):
        """Of the outputs with respect to the vectors of each column, at these rows.

        Returns
        -------
        list of ndarray of float32, shape (n_samples, n_outputs, embedding_dim)
        """
        import torch

        network = self._build_network().eval()
        tensors = map(torch.from_numpy, (coded.categorical, coded.numerical))
        gradients = network.gradients(*tensors).numpy()
        ends = np.cumsum(self._weights.embedding_dims)
        return np.split(gradients, ends, axis=2)[:-1]

    def _build_network(self):
        """A torch network with the weights learned so far."""
        import torch

        from ._module import EntityEmbeddingNetwork

        weights = self._weights
        return EntityEmbeddingNetwork(
            self._coder.row_counts,
            weights.embedding_dims,
            weights.edges,
            len(self._statistics) + len(self._coder.numerical_names),
            weights.hidden_layer_sizes,
            weights.biases[-1],
            activation=weights.activation,
            dropout=self.dropout,
            embedding_dropout=self.embedding_dropout,
            # Of the initial values nothing stays, and torch's own generator is not to move on.
            generator=torch.Generator(),
        ).load_arrays(weights)

    @property
    def embeddings_(self):
        """dict of DataFrame: a vector per category, by column name.

        The index holds every category of the column in the data, the columns
        the dimensions. Infrequent categories share a vector; a category that
        occurs in no training row has the unknown vector.
        """
        check_is_fitted(self)
        return {
            v.name: v.frame(table)
            for v, table in zip(self._coder.vocabularies, self._weights.tables, strict=True)
        }

    @property
    def special_embeddings_(self):
        """dict of DataFrame: the vectors for "unknown", "missing" and "infrequent"."""
        check_is_fitted(self)
        return {
            v.name: v.special_frame(table)
            for v, table in zip(self._coder.vocabularies, self._weights.tables, strict=True)
        }

    @property
    def categories_(self):
        """dict of ndarray: the sorted categories of each embedded column."""
        check_is_fitted(self)
        return {v.name: v.categories.to_numpy() for v in self._coder.vocabularies}

    @property
    def embedding_dims_(self):
        """dict of int: the number of dimensions of each embedded column."""
        check_is_fitted(self)
        return dict(zip(self._coder.categorical_names, self._weights.embedding_dims, strict=True))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_weights")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _examples(coded, target, y, weight, rows):
    from ._training import Examples

    if rows is None:
        return None
    return Examples(coded[rows], target.code(y[rows]), None if weight is None else weight[rows])


def check_weight(sample_weight, n_samples, name):
    """Weights as float64, or None; refuses negative ones and a sum of zero."""
    if sample_weight is None:
        return None
    try:
        weight = _check_sample_weight(sample_weight, np.empty((n_samples, 0)), dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if (weight < 0).any():
        row = int(np.argmax(weight < 0))
        raise ValueError(
            f"{name} must not be negative; row {row} has {weight[row]:g}. Use 0 to leave a row out."
        )
    return weight


def _draw_seed(random_state):
    return int(random_state.randint(np.iinfo(np.int32).max))
