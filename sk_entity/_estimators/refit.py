"""The tables of a network are fitted anew: to all rows, and to those outside of each fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._target.examples import Examples
from .._target.smoothed_means import learn_smoothed_means
from .._training.progress import current_bar
from .._vectors.embedded_column import EmbeddedColumn
from .memory import failed_allocations_explained


@failed_allocations_explained()
def refit_columns(
    estimator: Any, rows: Examples, folds: Sequence[np.ndarray]
) -> list[tuple[EmbeddedColumn, ...]]:
    """Fit vectors and effects to all rows, then to the rows outside of each fold.

    All else of the network stays as it is.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
        Fitted to these rows.
    rows : Examples
        Without ordered target encodings.
    folds : sequence of ndarray of int

    Returns
    -------
    list of tuple of EmbeddedColumn
        A row of a table that no row reaches is the unknown one.
    """
    state = estimator.state_
    weight = rows.sample_weight
    subsets = [np.ones(len(rows), dtype=bool) for _ in range(1 + len(folds))]
    for subset, fold in zip(subsets[1:], folds, strict=True):
        subset[fold] = False
    if weight is not None:  # rows of weight 0 teach nothing
        rows = rows[weight > 0]
        subsets = [subset[weight > 0] for subset in subsets]
    if not state.columns:
        return [() for _ in subsets]
    tables = _fit_tables(estimator, rows, subsets)
    return [
        _columns(estimator, rows[subset], of_subset)
        for subset, of_subset in zip(subsets, tables, strict=True)
    ]


def _fit_tables(estimator, rows, subsets):
    from .._training.table_fit import TableFit

    state = estimator.state_
    examples = state.encoding.add_to_training(rows)
    network = state.to_network().eval()
    fit = TableFit(network, examples, estimator._make_loss(), state.dispersion)
    bar, tables = current_bar(), []
    for k, subset in enumerate(subsets):
        if bar is not None:
            bar.say(f"tables {k + 1} of {len(subsets)}")
        tables.append(fit.fit(subset))
    return tables


def _columns(estimator, rows, tables):
    """The columns with these tables, and with effects of these rows."""
    state = estimator.state_
    means = learn_smoothed_means(state.coder.categorical, state.target, rows)
    coder, trained = state.coder, estimator.embedding_dropout > 0
    found = [
        replace(state.weights.tables[j], mean=mean).with_special_rows(
            counts, unknown_is_trained=trained
        )
        for j, mean, counts in zip(coder.owners, tables, coder.count(rows.coded), strict=True)
    ]
    return tuple(
        replace(column, table=found[table], means=of_rows)
        for column, table, of_rows in zip(state.columns, coder.tables, means, strict=True)
    )
