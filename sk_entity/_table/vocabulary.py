"""The categories of a column: counted, sorted, and each given a row of the embedding table.

Every embedding table starts with three rows that stand for no value in
particular; the categories follow. The three stay apart because they mean
different things:

=============  ==================================================
`UNKNOWN`      a value that training never saw
`MISSING`      no value: ``None``, ``NaN``, ``NA``, ``NaT``
`INFREQUENT`   a value seen too rarely to deserve a row of its own
=============  ==================================================

A vocabulary that keeps every value it has counted can tell the first from the last. One that
is to stay small keeps only those that have a row of their own. To it, a rare value and a
new one are the same, some *other* value: all others have the infrequent row, or
each the one of `Vocabulary.n_hashed` rows that its hash says.
"""

from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
import pandas as pd

from .hashing import hashes

UNKNOWN, MISSING, INFREQUENT, FIRST_CATEGORY = range(4)
SPECIAL_ROWS = ("unknown", "missing", "infrequent")


@dataclass(frozen=True)
class Vocabulary:
    """The categories of one column and the embedding row of each.

    Attributes
    ----------
    categories : pandas.Index
        Every value seen, sorted; only those with a row of their own if there are others.
    counts : ndarray of int, shape (n_categories,)
        Training rows of each category. In columns of lists it is members that count.
    rows : ndarray of int32, shape (n_categories,)
        The embedding row of each category: its own, `INFREQUENT`, or `UNKNOWN`
        for a value that is in the data but in no training row.
    n_missing : int
        Training rows without a value.
    n_hashed : int
        Rows for the hashes of other values. They stand behind the special rows, and before
        those of categories, so that a table can grow and none of its rows moves.
    other_counts : ndarray of int64, shape (max(1, n_hashed),), or None
        Training rows of other values, by the row that these look up: a hashed one, or
        `INFREQUENT` if there is none. None if the categories are all values that training
        saw, so that any other is `UNKNOWN`.
    """

    categories: pd.Index
    counts: np.ndarray
    rows: np.ndarray
    n_missing: int
    n_hashed: int = 0
    other_counts: np.ndarray | None = None

    def __getstate__(self):
        # Pickled as an array: pandas' own classes are for every reader to trust, and to know.
        return {**vars(self), "categories": self.categories.to_numpy()}

    def __setstate__(self, state):
        values = state["categories"]
        vars(self).update(state, categories=pd.Index(values, dtype=values.dtype))

    @classmethod
    def learn(
        cls,
        values,
        counts,
        min_frequency=None,
        max_categories=None,
        *,
        n_hashed=0,
        n_uncounted=None,
    ):
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
        n_hashed : int
            Rows for the hashes of values without a row of their own. 0 has none.
        n_uncounted : sequence of int, or None
            Training rows of each column whose values are not among the counted ones, see
            `ValueCounts`; None if all are. The counts are too low then, and nobody knows the
            hashes of these rows: hashed rows are said to have equal parts of them, until
            `recounted` says better.

        Returns
        -------
        list of Vocabulary
            One per column, of the same categories and rows; counts are each column's own.
            Categories without a row of their own are left out if there are hashed rows or
            uncounted values.
        """
        union, positions = union_of(values)
        order = sorted_positions(union)
        of_union = np.zeros((len(values), len(union)), dtype=np.int64)
        for row, of_column, position in zip(of_union, counts, positions, strict=True):
            row[position] = of_column[1:]
        of_union, categories = of_union[:, order], union[order]
        n_uncounted = [0] * len(values) if n_uncounted is None else n_uncounted
        total, n_missing = of_union.sum(axis=0), [int(c[0]) for c in counts]
        n_samples = total.sum() + sum(n_missing) + sum(n_uncounted)
        has_others = any(n_uncounted)
        own = frequent(total, n_samples, min_frequency, max_categories, others=has_others)
        rows = np.where(total > 0, INFREQUENT, UNKNOWN).astype(np.int32)
        first = FIRST_CATEGORY + n_hashed
        rows[own] = np.arange(first, first + own.sum(), dtype=np.int32)
        found = [
            cls(categories, of_column, rows, missing)
            for of_column, missing in zip(of_union, n_missing, strict=True)
        ]
        if not (n_hashed or has_others):
            return found
        others = [_parts(n, max(1, n_hashed)) for n in n_uncounted]
        return [
            replace(v, n_hashed=n_hashed, other_counts=n).without_others()
            for v, n in zip(found, others, strict=True)
        ]

    def without_others(self):
        """Leave out the categories without a row of their own; they count as others now."""
        others, n_places, known = ~self.is_own, max(1, self.n_hashed), self.other_counts
        place = _places(self.categories[others], self.n_hashed)
        counts = np.bincount(place, self.counts[others], minlength=n_places)
        return replace(
            self,
            categories=self.categories[~others],
            counts=self.counts[~others],
            rows=self.rows[~others],
            other_counts=counts.astype(np.int64) + (0 if known is None else known),
        )

    def recounted(self, row_counts):
        """Correct all counts, which may have been estimates, by those of embedding rows.

        Parameters
        ----------
        row_counts : ndarray of int, shape (n_rows,)
            How often the training rows of this column look up each row.

        Raises
        ------
        ValueError
            If other training rows were counted than learned from: unknown ones among them,
            or another number of infrequent ones where that number is exact.
        """
        counts, own = self.counts.copy(), self.is_own
        counts[own] = row_counts[self.rows[own]]
        others = None if self.is_complete else row_counts[self._for_others].astype(np.int64)
        missing = int(row_counts[MISSING])
        found = replace(self, counts=counts, n_missing=missing, other_counts=others)
        if not np.array_equal(found.row_counts, row_counts):
            raise ValueError(
                "These are not the training rows that the vocabulary was learned from: of "
                f"unknown values they have {row_counts[UNKNOWN]}, of infrequent ones "
                f"{row_counts[INFREQUENT]}."
            )
        return found

    def origins(self, grown):
        """Find the row that each category had whose row is new, int32 of shape (n_new_rows,).

        Parameters
        ----------
        grown : Vocabulary
            What `grow` has made of this one.
        """
        return self.rows_of(grown.own[self.n_levels :])

    @property
    def is_complete(self):
        """Whether the categories are all values that training saw."""
        return self.other_counts is None

    @property
    def first_own(self):
        """The first row that a category has for itself, behind special and hashed ones."""
        return FIRST_CATEGORY + self.n_hashed

    @property
    def is_own(self):
        """Which categories have a row of their own, bool of shape (n_categories,)."""
        return self.rows >= self.first_own

    @property
    def n_rows(self):
        """Embedding rows: the three special ones, hashed ones, and one per frequent category."""
        return self.first_own + self.n_levels

    @property
    def n_levels(self):
        """Number of categories with a row of their own."""
        return int(self.is_own.sum())

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
        if self.other_counts is not None:
            counts[self._for_others] += self.other_counts
        return counts

    @property
    def n_others(self):
        """Training rows of values that are none of the categories."""
        return 0 if self.other_counts is None else int(self.other_counts.sum())

    @property
    def _for_others(self):
        if self.n_hashed:
            return slice(FIRST_CATEGORY, self.first_own)
        return slice(INFREQUENT, INFREQUENT + 1)

    def rows_of(self, values):
        """Find the embedding row of each value, int32 of shape (n_values,).

        Parameters
        ----------
        values : pandas.Index
            None of them missing.
        """
        position = find(values, self.categories)
        # What is in no category has position -1, and finds the last entry.
        rows = np.append(self.rows, UNKNOWN).astype(np.int32)[position]
        others = position < 0
        rows[others] = self.rows_of_others(values[others])
        return rows

    def rows_of_others(self, values):
        """Find the embedding rows of values that are none of the categories.

        Parameters
        ----------
        values : pandas.Index

        Returns
        -------
        ndarray of int, shape (n_values,)
        """
        if self.is_complete:
            return np.full(len(values), UNKNOWN)
        return self._for_others.start + _places(values, self.n_hashed)

    def kinds_of(self, rows):
        """Take hashed rows for infrequent ones, whose part they play."""
        hashed = (rows >= FIRST_CATEGORY) & (rows < self.first_own)
        return np.where(hashed, INFREQUENT, rows)

    def lookup(self, codes, values):
        """Find the embedding row of each cell, from what `factorize` returned.

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        # A missing cell has code -1, and finds the last entry.
        return np.append(self.rows_of(values), MISSING).astype(np.int32).take(codes)


