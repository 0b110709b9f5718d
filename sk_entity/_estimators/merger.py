"""The merger: categories that behave alike become one, in front of any other model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._shown import shown
from .._table.coder import CodedTable
from .._table.vocabulary import SPECIAL_ROWS
from .._vectors.encoded_column import EncodedColumn
from .base import CATEGORICAL_FEATURES, BaseEntityEmbedding
from .encoder import EntityEmbeddingEncoder
from .groups import Groups, find_groups
from .mixin import FittedStateMixin
from .output import with_labels
from .sklearn_compat import Interval, check_feature_names, check_feature_names_in, fit_context
from .state import FittedMerger
from .types import TableLike, TargetLike
from .unknown import warn_of_other_types
from .validation import read_further_table


class CategoryMerger(FittedStateMixin, TransformerMixin, BaseEstimator):
    """Merge categories that behave alike, in front of another model.

    Vectors are learned by an `EntityEmbeddingEncoder`, the categories of each column are
    put in groups by k-means on their vectors, and each category is replaced by its group.
    A column of thousands of levels so becomes one of a few, which one-hot columns, boosted
    trees with native categories, or a person can read.

    This class is experimental: it may change in any minor release.

    Parameters
    ----------
    estimator : estimator, default=None
        `EntityEmbeddingEncoder`, `EntityEmbeddingRegressor` or
        `EntityEmbeddingClassifier`; it is cloned and fitted. A fitted one inside
        `sklearn.frozen.FrozenEstimator` is used as it is, without training. None is
        `EntityEmbeddingEncoder` with its defaults.
    n_clusters : int, default=8
        Largest number of groups of a column. A column of no more levels keeps them, each
        as a group.
    categorical_features : array-like, callable, "from_dtype" or None, default="from_dtype"
        Columns to merge, see `EntityEmbeddingRegressor`. "from_dtype" leaves a
        given estimator its own choice.
    random_state : int, RandomState instance or None, default=None
        Of k-means; passed on to the encoder unless None.

    Attributes
    ----------
    estimator_ : EntityEmbeddingEncoder
        What has learned the vectors.
    mapping_ : dict of Series
        By column name: the group of each category, such as "group_0". A category that
        no training row holds is in the group of unknown values.
    special_mapping_ : dict of Series
        The group of "unknown", "missing" and "infrequent" cells.
    state_ : FittedMerger
        All that `fit` has learned, in one frozen record.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns of X; only if it had any.

    See Also
    --------
    sk_entity.inspection.cluster : The groups of one column of a fitted estimator, the same as
        after `fit` with the same `n_clusters` and number as `random_state`.

    Notes
    -----
    *Groups.* They are numbered by the effect of their mean vector, so that their order says
    something, too: "group_0" has the lowest. Missing cells are one more category if training
    had any. Infrequent categories have one vector, and so one group. Unknown values go to the
    group that is nearest to their vector. So no row is without a group, and a model
    behind the merger never meets a level that it does not know.

    *What a row knows of its own target.* The vectors that decide the groups have seen the
    target. A model that is trained on such groups takes for knowledge what is chance, the more
    so the more levels there are. So `fit_transform` puts each row in the group that is nearest
    to a vector fitted without it (see `cv` of the encoder), and rows of one category
    may be in several groups; ``fit(X, y).transform(X)`` is not ``fit_transform(X, y)``. A
    pipeline calls the latter. The centers of the groups have seen all rows. A group that
    fewer than half as many rows reach in this way as its categories have is dropped, and its
    categories go to the nearest: it is finer than the vectors are certain, and a model could
    not learn what it does. So there may be fewer groups than `n_clusters`, and fewer than
    after `fit`. In a column
    that has no more levels than `n_clusters` nothing is merged, and a row is in the group of
    its category. With a frozen estimator, or with ``cv=None``, nothing is cross-fitted:
    fit the model behind the merger to other rows than the estimator.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sk_entity import CategoryMerger, EntityEmbeddingRegressor
    >>> rng = np.random.default_rng(0)
    >>> shop = rng.integers(6, size=600)
    >>> X = pd.DataFrame({"shop": [f"shop {s}" for s in shop]})
    >>> y = np.where(shop < 4, 0, 5) + rng.normal(size=600)
    >>> merger = CategoryMerger(EntityEmbeddingRegressor(max_iter=2), n_clusters=2)
    >>> merger.fit(X, y).mapping_["shop"].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'shop 0': 'group_0', 'shop 1': 'group_0', 'shop 2': 'group_0',
     'shop 3': 'group_0', 'shop 4': 'group_1', 'shop 5': 'group_1'}
    """

    state_: FittedMerger
    estimator_: EntityEmbeddingEncoder

    _parameter_constraints = {
        "estimator": [EntityEmbeddingEncoder, BaseEntityEmbedding, FrozenEstimator, None],
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "categorical_features": CATEGORICAL_FEATURES,
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_clusters: int = 8,
        categorical_features: Any = "from_dtype",
        random_state: Any = None,
    ):
        self.estimator = estimator
        self.n_clusters = n_clusters
        self.categorical_features = categorical_features
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TargetLike = None, sample_weight: TargetLike = None) -> Self:
        """Learn the vectors and the groups, without cross-fitting.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Categorical columns to merge; numeric columns are context for the network.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target. Not used, and so not needed, with a frozen estimator.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in training.

        Returns
        -------
        self
        """
        encoder = self._encoder(X)
        if not isinstance(encoder, FrozenEstimator):
            encoder.fit(X, y, sample_weight)
        self._keep(X, encoder)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(
        self, X: TableLike, y: TargetLike = None, sample_weight: TargetLike = None
    ) -> Any:
        """Learn vectors and groups, and put each row in a group that does not know its target.

        With a frozen estimator, and with an encoder whose ``cv`` is None, it is `fit`,
        then `transform`.

        Parameters
        ----------
        X, y, sample_weight
            See `fit`.

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_features)
            See `transform`.
        """
        encoder = self._encoder(X)
        if isinstance(encoder, FrozenEstimator):
            self._keep(X, encoder)
            return self._merge(X)
        vectors = encoder.fit_transform(X, y, sample_weight)
        self._keep(X, encoder, vectors)
        return self._merge(X, vectors)

    def transform(self, X: TableLike) -> Any:
        """Replace each category by its group.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_features)
            In the container of X (or that of `set_output`), with its columns in their
            order. Merged columns hold "group_0", "group_1", …, as an ordered category
            in pandas, an Enum in polars, strings in Arrow and in arrays (which are of
            objects then); a cell that is a list has the group of its mean vector. All
            other columns are as they came.
        """
        check_is_fitted(self)
        return self._merge(X)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Return the names of the columns that `transform` returns, those of X.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked against `feature_names_in_`.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        return np.asarray(check_feature_names_in(self, input_features), dtype=object)

    def _encoder(self, X: TableLike) -> Any:
        """An unfitted encoder to fit, or a fitted one that is frozen."""
        given = self.estimator
        if isinstance(given, FrozenEstimator):
            inside = given.estimator
            check_is_fitted(inside)
            if isinstance(inside, BaseEntityEmbedding):
                inside = EntityEmbeddingEncoder(given, remainder="drop").fit(X)
            elif not isinstance(inside, EntityEmbeddingEncoder):
                raise TypeError(
                    "A frozen estimator must hold an EntityEmbeddingEncoder, "
                    f"EntityEmbeddingRegressor or EntityEmbeddingClassifier; got {shown(inside)}."
                )
            read_further_table(inside, X)  # refuses a table of other columns
            return FrozenEstimator(inside)
        if isinstance(given, EntityEmbeddingEncoder):
            encoder = clone(given)
        else:
            encoder = EntityEmbeddingEncoder(None if given is None else clone(given))
        encoder.set_output(transform="default").set_params(handle_unknown="ignore")
        features = self.categorical_features
        if not (isinstance(features, str) and features == "from_dtype"):
            encoder.set_params(categorical_features=features)
        if self.random_state is not None:
            encoder.set_params(random_state=self.random_state)
        return encoder

    def _keep(self, X: TableLike, encoder: Any, vectors: np.ndarray | None = None) -> None:
        """Find the groups, given the vectors of the rows if cross-fitted; set all attributes."""
        if isinstance(encoder, FrozenEstimator):
            encoder = encoder.estimator
        columns = encoder.state_.columns
        groups = [find_groups(column, self.n_clusters, self.random_state) for column in columns]
        if vectors is not None and any(of_column.merges for of_column in groups):
            own = encoder.transform(X)
            for j, (column, of_column) in enumerate(zip(columns, _parts_of(columns), strict=True)):
                if groups[j].merges:
                    parts = own[:, of_column], vectors[:, of_column]
                    groups[j] = groups[j].confirmed(column, *parts)
        check_feature_names(self, X, reset=True)
        self.estimator_ = encoder
        self.state_ = FittedMerger(encoder.state_, tuple(groups))

    def _merge(self, X: TableLike, vectors: np.ndarray | None = None) -> Any:
        """The table with groups in the place of categories, given the vectors of its rows."""
        frame = read_further_table(self, X)
        coder = self.state_.encoder.network.coder
        coded = coder.code_categorical(frame)
        warn_of_other_types(coder, frame, coded)
        found = _look_up(self.state_, coded, vectors)
        merged = {
            column.position: (of_rows, groups.labels)
            for column, groups, of_rows in zip(
                self.state_.encoder.columns, self.state_.groups, found, strict=True
            )
        }
        return with_labels(self, X, frame, merged)

    @property
    def mapping_(self) -> dict[str, pd.Series]:
        """dict of Series: the group of each category, by column name."""
        check_is_fitted(self)
        pairs = zip(self.state_.encoder.columns, self.state_.groups, strict=True)
        return {
            column.name: pd.Series(
                _named(groups, groups.of_categories(column)),
                index=pd.Index(column.vocabulary.categories, name=column.name),
                name="group",
            )
            for column, groups in pairs
        }

    @property
    def special_mapping_(self) -> dict[str, pd.Series]:
        """dict of Series: the group of unknown, missing and infrequent cells, by column name."""
        check_is_fitted(self)
        special = pd.Index(list(SPECIAL_ROWS))
        return {
            groups.name: pd.Series(
                _named(groups, groups.of_rows[: len(special)]),
                index=special.rename(groups.name),
                name="group",
            )
            for groups in self.state_.groups
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not isinstance(self.estimator, FrozenEstimator)
        return tags


def _named(groups: Groups, found: np.ndarray) -> np.ndarray:
    return np.array(groups.labels, dtype=object)[found]


def _parts_of(columns: Sequence[EncodedColumn]) -> list[slice]:
    """Where the components of each column stand among those of all."""
    stops = np.cumsum([column.table.shape[1] for column in columns]).tolist()
    return [slice(start, stop) for start, stop in pairwise([0, *stops])]


def _look_up(
    state: FittedMerger, coded: CodedTable, vectors: np.ndarray | None
) -> list[np.ndarray]:
    """The group of each cell of each column, by its own vector or by those that are given."""
    found = []
    columns, n_single = state.encoder.columns, coded.categorical.shape[1]
    for j, (column, groups) in enumerate(zip(columns, state.groups, strict=True)):
        if vectors is not None and (groups.merges or j >= n_single):
            found.append(groups.nearest(vectors[:, _parts_of(columns)[j]]))
        elif j < n_single:
            found.append(groups.of_rows.take(coded.categorical[:, j]))
        else:
            found.append(groups.nearest(coded.bags[j - n_single].mean(column.table)))
    return found
