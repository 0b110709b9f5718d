"""The distinct vectors of a column, a point each."""

from typing import Any

import numpy as np
import pandas as pd

from .._table.vocabulary import INFREQUENT, MISSING, SPECIAL_ROWS, UNKNOWN
from .encoded_column import EncodedColumn


def points_of(column: EncodedColumn) -> pd.DataFrame:
    """Return a row per vector: categories with one of their own, then the special rows.

    Returns
    -------
    DataFrame of shape (n_points, 5 + n_components)
        ``name``, of a category the category itself, else the kind; ``kind`` ("category",
        "infrequent", "missing" or "unknown"); ``count``, ``deviation`` and ``trusted`` as in
        `EncodedColumn.support`, of all infrequent categories together; then the components.
        "infrequent" and "missing" are there only if training rows are. Hashed rows, which
        stand for no value that could be named, are left out.
    """
    vocabulary = column.vocabulary
    special = [r for r in (INFREQUENT, MISSING) if vocabulary.row_counts[r] > 0] + [UNKNOWN]
    kinds = [SPECIAL_ROWS[row] for row in special]
    rows = np.append(np.arange(vocabulary.first_own, vocabulary.n_rows), special)
    names = np.empty(len(rows), dtype=object)
    names[:] = [*vocabulary.own, *kinds]
    frame = pd.DataFrame(
        {
            "name": pd.Series(names, dtype=object),
            "kind": ["category"] * vocabulary.n_levels + kinds,
            "count": vocabulary.row_counts[rows],
            "deviation": column.deviations[rows],
            "trusted": trusted_vectors(column)[rows],
        }
    )
    vectors = pd.DataFrame(column.table[rows], columns=column.components())
    return pd.concat([frame, vectors], axis=1)


def kinds_without_own_vector(column: EncodedColumn) -> pd.Series:
    """Return "infrequent" or "unknown" for each category without a vector of its own."""
    rows = column.vocabulary.rows
    shared = ~column.vocabulary.is_own
    kinds = np.array(SPECIAL_ROWS, dtype=object)[rows[shared]]
    return pd.Series(kinds, index=column.vocabulary.categories[shared], dtype=object)


def trusted_vectors(column: EncodedColumn) -> Any:
    """Tell which embedding rows are trusted, a nullable boolean of shape (n_rows,).

    A vector that several categories share is trusted if it is for each of them. What
    training rows say of missing cells, and of values that are no categories, is not known.
    """
    rows, support = column.vocabulary.rows, column.support()["trusted"]
    trusted = pd.array([True] * column.vocabulary.n_rows, dtype="boolean")
    trusted[MISSING] = pd.NA
    if not column.vocabulary.is_complete:
        trusted[INFREQUENT : column.vocabulary.first_own] = pd.NA
    trusted[rows[support.isna().to_numpy()]] = pd.NA
    trusted[rows[support.eq(False).fillna(False).to_numpy(bool)]] = False
    trusted[UNKNOWN] = False  # as of every category without a training row
    return trusted
