"""A network is trained as an estimator's parameters say, and its weights are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._predict.weights import EmbeddingTable, Layer, NumericTable, Weights
from .._table.coder import TableCoder
from .._target.examples import Examples
from .._target.ordered_encoding import OrderedTargetEncoding
from .sizing import resolve_batch_size, resolve_max_iter

if TYPE_CHECKING:
    from .._network.module import EntityEmbeddingNetwork
    from .._training.loop import Outcome, Settings
    from .base import BaseEntityEmbedding


def settings_of(
    estimator: BaseEntityEmbedding,
    initial_output: Any,
    n_samples: int,
    seed: int,
    validated: bool = False,
) -> Settings:
    """Make the settings of a first training on this many rows, with validation rows or without."""
    from .._training.loop import Settings

    least_iter, max_iter = resolve_max_iter(estimator.max_iter, n_samples)
    return Settings(
        loss=estimator._make_loss(),
        initial_output=initial_output,
        batch_size=resolve_batch_size(estimator.batch_size, n_samples),
        learning_rate_init=estimator.learning_rate_init,
        weight_decay=estimator.weight_decay,
        max_iter=max_iter,
        least_iter=least_iter,
        n_iter_no_change=estimator.n_iter_no_change,
        tol=estimator.tol,
        early_stopping=validated and bool(estimator.early_stopping),
        callbacks=list(estimator.callbacks or ()),
        verbose=estimator.verbose,
        device=estimator.device,
        seed=seed,
    )


def train_network(
    network: EntityEmbeddingNetwork,
    encoding: OrderedTargetEncoding,
    training: Examples,
    validation: Examples | None,
    settings: Settings,
) -> Outcome:
    """Train a network in place; `training` holds its ordered target encodings already."""
    from .._training.loop import train

    if validation is not None:
        validation = replace(validation, coded=encoding.add_to(validation.coded))
    return train(network, training, validation, settings)


def read_weights(
    estimator: BaseEntityEmbedding,
    network: EntityEmbeddingNetwork,
    coder: TableCoder,
    encoding: OrderedTargetEncoding,
    priors: Any,
) -> Weights:
    """Read the weights of a trained network, with a meaning for rows that no row has reached.

    Parameters
    ----------
    priors : sequence of TablePrior or None
        That the tables are to keep.
    """
    from .._network.arrays import to_arrays

    arrays = to_arrays(network)
    tables = [
        EmbeddingTable(mean, log_deviation, log_prior, prior)
        for (mean, log_deviation, log_prior), prior in zip(arrays["tables"], priors, strict=True)
    ]
    numeric_tables = tuple(
        NumericTable(edges, *arrays_of_table)
        for edges, arrays_of_table in zip(
            [*encoding.edges, *coder.edges], arrays["numeric_tables"], strict=True
        )
    )
    layers = tuple(Layer(*arrays_of_layer) for arrays_of_layer in arrays["layers"])
    of_columns = tuple(tables[t] for t in coder.tables)
    weights = Weights(of_columns, numeric_tables, layers, estimator.activation).after_training()
    trained = estimator.embedding_dropout > 0
    tables = [
        weights.tables[j].with_special_rows(counts, unknown_is_trained=trained)
        for j, counts in zip(coder.owners, coder.row_counts, strict=True)
    ]
    return replace(weights, tables=tuple(tables[t] for t in coder.tables))
