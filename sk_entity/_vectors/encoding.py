"""Trained networks become the vectors that the encoder hands out."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import NamedTuple

import numpy as np

from .._table.vocabulary import find
from .axes import Axes, LinearisedColumn, align
from .embedded_column import EmbeddedColumn
from .encoded_column import EncodedColumn

# Rows of data on which the networks are asked what a vector does.
N_BACKGROUND = 2000
# An axis is kept if the categories' deviation along it is this part of that of all effects ...
LEAST_SIZE = 0.02
# ... and if that much of its variance, at least, is not posterior variance of the vectors.
LEAST_RELIABILITY = 0.3


def background_sample(n_samples: int) -> np.ndarray:
    """Choose the positions of the background sample, spread out evenly over the rows."""
    return np.unique(np.linspace(0, n_samples - 1, N_BACKGROUND).astype(int))


def encode(
    columns: Sequence[EmbeddedColumn],
    gradients: Sequence[np.ndarray],
    n_components: str | float | None,
    *,
    alone: bool = False,
) -> tuple[EncodedColumn, ...]:
    """Find the axes of each column of a network and the vectors along them.

    Parameters
    ----------
    columns : sequence of EmbeddedColumn
    gradients : sequence of ndarray, shape (n_background, n_outputs, embedding_dim)
        Of the outputs with respect to the vectors of each column.
    n_components : "auto", int, float or None
        See `EntityEmbeddingEncoder`.
    alone : bool
        Whether the network reads nothing but one column. Then a category does the same in
        every row, and its effect says all of it: axes would only repeat that.
    """
    size_of_all = np.sqrt(sum(map(_effect_variance, columns)))
    return tuple(
        _encode_column(column, gradient, n_components, size_of_all, alone)
        for column, gradient in zip(columns, gradients, strict=True)
    )


def _encode_column(column, gradients, n_components, size_of_all, alone):
    linearised = _linearise(column, gradients)
    effects, log_deviation = column.means.effects, column.table.log_deviation
    axes = Axes.find(linearised, effects)
    n_effects = n_outputs = effects.shape[1]
    if alone:
        axes = axes[:0]
    if n_components == "auto":
        large = axes.sizes >= LEAST_SIZE * size_of_all
        axes = axes[large & _reliable(linearised, axes, log_deviation)]
    elif isinstance(n_components, Integral):
        n_effects = min(n_effects, n_components)
        axes = axes[: n_components - n_effects]
    elif n_components is not None:
        axes = axes[: _explaining(n_components, axes, _effect_variance(column))]
    table = side_by_side(effects, n_effects, linearised.along(axes))
    of_axes = linearised.deviations_along(axes, log_deviation)
    length = lengths_of(column.means.deviations[:, :n_effects], of_axes)
    return EncodedColumn(
        name=column.name,
        position=column.position,
        vocabulary=column.vocabulary,
        owner=column.owner,
        holds_lists=column.holds_lists,
        table=table,
        deviations=length,
        n_effects=n_effects,
        n_outputs=n_outputs,
        axes=axes,
        origin=linearised.origin,
        loadings=linearised.loadings(axes),
    )


def _linearise(column, gradients):
    return LinearisedColumn(column.table.mean, column.vocabulary.row_counts, gradients)


def _effect_variance(column):
    """Variance of the effects over the training rows, summed over the outputs."""
    counts = column.vocabulary.row_counts
    return (counts / counts.sum() @ column.means.effects.astype(np.float64) ** 2).sum()


def _reliable(linearised, axes, log_deviation):
    """Of which axes enough of the variance lies between categories, beyond the posterior's."""
    between = linearised.frequency @ linearised.along(axes) ** 2
    posterior = linearised.frequency @ linearised.deviations_along(axes, log_deviation) ** 2
    return between >= LEAST_RELIABILITY * (between + posterior)


def _explaining(part, axes, effect_variance):
    """How many axes it takes, beside the effects, for this part of the variance."""
    explained = effect_variance + np.cumsum([0, *axes.sizes**2])
    return int(np.searchsorted(explained, part * explained[-1]))


def side_by_side(effects: np.ndarray, n_effects: int, coordinates: np.ndarray) -> np.ndarray:
    """Make vectors of effects and coordinates, float32."""
    return np.hstack([effects[:, :n_effects], coordinates]).astype(np.float32)


