"""The vectors of an encoder move with the tables of its network, along the axes they have."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .._predict.weights import EmbeddingTable
from .._table.vocabulary import find
from .embedded_column import EmbeddedColumn
from .encoded_column import EncodedColumn
from .encoding import lengths_of, side_by_side


def follow(
    encoded: Sequence[EncodedColumn],
    before: Sequence[EmbeddingTable],
    now: Sequence[EmbeddedColumn],
    *,
    only_new: bool,
) -> tuple[EncodedColumn, ...]:
    """Move vectors as the tables of the network have moved; components keep their meaning.

    Parameters
    ----------
    encoded : sequence of EncodedColumn
        The vectors so far.
    before : sequence of EmbeddingTable
        The tables of the network so far.
    now : sequence of EmbeddedColumn
        The columns of the network now, whose layers are the same; they may have new rows.
    only_new : bool
        Whether the vectors so far stay as they are.
    """
    return tuple(_follow(*column, only_new) for column in zip(encoded, before, now, strict=True))


def _follow(encoded, before, now, only_new):
    n_old, n_effects = len(encoded.table), encoded.n_effects
    vectors, loadings = now.table.mean.astype(np.float64), encoded.loadings
    coordinates = encoded.coordinates(vectors)
    moved = (vectors[:n_old] - before.mean) @ loadings
    coordinates[:n_old] = encoded.table[:, n_effects:] + moved
    table = side_by_side(now.means.effects, n_effects, coordinates)
    of_axes = np.sqrt(np.exp(2.0 * now.table.log_deviation) @ loadings**2)
    deviations = lengths_of(now.means.deviations[:, :n_effects], of_axes)
    if only_new:
        table[:n_old], deviations[:n_old] = encoded.table, encoded.deviations
    return replace(
        encoded,
        vocabulary=now.vocabulary,
        table=table,
        deviations=deviations,
        spread=_spread(encoded, now.vocabulary.categories),
    )


def _spread(encoded, categories):
    """That of the categories which the folds have seen; no fold has seen the new ones."""
    if encoded.spread is None:
        return None
    spread = np.full(len(categories), np.nan)
    spread[find(encoded.vocabulary.categories, categories)] = encoded.spread
    return spread
