"""A network is trained from rows on disk: the later half of `fit`, where rows come in batches."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from .._table.coder import CodedTable
from .._target.ordered_encoding import OrderedTargetEncoding
from .._training.spill import Spill
from .._vectors.encoding import MeasuredColumn, background_sample
from .._vectors.lookup import look_up
from .learned import Learned, read_vectors
from .memory import failed_allocations_explained
from .second_pass import Prepared
from .sklearn_compat import check_feature_names, validate_params
from .start import FreshStart
from .state import FittedNetwork
from .training import read_weights, settings_of
from .validation import read_further_table

if TYPE_CHECKING:
    from .._training.exchange import Exchange
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

    @classmethod
    def of(cls, estimator: BaseEntityEmbedding) -> Seeds:
        """Draw the seeds."""
        random_state = check_random_state(estimator.random_state)
        return cls(*random_state.randint(np.iinfo(np.int32).max, size=3).tolist())


def check_network(estimator: BaseEntityEmbedding) -> None:
    """Refuse parameters that rows on disk cannot be learned with; warn of what is left out."""
    validate_params(estimator)
    from .._training.preconditions import check_training

    check_training(estimator.device, estimator.callbacks)
    if estimator.warm_start and hasattr(estimator, "state_"):
        raise ValueError(
            "warm_start=True continues with the network learned before, and a stream begins anew. "
            "Set warm_start=False, or go on by partial_fit with the further rows."
        )
    if getattr(estimator, "ordered_target_encoding", False):
        warnings.warn(
            "Ordered target encodings need all rows in memory and are left out of streams: the "
            "network reads vectors and numbers. Set ordered_target_encoding=False to say so.",
            UserWarning,
            stacklevel=4,
        )


def holds_out(estimator: BaseEntityEmbedding, validated: bool) -> float:
    """Return the part of the rows to hold out, with or without validation rows of their own."""
    if validated or estimator.early_stopping in (False, "auto"):
        return 0.0
    return float(estimator.validation_fraction)


@failed_allocations_explained()
def train_from_spill(
    estimator: BaseEntityEmbedding,
    prepared: Prepared,
    spill: Spill,
    validation: Spill | None,
    seeds: Seeds,
    checkpoint: Path | None = None,
    exchange: Exchange | None = None,
) -> FittedNetwork:
    """Train a network.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
        Whose parameters count; it is not changed.
    prepared : Prepared
    spill, validation : Spill
        Rows to train on, and to validate on if there are any.
    seeds : Seeds
    checkpoint : Path or None
        See `_training.loop.train`.
    exchange : Exchange or None
        With the workers that train the same network on rows of their own; each takes its
        share of a batch.
    """
    start = FreshStart(estimator)
    coder, target = start.with_given(prepared.coder), prepared.target
    encoding = OrderedTargetEncoding.none(len(coder.categorical) - coder.n_bags)
    network = start.build_network(coder, target, encoding, None, seeds.network)
    n_samples, n_validation = len(spill), 0 if validation is None else len(validation)
    if exchange is not None:
        n_samples, n_validation = map(int, exchange.sum(n_samples, n_validation))
    settings = settings_of(
        estimator, target.initial_output, n_samples, seeds.training, n_validation > 0
    )
    if exchange is not None:
        settings = replace(settings, batch_size=-(-settings.batch_size // exchange.n_workers))
    from .._training.loop import train

    outcome = train(network, spill, validation, settings, checkpoint, exchange)
    return FittedNetwork(
        coder=coder,
        target=target,
        encoding=encoding,
        means=prepared.means,
        weights=read_weights(estimator, network, coder, encoding, start.priors),
        history=outcome.history.copy(),
        n_iter=outcome.n_iter,
        best_iter=outcome.best_iter,
        dispersion=outcome.dispersion,
        n_samples=n_samples,
    )


def keep_network(estimator: BaseEntityEmbedding, X: Any, state: FittedNetwork) -> None:
    """Set what `fit` sets, given some rows of the table."""
    check_feature_names(estimator, X, reset=True)
    estimator.state_ = state


def keep_vectors(
    encoder: Any,
    estimator: BaseEntityEmbedding,
    X: Any,
    networks: Sequence[FittedNetwork],
    background: CodedTable,
) -> list[list[MeasuredColumn]]:
    """Read the vectors of an encoder from its networks, and set what `fit` sets.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
    estimator : BaseEntityEmbedding
        With the parameters of its networks.
    X : data frame
        Some rows of the table.
    networks : sequence of FittedNetwork
        Of all rows, then of those outside of each fold.
    background : CodedTable
        Rows that vectors are measured by.

    Returns
    -------
    list of list of MeasuredColumn
        The vectors of each fold's network.
    """
    keep_network(estimator, X, networks[0])
    coded = background[background_sample(len(background))]
    columns, measured = read_vectors(networks, [coded] * len(networks), encoder.n_components)
    encoder._keep(X, Learned(estimator, columns, []))
    return measured


def look_up_outside(
    encoder: Any,
    measured: Sequence[Sequence[MeasuredColumn]],
    X: Any,
    folds: np.ndarray | None,
) -> np.ndarray:
    """Look vectors up, each row's in the tables of a network that has not seen its fold.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
    measured : sequence of sequence of MeasuredColumn
        From `keep_vectors`.
    X : data frame of shape (n_samples, n_features)
    folds : ndarray of int, shape (n_samples,), or None
    """
    out = encoder._look_up(X, report_unknown=False)
    if folds is None:
        return out
    coded = encoder.state_.network.coder.code_categorical(read_further_table(encoder, X))
    for fold, columns in enumerate(measured):
        rows = np.flatnonzero(folds == fold)
        no_numbers = np.empty((len(rows), 0), dtype=np.float32)
        vectors = look_up([column.table for column in columns], coded[rows], no_numbers)
        out[rows, : vectors.shape[1]] = vectors
    return out
