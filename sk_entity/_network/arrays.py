"""Networks from arrays, and arrays from networks."""

from collections.abc import Sequence
from typing import Any

import torch

from .bags import BagColumns, Bags
from .layers import NEW
from .module import EntityEmbeddingNetwork

# Of rows that are held: they are known, so that training draws them as they are.
LOG_DEVIATION_OF_HELD = -16.0


def untrained_network(
    *sizes: Any, seed: int, priors: Sequence = (), **options: Any
) -> EntityEmbeddingNetwork:
    """Make a network whose initial weights are drawn with this seed.

    Parameters
    ----------
    *sizes, **options
        See `EntityEmbeddingNetwork`.
    seed : int
    priors : sequence of TablePrior or None
        Of each table. Rows start at the means of the priors of their own.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    network = EntityEmbeddingNetwork(*sizes, generator=generator, priors=priors, **options)
    tables = network.embeddings.tables if network.embeddings is not None else []
    for table, prior in zip(tables, priors or [None] * len(tables), strict=True):
        if prior is not None:
            table.mean.copy_(torch.from_numpy(prior.mean))
            table.log_deviation[torch.from_numpy(prior.held)] = LOG_DEVIATION_OF_HELD
    return network


def to_arrays(network: EntityEmbeddingNetwork) -> dict[str, list]:
    """Read the weights as float32 arrays.

    Returns
    -------
    dict of list of tuple of ndarray
        ``tables``: mean, log_deviation and log_prior of each table, see `EntityEmbeddings`;
        ``numeric_tables``: steps and log_deviation of each scaled number;
        ``layers``: kernel, (n_in, n_out), and bias of each layer.
    """
    embeddings, numbers = network.embeddings, network.numeric_embeddings
    tables: list[tuple] = []
    if embeddings is not None:
        priors = embeddings.log_prior.split(embeddings.table_dims)
        tables = [(*table, prior) for table, prior in zip(embeddings.tables, priors, strict=True)]
    steps = zip(numbers.steps, numbers.log_deviations, strict=True)
    layers = [(layer.weight.t(), layer.bias) for layer in (*network.hidden, network.output)]
    parts = {"tables": tables, "numeric_tables": list(steps), "layers": layers}
    return {
        name: [tuple(p.detach().cpu().numpy().copy() for p in part) for part in several]
        for name, several in parts.items()
    }


@torch.no_grad()
def trained_network(
    weights: Any,
    row_counts: Sequence,
    *,
    columns: Sequence[int] | None = None,
    n_bags: int = 0,
    dropout: float = 0.0,
    embedding_dropout: float = 0.0,
    priors: Sequence | None = None,
) -> EntityEmbeddingNetwork:
    """Make a network with weights that were learned before.

    Parameters
    ----------
    weights : Weights
    row_counts : sequence of ndarray
        Training rows behind each row of each table.
    columns, n_bags
        See `EntityEmbeddings`.
    dropout, embedding_dropout : float
        For further training.
    priors : sequence of TablePrior or None
        Of each table; None for those that the tables have themselves.
    """
    columns = list(range(len(row_counts)) if columns is None else columns)
    first_column = {t: j for j, t in reversed(list(enumerate(columns)))}
    tables = [weights.tables[first_column[t]] for t in range(len(row_counts))]
    network = EntityEmbeddingNetwork(
        row_counts,
        [table.dim for table in tables],
        _stack([table.edges for table in weights.numeric_tables]),
        weights.n_numerical,
        weights.hidden_layer_sizes,
        weights.layers[-1].bias,
        columns=columns,
        n_bags=n_bags,
        activation=weights.activation,
        dropout=dropout,
        embedding_dropout=embedding_dropout,
        # Of the initial values nothing stays, and torch's own generator is not to move on.
        generator=torch.Generator("cpu"),
        priors=[table.prior for table in tables] if priors is None else priors,
    )
    if network.embeddings is not None:
        for own, table in zip(network.embeddings.tables, tables, strict=True):
            own.mean.copy_(torch.from_numpy(table.mean))
            own.log_deviation.copy_(torch.from_numpy(table.log_deviation))
        priors = [torch.from_numpy(table.log_prior) for table in tables]
        network.embeddings.log_prior.copy_(torch.cat(priors))
    numbers = network.numeric_embeddings
    for j, table in enumerate(weights.numeric_tables):
        numbers.steps[j].copy_(torch.from_numpy(table.steps))
        numbers.log_deviations[j].copy_(torch.from_numpy(table.log_deviation))
    for own, layer in zip((*network.hidden, network.output), weights.layers, strict=True):
        own.weight.copy_(torch.from_numpy(layer.kernel.T))
        own.bias.copy_(torch.from_numpy(layer.bias))
    return network


def vector_gradients(network: EntityEmbeddingNetwork, coded: Any) -> list:
    """Differentiate the outputs by the vectors of each column.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
    coded : CodedTable

    Returns
    -------
    list of ndarray of float32, shape (n_samples, n_outputs, embedding_dim)
    """
    if network.embeddings is None:
        return []
    tensors = torch.from_numpy(coded.categorical), torch.from_numpy(coded.numerical)
    with torch.no_grad():
        x = network.eval().first_input(*tensors, bags_of_arrays(coded.bags))
    dims = network.embeddings.dims
    blocks = x.split(network.rows_to_linearise(len(x)))
    jacobian = torch.cat([network.linearise(block, sum(dims))[1] for block in blocks])
    return [part.numpy() for part in jacobian.split(dims, dim=2)]


def bags_of_arrays(bags: Any) -> BagColumns:
    """Make bags of tensors of bags of arrays, in the same memory."""
    arrays = [(bag.members, bag.starts, bag.lengths) for bag in bags]
    return BagColumns(Bags(*map(torch.from_numpy, several)) for several in arrays)


def _stack(edges):
    if not edges:
        return torch.empty(0, 2, **NEW)
    return torch.stack([torch.from_numpy(e) for e in edges])
