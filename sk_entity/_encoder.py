"""`EntityEmbeddingEncoder`: learned vectors in front of any other model."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from ._base import (
    CATEGORICAL_FEATURES,
    BaseEntityEmbedding,
    StrOptions,
    check_feature_names,
    check_feature_names_in,
    check_weight,
    fit_context,
    read_further_table,
)
from ._blocks import for_each_block
from ._classifier import EntityEmbeddingClassifier
from ._regressor import EntityEmbeddingRegressor
from ._vocabulary import FIRST_CATEGORY, INFREQUENT, MISSING, UNKNOWN

# So few that they stay in the processor's cache from the first column to the last.
ROWS_AT_A_TIME = 4096


class EntityEmbeddingEncoder(TransformerMixin, BaseEstimator):
    """Replace categorical columns by vectors learned with the target.

    An entity embedding network (Guo & Berkhahn 2016) is fitted on the whole
    table, numeric columns included as context; `transform` looks the learned
    vectors up, for any other model to use.

    Parameters
    ----------
    estimator : estimator, default=None
        `EntityEmbeddingRegressor` or `EntityEmbeddingClassifier` with the
        parameters to use; it is cloned and fitted. A fitted one inside
        `sklearn.frozen.FrozenEstimator` is used as it is, without training.
        None picks one of the two with its defaults, but the classifier without
        target statistics: what a column tells is to be in its vectors.
    target_type : {"auto", "continuous", "binary", "multiclass"}, default="auto"
        Which of the two ``estimator=None`` picks, as in
        `sklearn.preprocessing.TargetEncoder`: "auto" goes by
        `sklearn.utils.multiclass.type_of_target`, to which a target of whole
        numbers is "multiclass".
    categorical_features : array-like, "from_dtype" or None, default="from_dtype"
        Columns to encode, see `EntityEmbeddingRegressor`. "from_dtype" leaves a
        given estimator its own choice.
    remainder : {"passthrough", "drop"}, default="passthrough"
        What becomes of the numeric columns.
    random_state : int, RandomState instance or None, default=None
        Passed on to the estimator unless None.

    Attributes
    ----------
    estimator_ : EntityEmbeddingRegressor or EntityEmbeddingClassifier
        The fitted network.
    embeddings_ : dict of DataFrame
        By column name: a row per category, a column per dimension.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only if X had column names.

    See Also
    --------
    EntityEmbeddingRegressor, EntityEmbeddingClassifier

    Notes
    -----
    The vectors of training rows come from a network that has seen their
    target. To judge a model on them, use rows that the encoder was not fitted
    on, as cross-validation of a pipeline does.

    References
    ----------
    C. Guo and F. Berkhahn, "Entity Embeddings of Categorical Variables", 2016,
    arXiv:1604.06737.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 50, "day": range(150)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> encoder = EntityEmbeddingEncoder(random_state=0).set_output(transform="pandas")
    >>> encoder.fit_transform(X, y).columns.tolist()
    ['shop_0', 'shop_1', 'day']
    """

    _parameter_constraints = {
        "estimator": [BaseEntityEmbedding, FrozenEstimator, None],
        "target_type": [StrOptions({"auto", "continuous", "binary", "multiclass"})],
        "categorical_features": CATEGORICAL_FEATURES,
        "remainder": [StrOptions({"passthrough", "drop"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        target_type="auto",
        categorical_features="from_dtype",
        remainder="passthrough",
        random_state=None,
    ):
        self.estimator = estimator
        self.target_type = target_type
        self.categorical_features = categorical_features
        self.remainder = remainder
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Learn the vectors.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Categorical columns to encode; numeric columns are context for the
            network.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target. Not used, and so not needed, with a frozen estimator.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in training.

        Returns
        -------
        self
        """
        estimator = self._choose_estimator(y)
        if isinstance(estimator, FrozenEstimator):
            fitted = estimator.estimator
            check_is_fitted(fitted)
            codes, _ = fitted.to_codes(X)  # refuses a table of other columns
            check_weight(sample_weight, len(codes), "sample_weight")
        else:
            fitted = estimator.fit(X, y, sample_weight=sample_weight)
        self._refuse_name_clash(fitted)
        check_feature_names(self, X, reset=True)
        self.estimator_ = fitted
        return self

    def fit_transform(self, X, y=None, sample_weight=None):
        """Learn the vectors and look them up, see `fit` and `transform`."""
        return self.fit(X, y, sample_weight=sample_weight).transform(X)

    def _choose_estimator(self, y):
        """An unfitted estimator of our own to fit, or the frozen one."""
        if isinstance(self.estimator, FrozenEstimator):
            if not isinstance(self.estimator.estimator, BaseEntityEmbedding):
                raise TypeError(
                    "A frozen estimator must hold an EntityEmbeddingRegressor or "
                    f"EntityEmbeddingClassifier; got {self.estimator.estimator!r}."
                )
            return self.estimator
        if self.estimator is not None:
            estimator = clone(self.estimator)
        elif self._is_continuous(y):
            estimator = EntityEmbeddingRegressor()
        else:
            # What a column tells is to be in its vectors.
            estimator = EntityEmbeddingClassifier(target_statistics=False)
        # The defaults leave a given estimator its own choice.
        if not _is_default(self.categorical_features):
            estimator.set_params(categorical_features=self.categorical_features)
        if self.random_state is not None:
            estimator.set_params(random_state=self.random_state)
        return estimator

    def _is_continuous(self, y):
        if self.target_type != "auto":
            return self.target_type == "continuous"
        if y is None:
            raise ValueError(
                "fit requires y to be passed, but the target y is None: the vectors are learned "
                "with it."
            )
        kind = type_of_target(y, input_name="y")
        if kind in ("binary", "multiclass"):
            return False
        if kind.startswith("continuous") or kind == "multiclass-multioutput":
            return True
        raise ValueError(
            f"Unknown label type: {kind!r}. Set target_type to 'continuous', 'binary' or "
            "'multiclass'."
        )

    def transform(self, X):
        """Look the vectors up.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_features_out)
            The vectors of the first categorical column, of the second, and so
            on; then, with ``remainder="passthrough"``, the numeric columns in
            their order, as they came. float32 if all of it is vectors,
            otherwise float64.
        """
        frame = read_further_table(self, X)
        codes = self._coder.code_categorical(frame)
        if self.remainder == "passthrough":
            numbers = self._coder.raw_numerical(frame)
        else:
            numbers = np.empty((len(frame), 0), dtype=np.float32)
        return _look_up(self._tables, codes, numbers)

    def inverse_transform(self, X):
        """Find the nearest category of each vector.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features_out)
            As `transform` returns it.

        Returns
        -------
        ndarray of object, shape (n_samples, n_features)
            Columns in the order of the table that was fitted; with
            ``remainder="drop"`` the categorical ones only. As in
            `sklearn.preprocessing.OrdinalEncoder`, the unknown vector gives
            None and the infrequent one "infrequent_sklearn"; the missing one
            gives NaN.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float64, ensure_all_finite="allow-nan")
        n_features_out = len(self.get_feature_names_out())
        if X.shape[1] != n_features_out:
            raise ValueError(f"X has {X.shape[1]} columns; transform gives {n_features_out}.")
        columns, start = {}, 0
        for i, vocabulary, table in zip(
            self._coder.categorical, self._coder.vocabularies, self._tables, strict=True
        ):
            vectors = X[:, start : start + table.shape[1]]
            columns[i] = _nearest(vectors, table, vocabulary)
            start += table.shape[1]
        if self.remainder == "passthrough":
            columns.update(zip(self._coder.numerical, X[:, start:].T, strict=True))
        out = np.empty((len(X), len(columns)), dtype=object)
        for j, i in enumerate(sorted(columns)):
            out[:, j] = columns[i]
        return out

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked against `feature_names_in_`.

        Returns
        -------
        ndarray of str
            ``column_0``, ``column_1``, … for the vectors of ``column``, then
            the numeric columns' own names.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        return np.asarray(self._names_out(names, self._coder, self._tables), dtype=object)

    @property
    def embeddings_(self):
        """dict of DataFrame: a vector per category, see the estimators."""
        check_is_fitted(self)
        return self.estimator_.embeddings_

    @property
    def _coder(self):
        return self.estimator_._coder

    @property
    def _tables(self):
        return self.estimator_._weights.tables

    def _names_out(self, names, coder, tables):
        """Names of the output columns, for input columns of these names."""
        out = [
            f"{names[i]}_{k}"
            for i, table in zip(coder.categorical, tables, strict=True)
            for k in range(table.shape[1])
        ]
        if self.remainder == "passthrough":
            out += [names[i] for i in coder.numerical]
        return out

    def _refuse_name_clash(self, fitted):
        names = self._names_out(fitted._coder.names, fitted._coder, fitted._weights.tables)
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(
                f"The vectors' names clash with columns of X: {twice}. Rename these columns, or "
                "set remainder='drop'."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = not isinstance(self.estimator, FrozenEstimator)
        return tags


def _is_default(categorical_features):
    return isinstance(categorical_features, str) and categorical_features == "from_dtype"


def _look_up(tables, codes, numbers):
    """The vectors of each row, then its numbers, in the type of the numbers."""
    width = sum(table.shape[1] for table in tables)
    out = np.empty((len(codes), width + numbers.shape[1]), dtype=numbers.dtype)
    out[:, width:] = numbers
    pairs, start = [], 0
    for table in tables:
        stop = start + table.shape[1]
        # As one item of many bytes a vector is copied in half the time.
        vector = np.dtype((np.void, table.shape[1] * out.itemsize))
        vectors = np.ascontiguousarray(table, dtype=out.dtype).view(vector)
        pairs.append((vectors, out[:, start:stop].view(vector)))
        start = stop

    def look_up(rows):
        for j, (vectors, cells) in enumerate(pairs):
            cells[rows] = vectors.take(codes[rows, j], axis=0)

    for_each_block(look_up, len(codes), ROWS_AT_A_TIME)
    return out


def _nearest(vectors, table, vocabulary):
    """The value whose vector is nearest, object array of shape (n_samples,)."""
    rows = list(range(FIRST_CATEGORY, vocabulary.n_rows))
    values = list(vocabulary.own)
    for row, value in ((INFREQUENT, "infrequent_sklearn"), (UNKNOWN, None), (MISSING, np.nan)):
        if row != INFREQUENT or vocabulary.row_counts[row] > 0:
            rows.append(row)
            values.append(value)
    from sklearn.metrics import pairwise_distances_argmin  # slow to import

    nearest = pairwise_distances_argmin(vectors, table[rows].astype(np.float64))
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found[nearest]
