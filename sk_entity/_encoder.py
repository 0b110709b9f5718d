"""`EntityEmbeddingEncoder`: learned vectors in front of any other model."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from ._base import (
    CATEGORICAL_FEATURES,
    BaseEntityEmbedding,
    Interval,
    RealNotInt,
    StrOptions,
    check_feature_names,
    check_feature_names_in,
    check_weight,
    fit_context,
    read_further_table,
    refuse_unroutable,
)
from ._classifier import EntityEmbeddingClassifier
from ._cross_fitting import disjoint_folds, fit_networks, set_alike
from ._encoding import encode, encode_fold, look_up, nearest, spread_out, spreads
from ._regressor import EntityEmbeddingRegressor


class EntityEmbeddingEncoder(TransformerMixin, BaseEstimator):
    """Replace categorical columns by vectors learned with the target.

    An entity embedding network (Guo & Berkhahn 2016) is fitted on the whole
    table, numeric columns included as context; `transform` looks vectors up,
    for any other model to use. `fit_transform` gives each row vectors of a
    network that has not seen its target, as
    `sklearn.preprocessing.TargetEncoder` does with means, and all networks
    speak of the same axes.

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
    cv : int, cross-validation generator, iterable or None, default=5
        Folds of `fit_transform`, which fits a network for each beside that of
        all rows. An int makes shuffled folds, stratified by class. The folds
        must hold each row once. None gives training rows the vectors of the
        network that has seen them, so that a model behind the encoder trusts
        them too much.
    n_components : "auto", int, float or None, default="auto"
        Components of the vector of each column. The first are its effects, one
        per output (the score of each class, if there are more than two); then
        coordinates along its axes, the largest first. An int is the largest
        number of components. A float between 0 and 1 takes as many axes as
        explain that part of the variance of what the column does. "auto" takes
        those along which categories differ by 2 % of all columns' effects or
        more, with 30 % of their variance beyond the network's own doubt. None
        takes all.
    categorical_features : array-like, "from_dtype" or None, default="from_dtype"
        Columns to encode, see `EntityEmbeddingRegressor`. "from_dtype" leaves a
        given estimator its own choice.
    remainder : {"passthrough", "drop"}, default="passthrough"
        What becomes of the numeric columns.
    n_jobs : int or None, default=None
        Networks of `fit_transform` that are trained side by side, in processes
        of joblib. None is 1, unless in a `joblib.parallel_config`.
    random_state : int, RandomState instance or None, default=None
        Passed on to the estimator unless None.

    Attributes
    ----------
    estimator_ : EntityEmbeddingRegressor or EntityEmbeddingClassifier
        The network fitted on all rows. Its own `embeddings_` are along its own
        axes.
    embeddings_ : dict of DataFrame
        By column name: the vector that `transform` gives each category.
    special_embeddings_ : dict of DataFrame
        Those for "unknown", "missing" and "infrequent".
    support_ : dict of DataFrame
        By column name, for each category: ``count``, its training rows;
        ``deviation``, how far its vector may be from the true one, as a
        standard deviation by the network's and the effects' posteriors;
        ``spread``, how far the vectors of the folds' networks lie from it (root
        mean square; NaN without cross-fitting); and ``trusted``, whether both
        are smaller than half the length of the column's vectors (root mean square
        over the training rows).
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only if X had column names.

    See Also
    --------
    EntityEmbeddingRegressor, EntityEmbeddingClassifier
    sk_entity.inspection.check_leakage

    Notes
    -----
    *Effects.* The first component says what the category tells by itself: the
    mean of the target over its training rows, from the mean of all rows, shrunk
    by its count. Its unit is a standard deviation of the target; with a log
    link, the logarithm of the target; of a classifier, the log-odds to first
    order.

    *Axes.* A network is free to map its tables by any invertible map that its
    first layer undoes. That freedom is fixed by what vectors do: a category's
    profile is the change of the outputs that its vector makes, to first order,
    on each of up to 2,000 rows of X, and the axes are the principal components of
    the profiles after the part that the effects explain. A coordinate is in the
    unit of the effects; the average training row has zero; along an axis the
    target rises, on average. Two seeds give the same axes as far as the data
    decide them.

    *Cross-fitting.* All networks start from the same weights. Those of the folds
    are measured in the same profiles along the same axes, and a linear map over
    the categories, as many numbers as a column has axes squared, takes out what
    they stretch and mix. So ``fit(X, y).transform(X)`` is not
    ``fit_transform(X, y)``.

    References
    ----------
    C. Guo and F. Berkhahn, "Entity Embeddings of Categorical Variables", 2016,
    arXiv:1604.06737.

    D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical
    attributes in classification and prediction problems", SIGKDD Explorations
    3(1), 2001.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 50, "day": range(150)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> encoder = EntityEmbeddingEncoder(random_state=0).set_output(transform="pandas")
    >>> encoder.fit_transform(X, y).columns.tolist()
    ['shop_0', 'shop_1', 'day']
    >>> encoder.embeddings_["shop"]["shop_0"].astype(float).round(1).to_dict()
    {'east': 0.8, 'north': -1.4, 'south': 0.6}
    """

    _parameter_constraints = {
        "estimator": [BaseEntityEmbedding, FrozenEstimator, None],
        "target_type": [StrOptions({"auto", "continuous", "binary", "multiclass"})],
        "cv": ["cv_object"],
        "n_components": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "categorical_features": CATEGORICAL_FEATURES,
        "remainder": [StrOptions({"passthrough", "drop"})],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        target_type="auto",
        cv=5,
        n_components="auto",
        categorical_features="from_dtype",
        remainder="passthrough",
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.target_type = target_type
        self.cv = cv
        self.n_components = n_components
        self.categorical_features = categorical_features
        self.remainder = remainder
        self.n_jobs = n_jobs
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Learn the vectors, without cross-fitting.

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
        networks = self._train(estimator, X, y, sample_weight, folds=[])
        self._keep(X, networks)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y=None, sample_weight=None, **params):
        """Learn the vectors and look them up, each row in tables that do not know its target.

        With ``cv=None`` and with a frozen estimator it is `fit`, then
        `transform`.

        Parameters
        ----------
        X, y, sample_weight
            See `fit`.
        **params : dict
            Such as ``groups``, routed to the splitter ``cv``; needs
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_features_out)
            See `transform`.
        """
        refuse_unroutable(params, self, "fit_transform")
        estimator = self._choose_estimator(y)
        folds = self._folds(estimator, X, y, sample_weight, params)
        networks = self._train(estimator, X, y, sample_weight, folds)
        of_folds = self._keep(X, networks)
        out = self._look_up(X)
        for rows, (codes, tables) in zip(folds, of_folds, strict=True):
            vectors = look_up(tables, codes[rows], np.empty((len(rows), 0), dtype=np.float32))
            out[rows, : vectors.shape[1]] = vectors
        return out

    def _folds(self, estimator, X, y, sample_weight, params):
        """Rows of each fold; none if nothing is to be cross-fitted."""
        if self.cv is None or isinstance(estimator, FrozenEstimator):
            return []
        estimator._validate_params()
        _, y, weight = estimator._check_rows(X, y, sample_weight)
        set_alike(estimator, len(y))
        routed = {}
        if params:
            routed = process_routing(self, "fit_transform", **params).splitter.split
        return disjoint_folds(self.cv, estimator, X, y, weight, routed)

    def _train(self, estimator, X, y, sample_weight, folds):
        """The network of all rows, then those of the folds."""
        if not isinstance(estimator, FrozenEstimator):
            return fit_networks(estimator, X, y, sample_weight, folds, self.n_jobs)
        network = estimator.estimator
        check_is_fitted(network)
        frame = read_further_table(network, X)  # refuses a table of other columns
        check_weight(sample_weight, len(frame), "sample_weight")
        return [network]

    def _keep(self, X, networks):
        """Set every fitted attribute at once; return codes and tables of each fold."""
        network, *others = networks
        coded = network._code(X)
        contexts = spread_out(len(coded))
        columns = encode(network, coded[contexts], self.n_components)
        of_folds = []
        for other in others:
            coded = other._code(X)
            tables = encode_fold(other, coded[contexts], network, columns)
            of_folds.append((coded.categorical, tables))
        self._refuse_name_clash(network._coder, columns)
        check_feature_names(self, X, reset=True)
        self.estimator_ = network
        self._columns = columns
        self._spreads = spreads(columns, others, [tables for _, tables in of_folds])
        return of_folds

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
        return self._look_up(X)

    def _look_up(self, X):
        frame = read_further_table(self, X)
        codes = self._coder.code_categorical(frame)
        if self.remainder == "passthrough":
            numbers = self._coder.raw_numerical(frame)
        else:
            numbers = np.empty((len(frame), 0), dtype=np.float32)
        return look_up([column.table for column in self._columns], codes, numbers)

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
        for i, column in zip(self._coder.categorical, self._columns, strict=True):
            stop = start + column.table.shape[1]
            columns[i] = nearest(X[:, start:stop], column.table, column.vocabulary)
            start = stop
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
        return np.asarray(self._names_out(names, self._coder, self._columns), dtype=object)

    def to_frame(self, column):
        """The table of a column, to join with in a database or a data-frame engine.

        Parameters
        ----------
        column : str
            Name of a categorical column; ``x0``, ``x1``, … where X had no names.

        Returns
        -------
        DataFrame
            A row per category seen in fitting, then a row for missing and one
            for unknown values, both without a category. Columns: ``category``;
            ``kind`` ("category", "infrequent", "missing" or "unknown"), which of
            the vectors it is given; ``count``, its training rows; then the
            vector, named as in `get_feature_names_out`.

        Raises
        ------
        ValueError
            If it is no categorical column.
        """
        check_is_fitted(self)
        tables = {c.vocabulary.name: c for c in self._columns}
        if column not in tables:
            raise ValueError(
                f"{column!r} is no categorical column of the table that was fitted. Categorical "
                f"columns: {list(tables)}."
            )
        return tables[column].to_frame()

    @property
    def embeddings_(self):
        """dict of DataFrame: the vector that `transform` gives each category."""
        check_is_fitted(self)
        return {c.vocabulary.name: c.vocabulary.frame(c.table) for c in self._columns}

    @property
    def special_embeddings_(self):
        """dict of DataFrame: the vectors for "unknown", "missing" and "infrequent"."""
        check_is_fitted(self)
        return {c.vocabulary.name: c.vocabulary.special_frame(c.table) for c in self._columns}

    @property
    def support_(self):
        """dict of DataFrame: what speaks for the vector of each category."""
        check_is_fitted(self)
        return {
            c.vocabulary.name: c.support(spread)
            for c, spread in zip(self._columns, self._spreads, strict=True)
        }

    @property
    def _coder(self):
        return self.estimator_._coder

    def _names_out(self, names, coder, columns):
        """Names of the output columns, for input columns of these names."""
        out = [
            f"{names[i]}_{k}"
            for i, column in zip(coder.categorical, columns, strict=True)
            for k in range(column.table.shape[1])
        ]
        if self.remainder == "passthrough":
            out += [names[i] for i in coder.numerical]
        return out

    def _refuse_name_clash(self, coder, columns):
        names = self._names_out(coder.names, coder, columns)
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(
                f"The vectors' names clash with columns of X: {twice}. Rename these columns, or "
                "set remainder='drop'."
            )

    def get_metadata_routing(self):
        """Who takes which metadata: `fit` and `fit_transform` weights, the splitter its own.

        Returns
        -------
        MetadataRouter
        """
        splits = MethodMapping().add(caller="fit_transform", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(splitter=self.cv, method_mapping=splits)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = not isinstance(self.estimator, FrozenEstimator)
        return tags


def _is_default(categorical_features):
    return isinstance(categorical_features, str) and categorical_features == "from_dtype"
