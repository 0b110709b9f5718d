"""Numbers are scaled, told apart from missing ones, and given vectors."""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from .._predict.numbers import NumberVectors
from .._predict.weights import NumericTable
from .._shown import shown
from .._table.columns import NumericColumn
from .._table.scaler import FLOAT_MAX, LARGEST
from .graph import ML, Graph
from .inputs import Input


def add_values(
    graph: Graph, columns: Sequence[NumericColumn], inputs: Sequence[Input], type_: int
) -> str:
    """Put numeric columns side by side as they are, (n_samples, n_numeric_columns).

    Raises
    ------
    TypeError
        For an input of strings.
    """
    values = []
    for column in columns:
        x = inputs[column.position]
        if x.type == TensorProto.STRING:
            raise TypeError(
                f"Column {shown(column.name)} is numeric, but its input is of strings. Export "
                "with a table whose column holds numbers."
            )
        values.append(x.value if x.type == type_ else graph.cast(x.value, type_))
    return graph.concat(values, axis=1)


def add_scaled(
    graph: Graph, columns: Sequence[NumericColumn], inputs: Sequence[Input]
) -> list[str]:
    """Scale numeric columns; missing-value indicators follow, see `NumericScaler`.

    Returns
    -------
    list of str
        Tensors of float32, (n_samples, n_numeric_columns) and (n_samples, n_indicators);
        none without columns, one without indicators.
    """
    if not columns:
        return []
    values = add_values(graph, columns, inputs, TensorProto.DOUBLE)
    scale = np.array([column.scaler.scale for column in columns])
    center = np.array([column.scaler.center for column in columns])
    z = graph.add("Sub", values, graph.constant(center))
    z = _add_clip(graph, z, -FLOAT_MAX, FLOAT_MAX)
    z = graph.add("Div", z, graph.constant(scale))
    z = _add_clip(graph, z, -LARGEST, LARGEST)
    third = graph.add("Div", z, graph.constant(np.array(3.0)))
    square = graph.add("Mul", third, third)
    root = graph.add("Sqrt", graph.add("Add", square, graph.constant(np.array(1.0))))
    missing = graph.add("IsNaN", values)
    z = graph.add("Where", missing, graph.constant(np.array(0.0)), graph.add("Div", z, root))
    scaled = graph.cast(z, TensorProto.FLOAT)
    with_indicator = np.flatnonzero([column.scaler.has_indicator for column in columns])
    if not len(with_indicator):
        return [scaled]
    indicators = graph.cast(missing, TensorProto.FLOAT)
    if len(with_indicator) < len(columns):
        indicators = graph.add("Gather", indicators, graph.integers(*with_indicator), axis=1)
    return [scaled, indicators]


def _add_clip(graph, x, *limits):
    return graph.add("Clip", x, *(graph.constant(np.array(limit)) for limit in limits))


def add_vectors(graph: Graph, tables: tuple[NumericTable, ...], scaled: str) -> str:
    """Look up the vectors of numbers, float32 of shape (n_samples, n_scaled * dim)."""
    numbers = NumberVectors(tables)
    bins = graph.cast(add_bins(graph, numbers.inner, scaled), TensorProto.INT64)
    bins = graph.add("Add", bins, graph.constant(numbers.first.astype(np.int64)))
    n_rows, _, dim = numbers.start_and_step.shape
    lower, per_width, start, step = (
        graph.add("Gather", graph.constant(table), bins)
        for table in (
            numbers.lower.reshape(n_rows),
            numbers.per_width.reshape(n_rows),
            np.ascontiguousarray(numbers.start_and_step[:, 0]),
            np.ascontiguousarray(numbers.start_and_step[:, 1]),
        )
    )
    fraction = graph.add("Mul", graph.add("Sub", scaled, lower), per_width)
    limits = (graph.constant(np.array(limit, dtype=np.float32)) for limit in (0, 1))
    fraction = graph.add("Clip", fraction, *limits)
    fraction = graph.add("Unsqueeze", fraction, graph.integers(2))
    vectors = graph.add("Add", start, graph.add("Mul", fraction, step))
    return graph.add("Reshape", vectors, graph.integers(0, len(tables) * dim))


def add_bins(graph: Graph, inner: np.ndarray, scaled: str) -> str:
    """Find the bin of each number, by one tree per column.

    There is no operator for a search in sorted values. A tree takes seven
    comparisons for 128 bins, where comparing with all edges would take 127.

    Parameters
    ----------
    graph : Graph
    inner : ndarray of float32, shape (n_columns, n_bins - 1)
        Edges between the bins, ascending.
    scaled : str
        float32 of shape (n_samples, n_columns).

    Returns
    -------
    str
        Whole numbers as float32, of the same shape.
    """
    nodes, leaves = _search_tree(inner.shape[1])
    n_columns, (n_nodes, n_leaves) = len(inner), (len(nodes["id"]), len(leaves["id"]))
    edge = np.array(nodes["edge"])
    is_leaf = edge < 0
    values = np.where(is_leaf, 0, inner[:, edge])
    return graph.add(
        "TreeEnsembleRegressor",
        scaled,
        domain=ML,
        n_targets=n_columns,
        nodes_treeids=np.repeat(range(n_columns), n_nodes).tolist(),
        nodes_nodeids=nodes["id"] * n_columns,
        nodes_featureids=np.repeat(range(n_columns), n_nodes).tolist(),
        nodes_modes=["LEAF" if leaf else "BRANCH_LT" for leaf in is_leaf] * n_columns,
        nodes_values=values.ravel().tolist(),
        nodes_truenodeids=nodes["below"] * n_columns,
        nodes_falsenodeids=nodes["above"] * n_columns,
        target_treeids=np.repeat(range(n_columns), n_leaves).tolist(),
        target_nodeids=leaves["id"] * n_columns,
        target_ids=np.repeat(range(n_columns), n_leaves).tolist(),
        target_weights=[float(n_below) for n_below in leaves["n_below"]] * n_columns,
    )


def _search_tree(n_edges):
    """A tree that counts the edges up to a number: its nodes, and the counts in its leaves."""
    nodes: dict[str, list[int]] = {"id": [], "edge": [], "below": [], "above": []}
    leaves: dict[str, list[int]] = {"id": [], "n_below": []}

    def grow(first, last):
        """The tree of some of the edges; return the position of its root."""
        node, middle = len(nodes["id"]), (first + last) // 2
        is_leaf = first == last
        nodes["id"].append(node)
        nodes["edge"].append(-1 if is_leaf else middle)
        nodes["below"].append(0)
        nodes["above"].append(0)
        if is_leaf:
            leaves["id"].append(node)
            leaves["n_below"].append(first)
        else:
            nodes["below"][node] = grow(first, middle)
            nodes["above"][node] = grow(middle + 1, last)
        return node

    grow(0, n_edges)
    return nodes, leaves
