"""Vocabularies get further categories; those that they have keep their rows."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from .._shown import shown
from .bags import Bags
from .columns import CategoricalColumn
from .vocabulary import (
    INFREQUENT,
    UNKNOWN,
    Vocabulary,
    as_dtype,
    find,
    frequent,
    joined,
    sorted_positions,
)


def grow_categorical(
    frame: nw.DataFrame,
    columns: Sequence[CategoricalColumn],
    training: Any,
    min_frequency: float | None,
    max_categories: int | None,
    *,
    only_new: bool = False,
) -> tuple[list[CategoricalColumn], list[np.ndarray | Bags]]:
    """Add the categories of further rows to columns, and code all rows.

    Parameters
    ----------
    frame : narwhals.DataFrame of shape (n_samples, n_features)
    columns : sequence of CategoricalColumn
    training : ndarray of int or slice
    min_frequency, max_categories, only_new
        See `grow`.

    Returns
    -------
    list of CategoricalColumn
    list of ndarray of int32, shape (n_samples,), or Bags
    """
    cells = [column.read(frame) for column in columns]
    for column, of_column in zip(columns, cells, strict=True):
        _refuse_other_kind(column, of_column.values)
    grown = list(columns)
    groups: dict[int, list[int]] = {}
    for j, column in enumerate(columns):
        groups.setdefault(column.owner, []).append(j)
    for group in groups.values():
        vocabularies = grow(
            [columns[j].vocabulary for j in group],
            [cells[j].values for j in group],
            [cells[j].count(training) for j in group],
            min_frequency,
            max_categories,
            only_new=only_new,
        )
        for j, vocabulary in zip(group, vocabularies, strict=True):
            grown[j] = replace(columns[j], vocabulary=vocabulary)
    pairs = zip(cells, grown, strict=True)
    return grown, [of_column.look_up(column.vocabulary) for of_column, column in pairs]


def grow(
    vocabularies: Sequence[Vocabulary],
    values: Sequence[pd.Index],
    counts: Sequence[np.ndarray],
    min_frequency: float | None = None,
    max_categories: int | None = None,
    *,
    only_new: bool = False,
) -> list[Vocabulary]:
    """Count further rows; rows for new categories follow those that there are.

    No category loses its row. One without a row of its own gets one if its count so far
    asks for it, by `min_frequency`, and `max_categories` leaves room, the most frequent
    first. A vocabulary that is not complete does not know how often it has seen another
    value: all that it goes by is how often these rows hold it.

    Parameters
    ----------
    vocabularies : sequence of Vocabulary
        Of the columns that look up one table.
    values, counts
        Of the further rows of these columns, as in `Vocabulary.learn`.
    min_frequency, max_categories
        As in `Vocabulary.learn`; a fraction is one of all rows so far.
    only_new : bool
        Count only the categories that no training row held before. To a vocabulary that is
        not complete, every value that is not among its categories is new; those that get no
        row of their own now are not counted.

    Returns
    -------
    list of Vocabulary
    """
    first = vocabularies[0]
    categories, rows, positions, known = _merge(first, values)
    so_far = np.zeros((len(vocabularies), len(categories)), dtype=np.int64)
    so_far[:, known] = [vocabulary.counts for vocabulary in vocabularies]
    n_missing = [vocabulary.n_missing for vocabulary in vocabularies]
    for j, (of_column, position) in enumerate(zip(counts, positions, strict=True)):
        counted = rows[position] == UNKNOWN if only_new else slice(None)
        so_far[j, position[counted]] += of_column[1:][counted]
        n_missing[j] += 0 if only_new else int(of_column[0])
    total, own = so_far.sum(axis=0), rows >= first.first_own
    n_samples = total.sum() + sum(n_missing) + sum(v.n_others for v in vocabularies)
    wanted = frequent(total, n_samples, min_frequency, None) & ~own
    if only_new:
        wanted &= rows == UNKNOWN
    others = not first.is_complete or bool(((total > 0) & ~own & ~wanted).any())
    added = _with_room(wanted, own, total, max_categories, others)
    rows = np.where((total > 0) & ~own, INFREQUENT, rows).astype(np.int32)
    rows[added] = np.arange(first.n_rows, first.n_rows + len(added), dtype=np.int32)
    found = [
        replace(v, categories=categories, counts=of_column, rows=rows, n_missing=missing)
        for v, of_column, missing in zip(vocabularies, so_far, n_missing, strict=True)
    ]
    if first.is_complete:
        return found
    grown = [vocabulary.without_others() for vocabulary in found]
    if only_new:
        pairs = zip(grown, vocabularies, strict=True)
        grown = [replace(v, other_counts=before.other_counts) for v, before in pairs]
    return grown


def with_categories(vocabularies: Sequence[Vocabulary], values: pd.Index) -> list[Vocabulary]:
    """Give each of these values a row of its own, also if no training row holds it.

    Parameters
    ----------
    vocabularies : sequence of Vocabulary
        Of the columns that look up one table.
    values : pandas.Index
        Distinct, none of them missing.

    Returns
    -------
    list of Vocabulary
        One that is not complete has no count of such a value, until `Vocabulary.recounted`
        says it.
    """
    first = vocabularies[0].first_own
    categories, rows, (position,), known = _merge(vocabularies[0], [values])
    own = rows >= first
    own[position] = True
    rows[own] = np.arange(first, first + own.sum(), dtype=np.int32)
    found = []
    for vocabulary in vocabularies:
        counts = np.zeros(len(categories), dtype=np.int64)
        counts[known] = vocabulary.counts
        found.append(replace(vocabulary, categories=categories, counts=counts, rows=rows))
    return found


def _merge(vocabulary, values):
    """The categories with further values, sorted; their rows; where both are among them."""
    merged = vocabulary.categories
    for further in values:
        further = _as_kind(further, merged)
        new = further[find(further, merged) < 0]
        merged = joined([merged, new]) if len(merged) else new
    merged = merged[sorted_positions(merged)]
    known = find(vocabulary.categories, merged)
    rows = np.full(len(merged), UNKNOWN, dtype=np.int32)
    rows[known] = vocabulary.rows
    return merged, rows, [find(of_column, merged) for of_column in values], known


def _as_kind(values, categories):
    """Values of the dtype of the categories where that is exact, else as Python objects."""
    if values.dtype == categories.dtype or len(categories) == 0:
        return values
    if len(values) == 0:
        return values.astype(categories.dtype)
    cast = as_dtype(values, categories.dtype)
    return values.astype(object) if cast is None else cast


def _with_room(wanted, own, total, max_categories, others):
    """Positions of the wanted categories for which there is room, the most frequent first."""
    added = np.flatnonzero(wanted)
    if max_categories is None:
        return added
    if len(added) <= max(0, max_categories - others - own.sum()):
        return added
    room = max(0, max_categories - 1 - own.sum())
    return np.sort(added[np.argsort(-total[added], kind="stable")[:room]])


def _refuse_other_kind(column, values):
    """Refuse numbers where strings were learned, and the reverse."""
    learned = column.vocabulary.categories
    if len(values) == 0 or len(learned) == 0:
        return
    (now, value), (before, category) = (_kind_of(cells.to_numpy()) for cells in (values, learned))
    if {now, before} == {"text", "numbers"}:
        raise ValueError(
            f"Column {shown(column.name)} held {before} such as {shown(category)} when it was "
            f"learned, and holds {now} such as {shown(value)} now: none of them would be the same "
            "category. Convert the column to what it was."
        )


def _kind_of(cells):
    """Whether cells are text, numbers, or values of several kinds; and an example."""
    if cells.dtype != object:
        return "numbers", cells[0].item()
    text = [isinstance(cell, str) for cell in cells]
    if all(text):
        return "text", cells[0]
    numbers = all(isinstance(cell, Real | Decimal) for cell in cells)
    return ("numbers" if numbers else "values"), cells[0]
