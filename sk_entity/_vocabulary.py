"""One categorical column: its values, counted, sorted and given a row of a table.

Every table starts with three rows that stand for no value in particular; the
categories follow. The three stay apart because they mean different things:

=============  ==================================================
`UNKNOWN`      a value that training never saw
`MISSING`      no value: ``None``, ``NaN``, ``NA``, ``NaT``
`INFREQUENT`   a value seen too rarely to deserve a row of its own
=============  ==================================================
"""

import datetime
from dataclasses import dataclass
from numbers import Integral

import narwhals as nw
import numpy as np
import pandas as pd

UNKNOWN, MISSING, INFREQUENT, FIRST_CATEGORY = range(4)
SPECIAL_ROWS = ("unknown", "missing", "infrequent")

_TEMPORAL = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


def factorize(name, column):
    """Split a column into integer codes and its distinct values.

    Parameters
    ----------
    name : str
        The column's name, for errors.
    column : narwhals.Series of length n_samples

    Returns
    -------
    codes : ndarray of int, shape (n_samples,)
        Position of each cell's value in `values`, -1 where it is missing.
    values : pandas.Index
        The distinct values, without missing ones, in no particular order.
    """
    native = column.to_native()
    if isinstance(native, pd.Series):
        try:
            codes, values = pd.factorize(native)
        except TypeError as error:
            raise _unhashable(name, native) from error
        return codes, _plain_index(name, values)
    distinct = column.drop_nulls().unique()
    values = _plain_index(name, distinct.to_list())
    if len(values) == 0:
        return np.full(len(column), -1), values
    positions = np.arange(len(values), dtype=np.int32)
    codes = column.replace_strict(distinct, positions.tolist(), default=-1, return_dtype=nw.Int32)
    # A NaN is a value to polars and Arrow; here it is missing, as in pandas.
    missing = np.append(pd.isna(values), False)
    codes = codes.to_numpy()
    return np.where(missing[codes], -1, codes), values


def _plain_index(name, values):
    """Values as an Index whose dtype does not depend on where they came from."""
    if isinstance(values, pd.CategoricalIndex):
        values = values.categories.take(values.codes)
    if isinstance(values, pd.Index) and values.dtype.kind in "iufb":
        return pd.Index(values.to_numpy())
    index = pd.Index(list(values), dtype=object).infer_objects()
    if len(index) and isinstance(index[0], _TEMPORAL):
        raise TypeError(temporal_message(name, index[0]))
    return index.astype(object) if index.dtype.kind not in "iufb" else index


def _unhashable(name, native):
    cell = next(v for v in native if getattr(type(v), "__hash__", None) is None)
    return TypeError(
        f"Column {name!r} holds {cell!r}, a {type(cell).__name__}: a category must be a single "
        "value, such as a string or a number. Give each element a column of its own, or join "
        "them into one string."
    )


def temporal_message(name, kind):
    """Say why a date is neither a number nor a category, and what is."""
    return (
        f"Column {name!r} holds dates or times ({kind!r}), which are neither a number nor a "
        "category. Use what matters about them instead, such as df[column].dt.month, "
        ".dt.dayofweek or days since a fixed date, or .astype(str) if every date is a "
        "category of its own."
    )


@dataclass(frozen=True)
class Vocabulary:
    """The categories of one column and the table row of each.

    Attributes
    ----------
    name : str
    categories : pandas.Index
        Every value seen, sorted.
    counts : ndarray of int, shape (n_categories,)
        Training rows of each category.
    rows : ndarray of int32, shape (n_categories,)
        Its table row: its own, `INFREQUENT`, or `UNKNOWN` for a value that is
        in the data but in no training row.
    n_missing : int
        Training rows without a value.
    """

    name: str
    categories: pd.Index
    counts: np.ndarray
    rows: np.ndarray
    n_missing: int

    @classmethod
    def learn(cls, name, codes, values, training, min_frequency=None, max_categories=None):
        """Count the values of the training rows and give each a table row.

        Parameters
        ----------
        name : str
        codes, values
            What `factorize` returned for all rows.
        training : ndarray of int or slice
            The rows that training sees.
        min_frequency, max_categories
            As in `sklearn.preprocessing.OrdinalEncoder`.
        """
        seen = codes[training]
        n_missing = int((seen < 0).sum())
        if n_missing == len(seen):
            raise ValueError(
                f"Column {name!r} has no value in any training row. "
                "Leave it out, or fill in its missing values."
            )
        order = _sorted_positions(values)
        counts = np.bincount(seen[seen >= 0], minlength=len(values))[order]
        own = _frequent(counts, len(seen), min_frequency, max_categories)
        rows = np.where(counts > 0, INFREQUENT, UNKNOWN).astype(np.int32)
        rows[own] = np.arange(FIRST_CATEGORY, FIRST_CATEGORY + own.sum(), dtype=np.int32)
        return cls(name, values[order], counts, rows, n_missing)

    @property
    def n_rows(self):
        """Rows of the table: the three special ones and one per frequent category."""
        return FIRST_CATEGORY + self.n_levels

    @property
    def n_levels(self):
        """Categories with a row of their own."""
        return int((self.rows >= FIRST_CATEGORY).sum())

    @property
    def own(self):
        """The categories with a row of their own, in the order of the rows."""
        return self.categories[self.rows >= FIRST_CATEGORY]

    @property
    def row_counts(self):
        """Training rows behind each table row, shape (n_rows,)."""
        counts = np.bincount(self.rows, weights=self.counts, minlength=self.n_rows).astype(int)
        counts[MISSING] = self.n_missing
        return counts

    def lookup(self, codes, values):
        """Table row of each cell, from what `factorize` returned.

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        position = self.categories.get_indexer(values)
        rows = np.where(position >= 0, self.rows[position], UNKNOWN)
        # A missing cell has code -1 and so finds the last entry.
        return np.append(rows, MISSING).astype(np.int32)[codes]


def _sorted_positions(values):
    """Positions that sort the values; strings, numbers and the rest each among themselves."""
    try:
        return np.argsort(values.to_numpy(), kind="stable")
    except TypeError:
        keys = [(isinstance(v, str), type(v).__name__, str(v)) for v in values]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__))


def _frequent(counts, n_samples, min_frequency, max_categories):
    """Mask of the categories that keep a row of their own (OrdinalEncoder's rules)."""
    own = counts > 0
    if min_frequency is not None:
        whole = isinstance(min_frequency, Integral)
        own &= counts >= (min_frequency if whole else min_frequency * n_samples)
    n_own_at_most = len(counts) if max_categories is None else max_categories
    # As in OrdinalEncoder the limit counts the row that infrequent values share.
    if own.sum() + (~own & (counts > 0)).any() > n_own_at_most:
        keep = np.argsort(np.where(own, -counts, 1), kind="stable")[: n_own_at_most - 1]
        own = own & np.isin(np.arange(len(counts)), keep)
    return own
