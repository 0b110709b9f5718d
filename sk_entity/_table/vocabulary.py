"""The categories of a column: counted, sorted, and each given a row of the embedding table.

Every embedding table starts with three rows that stand for no value in
particular; the categories follow. The three stay apart because they mean
different things:

=============  ==================================================
`UNKNOWN`      a value that training never saw
`MISSING`      no value: ``None``, ``NaN``, ``NA``, ``NaT``
`INFREQUENT`   a value seen too rarely to deserve a row of its own
=============  ==================================================
"""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import pandas as pd

UNKNOWN, MISSING, INFREQUENT, FIRST_CATEGORY = range(4)
SPECIAL_ROWS = ("unknown", "missing", "infrequent")


@dataclass(frozen=True)
class Vocabulary:
    """The categories of one column and the embedding row of each.

    Attributes
    ----------
    categories : pandas.Index
        Every value seen, sorted.
    counts : ndarray of int, shape (n_categories,)
        Training rows of each category. In columns of lists it is members that count.
    rows : ndarray of int32, shape (n_categories,)
        The embedding row of each category: its own, `INFREQUENT`, or `UNKNOWN`
        for a value that is in the data but in no training row.
    n_missing : int
        Training rows without a value.
    """

    categories: pd.Index
    counts: np.ndarray
    rows: np.ndarray
    n_missing: int

    def __getstate__(self):
        # Pickled as an array: pandas' own classes are for every reader to trust, and to know.
        return {**vars(self), "categories": self.categories.to_numpy()}

    def __setstate__(self, state):
        values = state["categories"]
        vars(self).update(state, categories=pd.Index(values, dtype=values.dtype))

    @classmethod
    def learn(cls, values, counts, min_frequency=None, max_categories=None):
        """Count the values of the training rows and give each an embedding row.

        Parameters
        ----------
        values : sequence of pandas.Index
            Distinct values of each column that looks up one table: one, or several that
            share it.
        counts : sequence of ndarray of int, shape (1 + n_values,)
            Training rows of each column without a value, then with each of its values.
        min_frequency, max_categories
            As in `sklearn.preprocessing.OrdinalEncoder`, for all columns together.

        Returns
        -------
        list of Vocabulary
            One per column, of the same categories and rows; counts are each column's own.
        """
        union, positions = _union(values)
        order = sorted_positions(union)
        of_union = np.zeros((len(values), len(union)), dtype=np.int64)
        for row, of_column, position in zip(of_union, counts, positions, strict=True):
            row[position] = of_column[1:]
        of_union = of_union[:, order]
        total, n_missing = of_union.sum(axis=0), [int(c[0]) for c in counts]
        own = frequent(total, total.sum() + sum(n_missing), min_frequency, max_categories)
        rows = np.where(total > 0, INFREQUENT, UNKNOWN).astype(np.int32)
        rows[own] = np.arange(FIRST_CATEGORY, FIRST_CATEGORY + own.sum(), dtype=np.int32)
        categories = union[order]
        return [
            cls(categories, of_column, rows, missing)
            for of_column, missing in zip(of_union, n_missing, strict=True)
        ]

    def origins(self, grown):
        """Find the row that each category had whose row is new, int32 of shape (n_new_rows,).

        Parameters
        ----------
        grown : Vocabulary
            What `grow` has made of this one.
        """
        new = grown.own[self.n_levels :]
        return np.append(self.rows, UNKNOWN).astype(np.int32)[find(new, self.categories)]

    @property
    def n_rows(self):
        """Embedding rows: the three special ones and one per frequent category."""
        return FIRST_CATEGORY + self.n_levels

    @property
    def n_levels(self):
        """Number of categories with a row of their own."""
        return int((self.rows >= FIRST_CATEGORY).sum())

    @property
    def own(self):
        """The categories with a row of their own, in the order of the rows."""
        by_row = np.argsort(self.rows, kind="stable")
        return self.categories[by_row[len(by_row) - self.n_levels :]]

    @property
    def row_counts(self):
        """Training rows behind each embedding row, shape (n_rows,)."""
        counts = np.bincount(self.rows, weights=self.counts, minlength=self.n_rows).astype(int)
        counts[MISSING] = self.n_missing
        return counts

    def lookup(self, codes, values):
        """Find the embedding row of each cell, from what `factorize` returned.

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        position = find(values, self.categories)
        # What is in no category has position -1, a missing cell code -1: both find the last entry.
        rows = np.append(self.rows, UNKNOWN)[position]
        return np.append(rows, MISSING).astype(np.int32).take(codes)


def _union(values):
    """The values of several indexes, and the position of those of each."""
    if len(values) == 1:
        return values[0], [np.arange(len(values[0]))]
    together = joined(values)
    codes, union = pd.factorize(together.to_numpy())
    union = pd.Index(union, dtype=together.dtype)
    return union, np.split(codes, np.cumsum([len(v) for v in values])[:-1])


def joined(values):
    """One index of several; of objects, if their dtypes differ."""
    # `Index.append` would make another dtype of objects that are all strings.
    dtype = object if len({v.dtype for v in values}) > 1 else values[0].dtype
    cells = [v.to_numpy(dtype) for v in values]
    return pd.Index(np.concatenate(cells), dtype=dtype)


def find(values, categories):
    """Position of each value in the categories, -1 where it is none of them."""
    if values.dtype != categories.dtype:
        # As Python objects they compare exactly: 1 == 1.0 == True, 2**53 + 1 != 2.0**53.
        values, categories = values.astype(object), categories.astype(object)
    return categories.get_indexer(values)


def sorted_positions(values):
    """Positions that sort the values; of several types, numbers, then strings, then the rest."""
    try:
        return np.argsort(values.to_numpy(), kind="stable")
    except TypeError:
        keys = [_sort_key(v) for v in values]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__))


def _sort_key(value):
    if isinstance(value, Real):
        return 0, value
    if isinstance(value, str):
        return 1, value
    return 2, type(value).__name__, str(value)


def frequent(counts, n_samples, min_frequency, max_categories):
    """Mask of the categories that keep a row of their own.

    The rules are those of `sklearn.preprocessing.OrdinalEncoder`: of equally
    frequent categories the last ones are kept, and `max_categories` counts the
    row that infrequent ones share. The exception: `max_categories` categories,
    none of them infrequent, are kept as they are; OrdinalEncoder calls the
    rarest infrequent, though no other shares its row.
    """
    own = counts > 0
    if min_frequency is not None:
        whole = isinstance(min_frequency, Integral)
        own &= counts >= (min_frequency if whole else min_frequency * n_samples)
    shared = (~own & (counts > 0)).any()
    if max_categories is not None and own.sum() + shared > max_categories:
        by_count = np.argsort(counts, kind="stable")
        own[by_count[: len(counts) - (max_categories - 1)]] = False
    return own
