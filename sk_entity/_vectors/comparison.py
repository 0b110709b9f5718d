"""The vectors of one column from two fits are laid over each other, category by category."""

import numpy as np
import pandas as pd

from .._table.vocabulary import find
from .encoded_column import EncodedColumn


def compare_columns(a: EncodedColumn, b: EncodedColumn, unit: np.ndarray) -> pd.DataFrame:
    """Measure how far the vector of each category lies from that of the other fit.

    Parameters
    ----------
    a, b : EncodedColumn
        With the same effects.
    unit : ndarray of shape (n_effects,)
        The unit of b's effects, in that of a's.

    Returns
    -------
    DataFrame, indexed by category, see `sk_entity.inspection.compare`
    """
    categories, rows_a, rows_b = _match(a, b)
    counts = [_counts(a, rows_a), _counts(b, rows_b)]
    in_a, in_b = (count > 0 for count in counts)
    kind = np.select([~in_a, ~in_b], ["new", "gone"], "both").astype(object)
    table_a, table_b = _in_unit(a, np.ones_like(unit)), _in_unit(b, unit)
    own = _is_own(a, rows_a) & _is_own(b, rows_b) & in_a & in_b
    others = _is_other(a, rows_a) | _is_other(b, rows_b)
    kind[((kind == "both") & ~own) | others] = "infrequent"
    pair = a.vocabulary.rows[rows_a[own]], b.vocabulary.rows[rows_b[own]]
    weight = 2 / (1 / counts[0][own] + 1 / counts[1][own])
    apart = _apart(table_a[pair[0]], table_b[pair[1]], len(unit), weight)
    deviation = np.hypot(a.deviations[pair[0]], b.deviations[pair[1]] * unit.mean())
    out = pd.DataFrame({"kind": kind, "count_a": counts[0], "count_b": counts[1]}, index=categories)
    for j, name in enumerate(a.components()[: len(unit)]):
        for fit, column, table, rows in (("a", a, table_a, rows_a), ("b", b, table_b, rows_b)):
            known = (_counts(column, rows) > 0) | _is_other(column, rows)
            effects = table[column.vocabulary.rows_of(categories), j]
            out[f"{name}_{fit}"] = np.where(known, effects, np.nan)
    for name, values in (("moved", np.linalg.norm(apart, axis=1)), ("uncertainty", deviation)):
        out[name] = np.nan
        out.loc[own, name] = values
    out["surprise"] = out["moved"] / out["uncertainty"]
    out["trusted"] = _trusted(a, rows_a) & _trusted(b, rows_b)
    order = np.lexsort((-counts[1], -counts[0], -out["surprise"].fillna(-1)))
    return out.iloc[order]


def _match(a, b):
    """All categories, and the position of each among those of a and of b, -1 where it is none."""
    of_a, of_b = a.vocabulary.categories, b.vocabulary.categories
    found = find(of_b, of_a)
    only_b = np.flatnonzero(found < 0)
    categories = of_a.append(of_b[only_b]).rename(a.name)
    rows_a = np.append(np.arange(len(of_a)), np.full(len(only_b), -1))
    rows_b = np.full(len(categories), -1)
    rows_b[found[found >= 0]] = np.flatnonzero(found >= 0)
    rows_b[len(of_a) :] = only_b
    return categories, rows_a, rows_b


def _counts(column, positions):
    return np.append(column.vocabulary.counts, 0)[positions]


def _is_own(column, positions):
    return np.append(column.vocabulary.is_own, False)[positions]


def _is_other(column, positions):
    """Which may be among the values that the vocabulary does not keep."""
    return (positions < 0) & (not column.vocabulary.is_complete)


def _trusted(column, positions):
    trusted = column.support()["trusted"].array
    return trusted.take(positions, allow_fill=True, fill_value=False)


def _in_unit(column, unit):
    """The table with its effects, and the coordinates beside them, in another unit."""
    n_axes = column.table.shape[1] - len(unit)
    return column.table * np.append(unit, np.full(n_axes, unit.mean()))


def _apart(table_a, table_b, n_effects, weight):
    """Differences of vectors once axes are turned onto each other and a common shift is taken off.

    Effects mean the same in both fits. Axes are found by each: b's are turned by the rotation
    that brings the categories closest (Schönemann 1966). Least squares would not do, as it
    shrinks what is noise. An axis that one fit has not found is zero there.
    """
    width = max(table_a.shape[1], table_b.shape[1])
    table_a, table_b = (
        np.pad(t.astype(np.float64), ((0, 0), (0, width - t.shape[1]))) for t in (table_a, table_b)
    )
    if len(table_a) == 0:
        return table_a
    axes_a, axes_b = table_a[:, n_effects:], table_b[:, n_effects:]
    left, _, right = np.linalg.svd((axes_b * weight[:, None]).T @ axes_a)
    table_b[:, n_effects:] = axes_b @ (left @ right)
    apart = table_b - table_a
    return apart - _weighted_median(apart, weight)


def _weighted_median(values, weight):
    """The median of each column, which a few categories that have moved do not move."""
    order = np.argsort(values, axis=0)
    mass = np.cumsum(weight[order], axis=0)
    middle = (mass < mass[-1] / 2).sum(axis=0)
    return np.take_along_axis(values, order, axis=0)[middle, np.arange(values.shape[1])]
