"""The distinct vectors of a column, a point each."""

import numpy as np
import pandas as pd

from .._table.vocabulary import FIRST_CATEGORY, INFREQUENT, MISSING, SPECIAL_ROWS, UNKNOWN
from .encoded_column import EncodedColumn


def points_of(column: EncodedColumn) -> pd.DataFrame:
    """Return a row per vector: categories with one of their own, then the special rows.

    Returns
    -------
    DataFrame of shape (n_points, 5 + n_components)
        ``name``, of a category the category itself, else the kind; ``kind`` ("category",
        "infrequent", "missing" or "unknown"); ``count``, ``deviation`` and ``trusted`` as in
        `EncodedColumn.support`, of all infrequent categories together; then the components.
        "infrequent" and "missing" are there only if training rows are.
    """
    vocabulary = column.vocabulary
    special = [r for r in (INFREQUENT, MISSING) if vocabulary.row_counts[r] > 0] + [UNKNOWN]
    kinds = [SPECIAL_ROWS[row] for row in special]
    rows = np.append(np.arange(FIRST_CATEGORY, vocabulary.n_rows), special)
    names = np.empty(len(rows), dtype=object)
    names[:] = [*vocabulary.own, *kinds]
    frame = pd.DataFrame(
        {
            "name": pd.Series(names, dtype=object),
            "kind": ["category"] * vocabulary.n_levels + kinds,
            "count": vocabulary.row_counts[rows],
            "deviation": column.deviations[rows],
            "trusted": _trusted(column)[rows],
        }
    )
    vectors = pd.DataFrame(column.table[rows], columns=column.components())
    return pd.concat([frame, vectors], axis=1)


def kinds_without_own_vector(column: EncodedColumn) -> pd.Series:
    """Return "infrequent" or "unknown" for each category without a vector of its own."""
    rows = column.vocabulary.rows
    shared = rows < FIRST_CATEGORY
    kinds = np.array(SPECIAL_ROWS, dtype=object)[rows[shared]]
    return pd.Series(kinds, index=column.vocabulary.categories[shared], dtype=object)


def _trusted(column):
    """Whether to trust each row of the table; of infrequent categories the most frequent says."""
    vocabulary = column.vocabulary
    trusted = pd.array([pd.NA] * vocabulary.n_rows, dtype="boolean")
    increasing = np.argsort(vocabulary.counts, kind="stable")
    trusted[vocabulary.rows[increasing]] = column.support()["trusted"].array[increasing]
    trusted[UNKNOWN] = False  # as of every category without a training row
    return trusted
