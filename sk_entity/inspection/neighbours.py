"""Which categories do nearly the same as another one."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from .._estimators.inside import encoded_column
from .._estimators.types import TableLike
from .._shown import shown
from .._table.category import position_of
from .._table.vocabulary import MISSING
from .._vectors.encoded_column import EncodedColumn

_NOT_COMPLETE = "The column keeps its frequent values only: a rare one has no vector of its own."


def most_similar(
    estimator: Any, column: str, category: Any, k: int = 10, X: TableLike | None = None
) -> pd.DataFrame:
    """Find the categories whose vectors do most nearly what that of another one does.

    Vectors are compared along the canonical axes, effects included: by what they do to
    the output of the network, and not by the embedding table, whose own axes are arbitrary.

    Parameters
    ----------
    estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
        Fitted.
    column : str
        Name of a categorical column; ``x0``, ``x1``, … where X had no names.
    category : object
        One of the column's categories, of their type. None or NaN asks for the
        neighbours of missing cells.
    k : int, default=10
        Number of neighbours; all are returned if there are fewer.
    X : data frame or array-like of shape (n_samples, n_features), default=None
        Rows on which a network is asked what its vectors do. Needed for regressors and
        classifiers; not used for encoders, which know.

    Returns
    -------
    DataFrame, indexed by category
        The nearest one first. Columns:

        - ``distance``: of the two vectors, in the unit of the effects;
        - ``count``: training rows;
        - ``<column>_effect`` (``…_effect_0`` and so on, if there are several outputs);
        - ``trusted``: whether the vector has enough data behind it, see
          `EntityEmbeddingEncoder.support_`; not known (NA) without cross-fitting.

        Only categories with a vector of their own and training rows in this column are
        neighbours. Infrequent ones have one vector in common, and are left out.

    Raises
    ------
    ValueError
        If there is no such column or category (the message names close ones), if no
        training row holds the category, if k is no positive integer, or if X is needed.
    TypeError
        If the estimator is none of the three.
    sklearn.exceptions.NotFittedError

    Warns
    -----
    UserWarning
        If the category is infrequent: the neighbours are those of the vector that it
        shares with the other infrequent ones, and say nothing about itself.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import most_similar
    >>> rng = np.random.default_rng(0)
    >>> shop = rng.integers(8, size=800)
    >>> X = pd.DataFrame({"shop": [f"shop {s}" for s in shop]})
    >>> y = shop + rng.normal(size=800)
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=2)).fit(X, y)
    >>> sorted(most_similar(encoder, "shop", "shop 4", k=2).index)
    ['shop 3', 'shop 5']
    """
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise ValueError(f"k is the number of neighbours, a positive integer; got {shown(k)}.")
    found = encoded_column(estimator, column, X)
    asked = _row_asked_for(found, category)
    rows, counts = found.vocabulary.rows, found.vocabulary.counts
    others = np.flatnonzero(found.vocabulary.is_own & (counts > 0) & (rows != asked))
    vectors = found.table[rows[others]]
    distance = np.linalg.norm(vectors - found.table[asked], axis=1)
    if k < len(others):
        nearest = np.argpartition(distance, k - 1)[:k]
        others, distance, vectors = others[nearest], distance[nearest], vectors[nearest]
    order = np.lexsort((-counts[others], distance))
    positions = others[order]
    out = {"distance": distance[order].astype(np.float64), "count": counts[positions]}
    effects = vectors[order, : found.n_effects].astype(np.float64)
    out |= dict(zip(found.components(), effects.T, strict=False))
    out["trusted"] = found.support()["trusted"].array[positions]
    index = pd.Index(found.vocabulary.categories[positions], name=column)
    return pd.DataFrame(out, index=index)


def _row_asked_for(column: EncodedColumn, category: Any) -> int:
    """The embedding row of a category; what has none of its own is refused or warned of."""
    vocabulary, name = column.vocabulary, column.name
    if category is None or (pd.api.types.is_scalar(category) and pd.isna(category)):
        if vocabulary.n_missing == 0:
            raise ValueError(
                f"Column {shown(name)} had no missing cell in training, so that nothing is known "
                "of one. Ask for a category."
            )
        return MISSING
    counts = vocabulary.counts
    note = "" if vocabulary.is_complete else _NOT_COMPLETE
    position = position_of(category, vocabulary.categories, counts, name, note)
    row = int(vocabulary.rows[position])
    if counts[position] == 0:
        raise ValueError(
            f"No training row holds {shown(category)} in column {shown(name)}, so that its effect "
            "is not known. Learn from rows that hold it, by fit or partial_fit."
        )
    if not vocabulary.is_own[position]:
        n_others = int((vocabulary.rows == row).sum()) - 1
        warnings.warn(
            f"{shown(category)} is infrequent in column {shown(name)} ({counts[position]} "
            f"training rows) and shares its vector with {n_others} other categories: these are "
            "the neighbours of all of them together. Lower min_frequency or raise max_categories "
            "for a vector of its own.",
            UserWarning,
            stacklevel=3,
        )
    return row
