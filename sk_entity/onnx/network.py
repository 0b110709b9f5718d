"""The forward pass of a trained network."""

from collections.abc import Callable, Sequence

import numpy as np

from .._predict.weights import Weights
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


def add_lookup(graph: Graph, tables: Sequence[np.ndarray], codes: Sequence[str]) -> str:
    """Put the vectors of all columns side by side, float32 of shape (n_samples, n).

    Parameters
    ----------
    graph : Graph
    tables : sequence of ndarray of float32, shape (n_rows, dim)
    codes : sequence of str
        Embedding rows of each column, int64 of shape (n_samples, 1).
    """
    vectors = [
        graph.add("Gather", graph.constant(table), rows)
        for table, rows in zip(tables, codes, strict=True)
    ]
    return graph.add("Squeeze", graph.concat(vectors, axis=2), graph.integers(1))


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
    """
    first_input = []
    if codes:
        first_input.append(add_lookup(graph, [table.mean for table in weights.tables], codes))
    numbers = [add_encoding(graph, encoding, codes), *scaled] if len(encoding) else scaled
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
