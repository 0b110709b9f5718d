"""Estimators in which the vectors of a column are drawn from their posterior."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .._table.columns import CategoricalColumn
from .encoder import EntityEmbeddingEncoder
from .inside import ours_inside
from .merger import CategoryMerger


def column_inside(estimator: Any, name: str) -> CategoricalColumn | None:
    """Find the column that a regressor, classifier or encoder inside of an estimator embeds.

    Parameters
    ----------
    estimator : estimator
        See `ours_inside`.
    name : str
    """
    found = next(_embedding(estimator, name), None)
    return None if found is None else found[0].state_.columns[found[1]]


def with_drawn_vectors(
    estimator: Any, name: str, categories: pd.Index, rng: np.random.Generator
) -> Any:
    """Copy an estimator, with the vectors of some categories drawn from their posterior.

    Parameters
    ----------
    estimator : estimator
        In which `column_inside` finds the column.
    name : str
    categories : pandas.Index
    rng : Generator

    Returns
    -------
    estimator
        The same but for these vectors; nothing of the one given is changed.
    """
    inside, j, put = next(_embedding(estimator, name))
    vocabulary = inside.state_.columns[j].vocabulary
    rows = vocabulary.rows_of(categories)
    drawn = _encoder_drawn if isinstance(inside, EntityEmbeddingEncoder) else _network_drawn
    changed = copy(inside)
    changed.state_ = drawn(inside.state_, j, np.unique(rows), rng)
    return put(changed)


def _embedding(estimator: Any, name: str) -> Iterator[tuple[Any, int, Callable[[Any], Any]]]:
    """Yield each that embeds the column, the position of the column, and what puts another."""
    # A drawn vector changes no group.
    for inside, put in ours_inside(estimator, but_not_in=CategoryMerger):
        names = [column.name for column in inside.state_.columns]
        if name in names:
            yield inside, names.index(name), put


def _network_drawn(state, j, rows, rng):
    table = state.weights.tables[j]
    mean = table.mean.copy()
    mean[rows] += _noise(table, rows, rng)
    tables = list(state.weights.tables)
    tables[j] = replace(table, mean=mean)
    return replace(state, weights=replace(state.weights, tables=tuple(tables)))


def _encoder_drawn(state, j, rows, rng):
    """Coordinates are drawn as the vector of the network is, effects along with them.

    An error of the vector is one of the mean response, too, and the effect has it in common: both
    are of the noise in the same rows. What is left of the effect's deviation is its own.
    """
    column, table = state.columns[j], state.network.weights.tables[j]
    n_effects = column.n_effects
    deviation = state.network.means[j].deviations[rows, :n_effects].astype(np.float64)
    along = _noise(table, rows, rng) @ column.loadings
    of_means = column.axes.mean_responses(column.n_outputs)[:n_effects].T
    variance = np.exp(2.0 * table.log_deviation[rows]) @ (column.loadings @ of_means) ** 2
    # Where the vector is less certain than the effect, they have no more in common than that.
    most = np.sqrt(np.maximum(variance, deviation**2))
    part = np.divide(deviation, most, out=np.zeros_like(most), where=most > 0)
    own = np.sqrt(np.maximum(deviation**2 - variance, 0))
    drawn = column.table.copy()
    drawn[rows, :n_effects] += part * (along @ of_means) + own * rng.standard_normal(own.shape)
    drawn[rows, n_effects:] += along
    columns = list(state.columns)
    columns[j] = replace(column, table=drawn)
    return replace(state, columns=tuple(columns))


def _noise(table, rows, rng):
    deviation = np.exp(table.log_deviation[rows])
    return (deviation * rng.standard_normal(deviation.shape)).astype(np.float32)
