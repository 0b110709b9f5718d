"""Groups of categories that behave alike."""

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from .._estimators.groups import find_groups
from .._estimators.inside import encoded_column
from .._estimators.types import TableLike
from .._shown import shown


def cluster(
    estimator: Any,
    column: str,
    n_clusters: int,
    X: TableLike | None = None,
    *,
    random_state: Any = None,
) -> pd.Series:
    """Group the categories of a column by what their vectors do.

    K-means on the vectors along the canonical axes, effects included, each weighted by
    its training rows. Two categories are in one group if the network tells them hardly
    apart, in whatever the other columns say. Missing cells are one more category, if training
    had any.

    Parameters
    ----------
    estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
        Fitted.
    column : str
        Name of a categorical column; ``x0``, ``x1``, … where X had no names.
    n_clusters : int
        Number of groups. There may be fewer if vectors are equal, or of more than 20,000
        categories.
    X : data frame or array-like of shape (n_samples, n_features), default=None
        Rows on which a network is asked what its vectors do. Needed for regressors and
        classifiers; not used for encoders, which know.
    random_state : int, RandomState instance or None, default=None
        Of k-means.

    Returns
    -------
    Series of int, indexed by category
        The group of each category that training rows hold, from 0, in ascending order of
        the mean effect of the group (of the first effect, if there are several
        outputs). Infrequent categories share a vector, and so are in one group. Missing
        cells are not listed; the number of a group that they have to themselves is left
        out. Its name is that of the column and ``_cluster``.

    Raises
    ------
    ValueError
        If there is no such column, if n_clusters is no positive integer or more than there
        are distinct vectors, or if X is needed.
    TypeError
        If the estimator is none of the three.
    sklearn.exceptions.NotFittedError

    See Also
    --------
    sk_entity.CategoryMerger : The same groups, in front of another model.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import cluster
    >>> rng = np.random.default_rng(0)
    >>> shop = rng.integers(6, size=600)
    >>> X = pd.DataFrame({"shop": [f"shop {s}" for s in shop]})
    >>> y = np.where(shop < 4, 0, 5) + rng.normal(size=600)
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=2)).fit(X, y)
    >>> cluster(encoder, "shop", 2, random_state=0).to_list()
    [0, 0, 0, 0, 1, 1]
    """
    if not isinstance(n_clusters, Integral) or isinstance(n_clusters, bool) or n_clusters < 1:
        raise ValueError(
            f"n_clusters is the number of groups, a positive integer; got {shown(n_clusters)}."
        )
    found = encoded_column(estimator, column, X)
    vocabulary = found.vocabulary
    known = np.flatnonzero(vocabulary.counts)
    n_vectors = np.count_nonzero(vocabulary.row_counts)
    if n_vectors < n_clusters:
        missing = " and missing cells" if vocabulary.n_missing else ""
        raise ValueError(
            f"The categories{missing} of column {shown(column)} have {n_vectors} vectors, which "
            f"cannot be in n_clusters={n_clusters} groups. Lower n_clusters."
        )
    groups = find_groups(found, int(n_clusters), random_state)
    index = pd.Index(vocabulary.categories[known], name=column)
    of_categories = groups.of_categories(found)[known].astype(int)
    return pd.Series(of_categories, index=index, name=f"{column}_cluster")
