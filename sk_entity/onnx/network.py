"""The forward pass of a trained network."""

from collections.abc import Callable, Sequence

import numpy as np
from onnx import TensorProto

from .._predict.weights import Weights
from .._table.vocabulary import MISSING
from .._target.ordered_encoding import OrderedTargetEncoding
from .graph import Graph
from .numbers import add_vectors

ACTIVATIONS: dict[str, Callable[[Graph, str], str]] = {
    "identity": lambda graph, x: x,
    "logistic": lambda graph, x: graph.add("Sigmoid", x),
    "tanh": lambda graph, x: graph.add("Tanh", x),
    "relu": lambda graph, x: graph.add("Relu", x),
    # The default of the operator is not exactly that of Klambauer et al. 2017.
    "selu": lambda graph, x: graph.add(
        "Selu", x, alpha=1.6732632423543772, gamma=1.0507009873554805
    ),
    "silu": lambda graph, x: graph.add("Mul", x, graph.add("Sigmoid", x)),
    "mish": lambda graph, x: graph.add("Mul", x, graph.add("Tanh", graph.add("Softplus", x))),
}


def add_lookup(
    graph: Graph, tables: Sequence[np.ndarray], codes: Sequence[str], n_bags: int
) -> str:
    """Put the vectors of all columns side by side, float32 of shape (n_samples, n).

    Parameters
    ----------
    graph : Graph
    tables : sequence of ndarray of float32, shape (n_rows, dim)
    codes : sequence of str
        Embedding rows of each column, int64 of shape (n_samples, 1).
    n_bags : int
        The last columns have several rows for each cell, of which a missing one is none.
    """
    n_single = len(codes) - n_bags
    vectors = [
        graph.add("Gather", graph.constant(table), rows)
        for table, rows in zip(tables, codes, strict=True)
    ]
    vectors[n_single:] = [
        _add_mean(graph, *bag)
        for bag in zip(vectors[n_single:], codes[n_single:], tables[n_single:], strict=True)
    ]
    return graph.add("Squeeze", graph.concat(vectors, axis=2), graph.integers(1))


def _add_mean(graph, vectors, rows, table):
    """The mean of the members' vectors, (n_samples, 1, dim); of none, the missing vector."""
    is_missing = graph.add("Equal", rows, graph.constant(np.array(MISSING, dtype=np.int64)))
    share = graph.cast(graph.add("Not", is_missing), TensorProto.FLOAT)
    share = graph.add("Unsqueeze", share, graph.integers(2))
    total = graph.add("ReduceSum", graph.add("Mul", vectors, share), graph.integers(1))
    n = graph.add("ReduceSum", share, graph.integers(1))
    none = graph.add("Equal", n, graph.constant(np.array(0, dtype=np.float32)))
    at_least_one = graph.add("Max", n, graph.constant(np.array(1, dtype=np.float32)))
    missing = graph.constant(table[MISSING].reshape(1, 1, -1))
    return graph.add("Where", none, missing, graph.add("Div", total, at_least_one))


def add_encoding(graph: Graph, encoding: OrderedTargetEncoding, codes: Sequence[str]) -> str:
    """Look up ordered target encodings, float32 of shape (n_samples, n_encodings)."""
    rows = graph.concat(codes, axis=1)
    wanted = graph.add("MatMul", rows, graph.constant(encoding.factors))
    wanted = graph.add("Add", wanted, graph.constant(encoding.first))
    return graph.look_up(wanted, encoding.keys.tolist(), encoding.values)


def add_forward(
    graph: Graph,
    weights: Weights,
    encoding: OrderedTargetEncoding,
    codes: Sequence[str],
    scaled: list[str],
    n_bags: int,
) -> str:
    """Compute the output of the network, float32 of shape (n_samples, n_outputs).

    Parameters
    ----------
    graph : Graph
    weights : Weights
    encoding : OrderedTargetEncoding
    codes : sequence of str
        Embedding rows of each categorical column.
    scaled : list of str
        What `add_scaled` returned.
    n_bags : int
        See `add_lookup`.
    """
    first_input = []
    if codes:
        tables = [table.mean for table in weights.tables]
        first_input.append(add_lookup(graph, tables, codes, n_bags))
    singles = codes[: len(codes) - n_bags]
    numbers = [add_encoding(graph, encoding, singles), *scaled] if len(encoding) else scaled
    if numbers:
        with_vectors = graph.concat(numbers[: len(numbers) - (len(scaled) > 1)], axis=1)
        first_input.append(add_vectors(graph, weights.numeric_tables, with_vectors))
        first_input += numbers
    x = graph.concat(first_input, axis=1)
    activation = ACTIVATIONS[weights.activation]
    *hidden, last = weights.layers
    for layer in hidden:
        x = activation(graph, _add_dense(graph, x, layer))
    return _add_dense(graph, x, last)


def _add_dense(graph, x, layer):
    return graph.add("Gemm", x, graph.constant(layer.kernel), graph.constant(layer.bias))
