"""The encoder: learned vectors in front of any other model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._shown import listed, shown
from .._table.cells import read_cells
from .._training.progress import shared_bar
from .._vectors.lookup import look_up, special_and_own
from .base import CATEGORICAL_FEATURES, BaseEntityEmbedding
from .choice import choose_estimator
from .cross_fitting import disjoint_folds, fit_networks, set_alike
from .learned import Learned, learn_from_networks, learn_from_tables, learn_further
from .mixin import EmbeddingMixin
from .output import in_container
from .sklearn_compat import (
    Interval,
    RealNotInt,
    StrOptions,
    check_feature_names,
    check_feature_names_in,
    fit_context,
    refuse_unroutable,
    validate_params,
)
from .state import FittedEncoder
from .types import TableLike, TargetLike
from .unknown import HANDLE_UNKNOWN, handle_unknown, warn_of_other_types
from .validation import check_weight, read_further_table

# That `inverse_transform` holds at once.
MEBIBYTES_OF_DISTANCES = 64


def _can_learn_further(encoder: EntityEmbeddingEncoder) -> bool:
    if isinstance(encoder.estimator, FrozenEstimator):
        raise AttributeError(
            "The estimator is frozen, so that partial_fit has nothing to learn. Call partial_fit "
            "of the estimator inside, then fit of the encoder; or pass the estimator without "
            "FrozenEstimator."
        )
    return True


class EntityEmbeddingEncoder(EmbeddingMixin, TransformerMixin, BaseEstimator):
    """Replace categorical columns by vectors learned with the target.

    An entity embedding network (Guo & Berkhahn 2016) is fitted on the whole
    table, with numeric columns as context; `transform` looks vectors up, for any
    other model to use. `fit_transform` gives each row vectors that are fitted
    without its target, as `sklearn.preprocessing.TargetEncoder` does with means,
    and all vectors are measured along the same axes.

    Parameters
    ----------
    estimator : estimator, default=None
        `EntityEmbeddingRegressor` or `EntityEmbeddingClassifier` with the
        parameters to use; it is cloned and fitted. A fitted one inside
        `sklearn.frozen.FrozenEstimator` is used as it is, without training.
        None picks one of the two with its defaults, but the classifier without
        ordered target encoding: what a column tells is to be in its vectors.
    target_type : {"auto", "continuous", "binary", "multiclass"}, default="auto"
        Which of the two ``estimator=None`` picks, as in
        `sklearn.preprocessing.TargetEncoder`. "auto" goes by
        `sklearn.utils.multiclass.type_of_target`, but takes whole numbers of more
        than 20 distinct values, such as minutes, for a continuous target.
    cv : int, cross-validation generator, iterable or None, default=5
        Folds of `fit_transform`. A row gets vectors that are fitted to the rows
        outside of its fold. An int makes shuffled folds, stratified by class. The
        folds must hold each row once; with ``cross_fit="networks"`` the target must
        vary outside of each. None gives training rows the vectors that have seen them,
        so that a model behind the encoder trusts them too much.
    cross_fit : {"tables", "networks"}, default="tables"
        What is fitted anew for each fold. "tables" trains one network and then
        fits its tables, with the layers held still, to all rows and to those
        outside of each fold, which takes a small part of the time of training.
        The layers have seen all rows. "networks" trains a network for each fold,
        which has seen nothing of it, and takes several times as long.
    n_components : "auto", int, float or None, default="auto"
        Components of the vector of each column. The first are its effects, one
        per output (the score of each class, if there are more than two); then
        coordinates along its axes, the largest first. An int is the largest
        number of components. A float between 0 and 1 takes as many axes as
        explain that part of the variance of what the column does. "auto" takes
        those along which categories differ by 2 % of all columns' effects or
        more, and where at least 30 % of their variance lies beyond the posterior
        variance of the vectors. None takes all.
    categorical_features : array-like, callable, "from_dtype" or None, default="from_dtype"
        Columns to encode, see `EntityEmbeddingRegressor`. "from_dtype" leaves a
        given estimator its own choice.
    remainder : {"passthrough", "drop"}, default="passthrough"
        What becomes of the numeric columns.
    handle_unknown : {"ignore", "warn", "error"}, default="ignore"
        What `transform` does with a category that no training row holds: it gives it
        the unknown vector, does so with a warning, or raises ValueError. A missing
        cell counts as unknown if the column had none in training, as in
        `sklearn.preprocessing.OrdinalEncoder`. In `fit` nothing is raised, nor in
        `fit_transform`, unless the estimator is frozen. The `handle_unknown` of the
        estimator inside is for its own predictions and does not count here.
    n_jobs : int or None, default=None
        With ``cross_fit="networks"``, the networks of folds that are trained side by
        side, in processes of joblib. None is 1, unless in a `joblib.parallel_config`.
    verbose : int, default=0
        Whether to show one bar for all networks and tables, with losses. The
        estimator's own `verbose` shows a bar for each network.
    random_state : int, RandomState instance or None, default=None
        Passed on to the estimator unless None.

    Attributes
    ----------
    estimator_ : EntityEmbeddingRegressor or EntityEmbeddingClassifier
        The network fitted on all rows. Its own `embeddings_` are along its own
        axes, which are arbitrary.
    embeddings_ : dict of DataFrame
        By column name: the vector that `transform` gives each category. The column
        ``dest_effect`` is the effect of a category of `dest`, and ``dest_axis_1``,
        ``dest_axis_2``, … are its coordinates.
    special_embeddings_ : dict of DataFrame
        Those for "unknown", "missing" and "infrequent".
    support_ : dict of DataFrame
        By column name, for each category: ``count``, its training rows;
        ``deviation``, the posterior standard deviation of its vector, as a length;
        ``spread``, how far the vectors that do not know a fold lie from it (root
        mean square; NaN without cross-fitting); and ``trusted``, whether both
        are smaller than half the length of the column's vectors (root mean square
        over the training rows). Where the spread is not known, as after `fit`
        alone, ``trusted`` is False or unknown (NA), never True.
    state_ : FittedEncoder
        All that `fit` has learned, in one frozen record.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns of X; only if it had any.

    See Also
    --------
    EntityEmbeddingRegressor, EntityEmbeddingClassifier
    sk_entity.inspection.check_leakage

    Notes
    -----
    *Effects.* The effect of a category says what it tells by itself: the smoothed
    mean of the target over its training rows, measured from the mean of all rows.
    Its unit is a standard deviation of the target; with a log link, the logarithm
    of the target; of a classifier, the log-odds; the latter two to first order (with a
    log link, the target over its mean, less one).

    *Axes.* A network is free to map its tables by any invertible map that its
    first layer undoes. That freedom is fixed by what vectors do. The linearised
    response of a category is the change of the outputs that its vector makes, to
    first order, on each row of a background sample of up to 2,000 rows of X. The
    axes are the principal components of these responses after the part that the
    effects explain. A coordinate is in the unit of the effects; the average
    training row has zero; along an axis the target rises, on average. Two seeds
    give the same axes as far as the data decide them.

    *Cross-fitting.* The tables of the network are fitted anew, while its layers
    stay: to all rows for `transform`, and to the rows outside of each fold for
    `fit_transform`. A fit is two steps of Gauss and Newton under the prior of the
    tables, in all vectors at once. So all vectors are of one network, and those of
    a row know its target only by way of the layers and the axes, which belong to
    no category. With ``cross_fit="networks"`` a network is trained for each fold
    instead; all start from the same weights, their vectors are measured by their
    linearised responses on the same background sample along the same axes, and a
    linear map over the categories takes out what they stretch and mix. Either way
    ``fit(X, y).transform(X)`` is not ``fit_transform(X, y)``.

    Where the network reads nothing but one column, a vector is the effect alone.

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
    ['shop_effect', 'shop_axis_1', 'day']
    >>> encoder.embeddings_["shop"]["shop_effect"].astype(float).round(1).to_dict()
    {'east': 0.8, 'north': -1.4, 'south': 0.6}
    """

    state_: FittedEncoder
    estimator_: Any

    _parameter_constraints = {
        "estimator": [BaseEntityEmbedding, FrozenEstimator, None],
        "target_type": [StrOptions({"auto", "continuous", "binary", "multiclass"})],
        "cv": ["cv_object"],
        "cross_fit": [StrOptions({"tables", "networks"})],
        "n_components": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "categorical_features": CATEGORICAL_FEATURES,
        "remainder": [StrOptions({"passthrough", "drop"})],
        "handle_unknown": HANDLE_UNKNOWN,
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        target_type: str = "auto",
        cv: Any = 5,
        cross_fit: str = "tables",
        n_components: Any = "auto",
        categorical_features: Any = "from_dtype",
        remainder: str = "passthrough",
        handle_unknown: str = "ignore",
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: Any = None,
    ):
        self.estimator = estimator
        self.target_type = target_type
        self.cv = cv
        self.cross_fit = cross_fit
        self.n_components = n_components
        self.categorical_features = categorical_features
        self.remainder = remainder
        self.handle_unknown = handle_unknown
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TargetLike = None, sample_weight: TargetLike = None) -> Self:
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
        estimator = choose_estimator(self, y)
        self._keep(X, self._learn(estimator, X, y, sample_weight))
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(
        self,
        X: TableLike,
        y: TargetLike = None,
        sample_weight: TargetLike = None,
        **params: Any,
    ) -> Any:
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
        estimator = choose_estimator(self, y)
        folds = self._folds(estimator, X, y, sample_weight, params)
        learned = self._learn(estimator, X, y, sample_weight, folds)
        self._keep(X, learned)
        # Only values that are in no row of this table can be refused.
        frozen = isinstance(estimator, FrozenEstimator)
        out = self._look_up(X, report_unknown=frozen and self.handle_unknown != "ignore")
        for rows, fold in zip(folds, learned.folds, strict=True):
            tables = [column.table for column in fold.columns]
            no_numbers = np.empty((len(rows), 0), dtype=np.float32)
            vectors = look_up(tables, fold.coded[rows], no_numbers)
            out[rows, : vectors.shape[1]] = vectors
        return out

    @available_if(_can_learn_further)
    @fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike = None,
        *,
        classes: TargetLike = None,
        only_new: bool = False,
    ) -> Self:
        """Learn from further rows, which may hold new categories.

        The first call is `fit`. A further one fits the tables of the network to these rows,
        under what they were before as their prior, while the layers stay. So components
        keep their number and their meaning, and a model behind the encoder goes on working.
        There is no cross-fitting: to train a model on these rows, too, transform them before
        they are learned from.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Further rows, with the columns of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            With a classifier, all classes to expect, for the first call.
        only_new : bool, default=False
            Whether to learn the vectors of new categories only. All others stay the same,
            bit for bit.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As `fit`, and for columns, dtypes or classes other than those of the first call.
        AttributeError
            With a frozen estimator, which is not to learn.
        """
        if not hasattr(self, "state_"):
            estimator = choose_estimator(self, y, classes)
            self._keep(X, self._learn(estimator, X, y, sample_weight, classes=classes))
            return self
        self.estimator_, self.state_ = learn_further(
            self.estimator_, self.state_, X, y, sample_weight, only_new=only_new
        )
        return self

    def _folds(
        self,
        estimator: Any,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike,
        params: dict[str, Any],
    ) -> list[np.ndarray]:
        """Rows of each fold; none if nothing is to be cross-fitted."""
        if self.cv is None or isinstance(estimator, FrozenEstimator):
            return []
        validate_params(estimator)
        frame, y, weight = estimator._check_rows(X, y, sample_weight)
        set_alike(estimator, len(y))
        routed = {}
        if params:
            routed = process_routing(self, "fit_transform", **params).splitter.split
        # A splitter counts the rows, which not every array-like lets it do.
        rows = X if hasattr(X, "shape") or hasattr(X, "__len__") else frame.to_native()
        of_networks = self.cross_fit == "networks"
        return disjoint_folds(self.cv, estimator, rows, y, weight, routed, of_networks=of_networks)

    def _learn(
        self,
        estimator: Any,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike,
        folds: Sequence[np.ndarray] = (),
        classes: TargetLike = None,
    ) -> Learned:
        """Learn vectors of all rows and, for each fold, of those outside of it."""
        if isinstance(estimator, FrozenEstimator):
            network = estimator.estimator
            check_is_fitted(network)
            frame = read_further_table(network, X)  # refuses a table of other columns
            check_weight(sample_weight, len(frame), "sample_weight")
            return learn_from_networks([network], X, self.n_components)
        of_networks = self.cross_fit == "networks"
        n_networks = 1 + len(folds) if of_networks else 1
        with shared_bar(n_networks) if self.verbose else nullcontext():
            if of_networks and folds:
                networks = fit_networks(estimator, X, y, sample_weight, folds, self.n_jobs)
                return learn_from_networks(networks, X, self.n_components)
            if classes is None:
                estimator.fit(X, y, sample_weight=sample_weight)
            else:
                estimator.partial_fit(X, y, sample_weight, classes=classes)
            if of_networks:
                return learn_from_networks([estimator], X, self.n_components)
            return learn_from_tables(estimator, X, y, sample_weight, folds, self.n_components)

    def _keep(self, X: TableLike, learned: Learned) -> None:
        """Set every fitted attribute at once."""
        fitted = FittedEncoder(learned.estimator.state_, learned.columns)
        self._refuse_name_clash(fitted)
        check_feature_names(self, X, reset=True)
        self.estimator_ = learned.estimator
        self.state_ = fitted

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the encoder, and of the estimator inside as ``estimator__name``.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a parameter of the estimator inside, if there is none.
        """
        inner = [name for name in params if name.startswith("estimator__")]
        if inner and params.get("estimator", self.estimator) is None:
            raise ValueError(
                f"{shown(inner[0])} sets a parameter of the estimator inside, which is None: its "
                "kind is known in `fit` only. Give one, as in "
                "EntityEmbeddingEncoder(EntityEmbeddingRegressor()), or with "
                "EntityEmbeddingClassifier() for classes."
            )
        super().set_params(**params)
        return self

    def transform(self, X: TableLike) -> Any:
        """Look the vectors up.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_features_out)
            The vectors of the first categorical column, of the second, and so
            on, those of columns of lists last; then, with
            ``remainder="passthrough"``, the numeric columns in their order, as
            they came. float32 if all of it is vectors, otherwise float64.

        Raises
        ------
        ValueError
            For a value that no training row holds, with ``handle_unknown="error"``.
        """
        return self._look_up(X, report_unknown=self.handle_unknown != "ignore")

    def _look_up(self, X: TableLike, *, report_unknown: bool) -> np.ndarray:
        check_is_fitted(self)
        coder = self.state_.network.coder
        with_numbers = self.remainder == "passthrough"
        named = hasattr(self, "feature_names_in_")
        found = read_cells(coder, X, named=named, with_numbers=with_numbers)
        if found is None:
            frame = read_further_table(self, X)
            none = np.empty((len(frame), 0), dtype=np.float32)
            numbers = coder.raw_numerical(frame) if with_numbers else none
            found = coder.code_categorical(frame), numbers
            warn_of_other_types(coder, frame, found[0])
        coded, numbers = found
        if report_unknown:
            handle_unknown(self, coder, X, coded)
        return look_up([column.table for column in self.state_.columns], coded, numbers)

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
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
            gives NaN. Of a column of lists it is the category nearest to the mean
            of the members.
        """
        check_is_fitted(self)
        given = check_array(X, dtype=np.float64, ensure_all_finite="allow-nan")
        n_features_out = len(self.get_feature_names_out())
        if given.shape[1] != n_features_out:
            raise ValueError(f"X has {given.shape[1]} columns; transform gives {n_features_out}.")
        from sklearn.metrics import pairwise_distances_argmin  # slow to import

        found, start = {}, 0
        for column in self.state_.columns:
            stop = start + column.table.shape[1]
            values, vectors = special_and_own(column)
            # Else it takes a gigabyte, where there are many categories.
            with config_context(working_memory=MEBIBYTES_OF_DISTANCES):
                nearest = pairwise_distances_argmin(given[:, start:stop], vectors)
            found[column.position] = values[nearest]
            start = stop
        if self.remainder == "passthrough":
            numbers = self.state_.network.coder.numerical
            found |= {n.position: given[:, start + j] for j, n in enumerate(numbers)}
        out = np.empty((len(given), len(found)), dtype=object)
        for j, position in enumerate(sorted(found)):
            out[:, j] = found[position]
        return out

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked against `feature_names_in_`.

        Returns
        -------
        ndarray of str
            ``column_effect``, then ``column_axis_1``, ``column_axis_2``, … for the
            vectors of ``column`` (``column_effect_0``, ``column_effect_1``, … if there
            are several outputs); then the numeric columns' own names.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        return np.asarray(self._names_out(names, self.state_), dtype=object)

    def to_frame(self, column: str | None = None) -> Any:
        """Return the vectors as a table to join with in a database or a data-frame engine.

        Parameters
        ----------
        column : str, default=None
            Name of a categorical column; ``x0``, ``x1``, … where X had no names.
            None means all of them.

        Returns
        -------
        DataFrame, or dict of DataFrame by column name if `column` is None
            A row per category seen in fitting, then a row for missing and one
            for unknown values, both without a category. Columns: ``category``;
            ``kind`` ("category", "infrequent", "missing" or "unknown"), which of
            the vectors it is given; ``count``, its training rows; then the
            vector, named as in `get_feature_names_out`. It is a pandas table, or
            a polars one after ``set_output(transform="polars")``.

        Raises
        ------
        ValueError
            If it is no categorical column.
        """
        check_is_fitted(self)
        frames = {c.name: c for c in self.state_.columns}
        if column is None:
            return {name: in_container(self, name, c.to_frame()) for name, c in frames.items()}
        if column not in frames:
            raise ValueError(
                f"{shown(column)} is no categorical column of the table that was fitted. "
                f"Categorical columns: {listed(frames)}."
            )
        return in_container(self, column, frames[column].to_frame())

    @property
    def support_(self) -> dict[str, pd.DataFrame]:
        """dict of DataFrame: what speaks for the vector of each category."""
        check_is_fitted(self)
        return {column.name: column.support() for column in self.state_.columns}

    def _names_out(self, names: Any, fitted: FittedEncoder) -> list[str]:
        """Names of the output columns, for input columns of these names."""
        out = [
            name for column in fitted.columns for name in column.components(names[column.position])
        ]
        if self.remainder == "passthrough":
            out += [names[column.position] for column in fitted.network.coder.numerical]
        return out

    def _refuse_name_clash(self, fitted: FittedEncoder) -> None:
        names = self._names_out(fitted.network.coder.names, fitted)
        twice = sorted(n for n, count in Counter(names).items() if count > 1)
        if twice:
            raise ValueError(
                f"The vectors' names clash with columns of X: {listed(twice)}. Rename these "
                "columns, or set remainder='drop'."
            )

    def get_metadata_routing(self) -> MetadataRouter:
        """Say who takes which metadata: `fit` and `fit_transform` weights, the splitter its own.

        Returns
        -------
        MetadataRouter
        """
        splits = MethodMapping().add(caller="fit_transform", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(splitter=self.cv, method_mapping=splits)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not isinstance(self.estimator, FrozenEstimator)
        return tags