def lengths_of(of_effects: np.ndarray, of_axes: np.ndarray) -> np.ndarray:
    """Return the deviations of vectors as lengths, float32 of shape (n_rows,)."""
    return np.linalg.norm(np.hstack([of_effects, of_axes]), axis=1).astype(np.float32)


class MeasuredColumn(NamedTuple):
    """The vectors of one column that do not know a fold, along the axes of the reference.

    Attributes
    ----------
    table : ndarray of float32, shape (n_rows, n_components)
    rows : ndarray of int, shape (n_categories,)
        The row of each category.
    seen : ndarray of bool, shape (n_categories,)
        Whether it has rows outside of the fold.
    """

    table: np.ndarray
    rows: np.ndarray
    seen: np.ndarray


def measure_folds(
    folds: Sequence[Sequence[EmbeddedColumn]], reference: Sequence[EncodedColumn]
) -> list[list[MeasuredColumn]]:
    """Measure tables of the same network that are fitted to other rows.

    Parameters
    ----------
    folds : sequence of sequence of EmbeddedColumn
        The columns fitted to the rows outside of each fold.
    reference : sequence of EncodedColumn
        What `encode` has returned for those fitted to all rows.
    """
    return [
        [_measure_table(*pair) for pair in zip(columns, reference, strict=True)]
        for columns in folds
    ]


def _measure_table(column, reference):
    coordinates = reference.coordinates(column.table.mean)
    table = side_by_side(column.means.effects, reference.n_effects, coordinates)
    rows = column.vocabulary.rows
    return MeasuredColumn(table, rows, column.means.seen[rows])


def encode_fold(
    columns: Sequence[EmbeddedColumn],
    gradients: Sequence[np.ndarray],
    reference: Sequence[EncodedColumn],
    unit: np.ndarray,
) -> list[MeasuredColumn]:
    """Measure a network that has seen other rows along the axes of the reference.

    Parameters
    ----------
    columns, gradients
        As in `encode`.
    reference : sequence of EncodedColumn
        What `encode` has returned for the network of all rows.
    unit : ndarray of shape (n_outputs,)
        The fold's unit of the working response, in that of the reference.
    """
    return [
        _measure(column, gradient, encoded, unit)
        for column, gradient, encoded in zip(columns, gradients, reference, strict=True)
    ]


def _measure(column, gradients, reference, unit):
    n_effects = reference.n_effects
    rows, counts = _of_categories(column.vocabulary, reference.vocabulary)
    coordinates = _linearise(column, gradients).along(reference.axes)
    coordinates = coordinates @ align(
        coordinates[rows], reference.of_categories[:, n_effects:], counts
    )
    table = side_by_side(column.means.effects * unit, n_effects, coordinates)
    return MeasuredColumn(table, rows, counts > 0)


def _of_categories(fold, reference):
    """Rows and counts that a fold has for the categories of the reference."""
    if fold.is_complete:
        return fold.rows, fold.counts  # of all values, whatever the fold
    categories = reference.categories
    counts = np.append(fold.counts, 0)[find(categories, fold.categories)]
    return fold.rows_of(categories), counts


def with_spread(
    reference: Sequence[EncodedColumn], folds: Sequence[Sequence[MeasuredColumn]]
) -> tuple[EncodedColumn, ...]:
    """Measure how far the vectors of each category lie apart between the folds.

    The spread is the root mean square of the distances from the reference; NaN
    for a category of one fold only.

    Parameters
    ----------
    reference : sequence of EncodedColumn
    folds : sequence of sequence of MeasuredColumn
    """
    if not folds:
        return tuple(reference)
    return tuple(
        replace(encoded, spread=_spread(encoded, of_folds))
        for encoded, *of_folds in zip(reference, *folds, strict=True)
    )


def _spread(encoded, of_folds):
    total, times = np.zeros((2, len(encoded.vocabulary.categories)))
    for table, rows, seen in of_folds:
        apart = table[rows[seen]] - encoded.of_categories[seen]
        total[seen] += (apart**2).sum(axis=1)
        times += seen
    return np.sqrt(np.divide(total, times, out=np.full(len(times), np.nan), where=times > 0))