def _places(values, n_hashed):
    """Which of the hashed rows each value has; 0 if there are none."""
    if n_hashed == 0:
        return np.zeros(len(values), dtype=np.int64)
    return (hashes(values) % np.uint64(n_hashed)).astype(np.int64)


def _parts(n, n_parts):
    """A number in equal parts, as whole numbers."""
    return n // n_parts + (np.arange(n_parts) < n % n_parts).astype(np.int64)


def union_of(values):
    """The values of several indexes, and the position of those of each."""
    if len(values) == 1:
        return values[0], [np.arange(len(values[0]))]
    together = joined(values)
    codes, union = pd.factorize(together.to_numpy())
    union = pd.Index(union, dtype=together.dtype)
    return union, np.split(codes, np.cumsum([len(v) for v in values])[:-1])


def as_dtype(values, dtype):
    """The values in another dtype of numbers if all of them stay what they are, else None."""
    if values.dtype == dtype:
        return values
    if values.dtype.kind not in "iuf" or np.dtype(dtype).kind not in "iuf":
        return None
    cells = values.to_numpy()
    with np.errstate(invalid="ignore", over="ignore"):
        cast = cells.astype(dtype)
    # As Python objects they compare exactly.
    same = (cast.astype(object) == cells.astype(object)).all()
    return pd.Index(cast) if same else None


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


def frequent(counts, n_samples, min_frequency, max_categories, *, others=False):
    """Mask of the categories that keep a row of their own.

    The rules are those of `sklearn.preprocessing.OrdinalEncoder`: of equally
    frequent categories the last ones are kept, and `max_categories` counts the
    row that infrequent ones share. The exception: `max_categories` categories,
    none of them infrequent, are kept as they are; OrdinalEncoder calls the
    rarest infrequent, though no other shares its row. `others` says that values
    which are not counted share that row in any case.
    """
    own = counts > 0
    if min_frequency is not None:
        whole = isinstance(min_frequency, Integral)
        own &= counts >= (min_frequency if whole else min_frequency * n_samples)
    shared = others or (~own & (counts > 0)).any()
    if max_categories is not None and own.sum() + shared > max_categories:
        by_count = np.argsort(counts, kind="stable")
        own[by_count[: len(counts) - (max_categories - 1)]] = False
    return own
