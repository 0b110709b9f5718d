"""A network is trained from rows on disk: the later half of `fit`, where rows come in batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .._target.ordered_encoding import OrderedTargetEncoding
from .second_pass import SpilledTable
from .start import FreshStart
from .state import FittedNetwork
from .training import read_weights, settings_of

if TYPE_CHECKING:
    from .base import BaseEntityEmbedding


class Seeds(NamedTuple):
    """Seeds of one fit.

    Attributes
    ----------
    draws, network, training : int
        Of the rows' parts, of the initial weights, of shuffling and noise.
    """

    draws: int
    network: int
    training: int


def train_from_spill(
    estimator: BaseEntityEmbedding,
    table: SpilledTable,
    seeds: Seeds,
    checkpoint: Path | None = None,
    *,
    without: int | None = None,
) -> FittedNetwork:
    """Train a network.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
        Whose parameters count; it is not changed.
    table : SpilledTable
    seeds : Seeds
    checkpoint : Path or None
        See `_training.loop.train`.
    without : int or None
        A fold whose rows are left out.
    """
    units, start = table.units, FreshStart(estimator)
    coder, target = start.with_given(units.coder), units.target
    encoding = OrderedTargetEncoding.none(len(coder.categorical) - coder.n_bags)
    spill = replace(table.spill, without=without)
    network = start.build_network(coder, target, encoding, None, seeds.network)
    validated = table.validation is not None
    settings = settings_of(estimator, target.initial_output, len(spill), seeds.training, validated)
    from .._training.loop import train

    outcome = train(network, spill, table.validation, settings, checkpoint)
    return FittedNetwork(
        coder=coder,
        target=target,
        encoding=encoding,
        means=table.means(without),
        weights=read_weights(estimator, network, coder, encoding, start.priors),
        history=outcome.history.copy(),
        n_iter=outcome.n_iter,
        best_iter=outcome.best_iter,
        dispersion=outcome.dispersion,
        n_samples=len(spill),
    )
