"""Categories that behave alike, in groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._vectors.encoded_column import EncodedColumn

# Up to here, k-means looks at all vectors in each step; beyond, at some of them.
MOST_ROWS_OF_ALL = 20_000
N_INIT, N_INIT_OF_MANY = 10, 3
# So many rows, in parts of those of its categories, must reach a group without their own target.
LEAST_CONFIRMED = 0.5


@dataclass(frozen=True)
class Groups:
    """Groups of the categories of one column, in ascending order of their effect.

    Attributes
    ----------
    name : str
        Of the column.
    centers : ndarray of float64, shape (n_groups, n_components)
        The mean vector of each, over the training rows.
    of_rows : ndarray of int32, shape (n_rows,)
        The group of each embedding row. A row that took no part in the search for
        groups, such as the unknown one, is in the nearest.
    merges : bool
        Whether any group has two vectors or more.
    """

    name: str
    centers: np.ndarray
    of_rows: np.ndarray
    merges: bool

    def nearest(self, vectors: np.ndarray) -> np.ndarray:
        """Find the group that is nearest to each vector, int32 of shape (n_samples,)."""
        return _nearest(vectors, self.centers)

    def confirmed(self, column: EncodedColumn, own: Any, vectors: np.ndarray) -> Groups:
        """Drop groups that rows hardly reach by vectors fitted without them.

        A model behind the merger would have next to no row to learn of such a group from,
        and meet all of its categories later. So groups finer than the vectors are certain
        become one with the nearest, the least confirmed one first.

        Parameters
        ----------
        column : EncodedColumn
        own : ndarray of float, shape (n_samples, n_components)
            The vector that each row has by its category.
        vectors : ndarray of float, shape (n_samples, n_components)
            The vector of each row that was fitted without it.
        """
        alive = np.arange(len(self.centers))
        of_rows = self.of_rows.copy()
        by_own, by_vectors = self.nearest(own), self.nearest(vectors)
        while len(alive) > 1:
            counts = [
                np.bincount(found, minlength=len(self.centers))[alive]
                for found in (by_own, by_vectors)
            ]
            confirmed = counts[1] >= LEAST_CONFIRMED * counts[0]
            if confirmed.all():
                break
            ratio = np.where(confirmed, np.inf, counts[1] / np.maximum(counts[0], 1))
            dropped = alive[np.argmin(ratio)]
            alive = alive[alive != dropped]
            left = self.centers[alive]
            for found, table in ((by_own, own), (by_vectors, vectors), (of_rows, column.table)):
                moved = np.flatnonzero(found == dropped)
                found[moved] = alive[_nearest(table[moved], left)]
        number = np.zeros(len(self.centers), dtype=np.int32)
        number[alive] = np.arange(len(alive))
        return replace(self, centers=self.centers[alive], of_rows=number[of_rows])

    @property
    def labels(self) -> list[str]:
        """Names of the groups, whose alphabetical order is that of their effects."""
        n_groups = len(self.centers)
        width = len(str(n_groups - 1))
        return [f"group_{k:0{width}d}" for k in range(n_groups)]

    def of_categories(self, column: EncodedColumn) -> np.ndarray:
        """Return the group of each category, int32 of shape (n_categories,)."""
        return self.of_rows[column.vocabulary.rows]


def find_groups(column: EncodedColumn, n_clusters: int, random_state: Any) -> Groups:
    """Find groups of vectors by k-means, each weighted by its training rows.

    Missing cells are one more category.

    Parameters
    ----------
    column : EncodedColumn
    n_clusters : int
        At most so many groups; fewer, if there are fewer distinct vectors.
    random_state : int, RandomState instance or None
    """
    weight = column.vocabulary.row_counts.astype(np.float64)
    rows = np.flatnonzero(weight)
    vectors = column.table[rows].astype(np.float64)
    centers = _centers(vectors, weight[rows], n_clusters, random_state)
    group = _nearest(vectors, centers)
    # Seldom, a center is left without a vector.
    centers = centers[np.bincount(group, minlength=len(centers)) > 0]
    centers = centers[np.argsort(centers[:, 0], kind="stable")]
    of_rows = _nearest(column.table, centers)
    return Groups(column.name, centers, of_rows, merges=len(rows) > len(centers))


def _centers(vectors, weight, n_clusters, random_state):
    # K-means, since its loss is what merging takes away: the variance within groups, over the
    # training rows. Ward's trees take no weights, and a distance for each pair of categories.
    from sklearn.cluster import KMeans, MiniBatchKMeans  # slow to import

    if len(vectors) > MOST_ROWS_OF_ALL:
        some = MiniBatchKMeans(
            n_clusters, n_init=N_INIT_OF_MANY, batch_size=4096, random_state=random_state
        )
        return some.fit(vectors, sample_weight=weight).cluster_centers_
    distinct, place = np.unique(vectors, axis=0, return_inverse=True)
    if len(distinct) <= n_clusters:
        return distinct
    weight = np.bincount(place.ravel(), weights=weight)
    of_all = KMeans(n_clusters, n_init=N_INIT, random_state=random_state)
    return of_all.fit(distinct, sample_weight=weight).cluster_centers_


def _nearest(vectors, centers):
    from sklearn.metrics import pairwise_distances_argmin  # slow to import

    if len(vectors) == 0:
        return np.empty(0, dtype=np.int32)
    return pairwise_distances_argmin(vectors.astype(np.float64), centers).astype(np.int32)
