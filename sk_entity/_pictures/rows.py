"""The categories of a column as they are drawn: those that share a vector are one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .._shown import shown
from .._table.columns import CategoricalColumn
from .._table.vocabulary import INFREQUENT, SPECIAL_ROWS, UNKNOWN, joined


def rows_to_draw(column: CategoricalColumn, min_count: int) -> pd.DataFrame:
    """List what has a vector of its own, the most frequent first.

    Parameters
    ----------
    column : CategoricalColumn
    min_count : int
        Training rows that it must have.

    Returns
    -------
    DataFrame, indexed by category
        Columns ``kind`` ("category"; "infrequent" or "unknown" for all that share this
        vector), ``n_categories``, ``count`` and ``row``, the embedding row. Values that
        the vocabulary does not keep are not listed.
    """
    if min_count < 0:
        raise ValueError(f"min_count={min_count} is negative: it is a number of training rows.")
    vocabulary = column.vocabulary
    own = np.flatnonzero(vocabulary.is_own & (vocabulary.counts >= min_count))
    kinds, n_categories = ["category"] * len(own), [1] * len(own)
    counts, rows = list(vocabulary.counts[own]), list(vocabulary.rows[own])
    values = [vocabulary.categories[own]]
    for row in INFREQUENT, UNKNOWN:
        shared = vocabulary.rows == row
        total = vocabulary.counts[shared].sum()
        if shared.any() and total >= min_count:
            kinds.append(SPECIAL_ROWS[row])
            n_categories.append(int(shared.sum()))
            counts.append(total)
            rows.append(row)
            values.append(pd.Index([SPECIAL_ROWS[row]], dtype=object))
    if not rows:
        raise ValueError(
            f"No category of {shown(column.name)} has min_count={min_count} training rows: the "
            f"most frequent has {vocabulary.counts.max(initial=0)}."
        )
    index = (values[0] if len(values) == 1 else joined(values)).rename(column.name)
    columns = {"kind": kinds, "n_categories": n_categories, "count": counts, "row": rows}
    frame = pd.DataFrame(columns, index=index)
    return frame.sort_values("count", ascending=False, kind="stable")


def is_pale(rows: pd.DataFrame) -> np.ndarray:
    """Tell which rows have a vector that is known not to be trusted."""
    return rows["trusted"].eq(False).fillna(False).to_numpy(bool)


def names_to_draw(rows: pd.DataFrame) -> list[str]:
    """Name each row of `rows_to_draw`."""
    columns = rows.index, rows["kind"], rows["n_categories"]
    return [
        str(value) if kind == "category" else f"{kind} ({n})"
        for value, kind, n in zip(*columns, strict=True)
    ]


def count_in_words(rows: pd.DataFrame) -> str:
    """Say how many categories are drawn."""
    n = int(rows["n_categories"].sum())
    return f"{n:,} categories" if n != 1 else "1 category"
