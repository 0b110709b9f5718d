"""The vectors of an encoder move with the tables of its network, along the axes they have."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .._predict.weights import EmbeddingTable
from .embedded_column import EmbeddedColumn
from .encoded_column import EncodedColumn


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
    coordinates = (vectors - encoded.origin) @ loadings
    moved = (vectors[:n_old] - before.mean) @ loadings
    coordinates[:n_old] = encoded.table[:, n_effects:] + moved
    table = np.hstack([now.means.effects[:, :n_effects], coordinates]).astype(np.float32)
    of_axes = np.sqrt(np.exp(2.0 * now.table.log_deviation) @ loadings**2)
    deviations = np.hstack([now.means.deviations[:, :n_effects], of_axes])
    deviations = np.linalg.norm(deviations, axis=1).astype(np.float32)
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
    spread[categories.get_indexer(encoded.vocabulary.categories)] = encoded.spread
    return spread
