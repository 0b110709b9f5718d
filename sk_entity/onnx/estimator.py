"""A fitted estimator as a graph."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from onnx import TensorProto

from .._estimators.classifier import EntityEmbeddingClassifier
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.regressor import EntityEmbeddingRegressor
from .._estimators.state import FittedNetwork
from .._table.coder import TableCoder
from .categories import add_codes
from .graph import Graph
from .inputs import Input
from .network import add_forward, add_lookup
from .numbers import add_scaled, add_values
from .target import add_classes, add_prediction, labels

ESTIMATORS = (EntityEmbeddingRegressor, EntityEmbeddingClassifier, EntityEmbeddingEncoder)


class Output(NamedTuple):
    """An output of a graph.

    Attributes
    ----------
    name : str
        As skl2onnx names it.
    type : int
        Of ``onnx.TensorProto``.
    width : int or None
        Columns; None for a tensor of one dimension.
    """

    name: str
    type: int
    width: int | None


def coder_of(estimator: Any) -> TableCoder:
    """Return how a fitted estimator codes tables."""
    state = estimator.state_
    return (state if isinstance(state, FittedNetwork) else state.network).coder


def outputs_of(estimator: Any, inputs: Sequence[Input], *, narrow: bool) -> list[Output]:
    """Say which outputs the graph of a fitted estimator has, see `add_estimator`."""
    if isinstance(estimator, EntityEmbeddingClassifier):
        target = estimator.state_.target
        strings = labels(target).dtype == object
        return [
            Output("label", TensorProto.STRING if strings else TensorProto.INT64, None),
            Output("probabilities", TensorProto.FLOAT, len(target.classes)),
        ]
    if isinstance(estimator, EntityEmbeddingRegressor):
        return [Output("variable", TensorProto.DOUBLE, estimator.state_.target.n_outputs)]
    width = len(estimator.get_feature_names_out())
    return [Output("variable", _type_of_features(estimator, inputs, narrow), width)]


def add_estimator(
    graph: Graph, estimator: Any, inputs: Sequence[Input], missing_string: str, *, narrow: bool
) -> list[str]:
    """Add a fitted estimator to a graph.

    Parameters
    ----------
    graph : Graph
    estimator : estimator, fitted
    inputs : sequence of Input
        One per column of the table.
    missing_string : str
        What stands for a missing cell in an input of strings.
    narrow : bool
        Whether an encoder gives float even if `transform` gives float64.

    Returns
    -------
    list of str
        The values of `outputs_of`.
    """
    coder, state = coder_of(estimator), estimator.state_
    codes = [add_codes(graph, c, inputs[c.position], missing_string) for c in coder.categorical]
    if isinstance(estimator, EntityEmbeddingEncoder):
        return [_add_features(graph, estimator, inputs, codes, narrow)]
    scaled = add_scaled(graph, coder.numerical, inputs)
    output = add_forward(graph, state.weights, state.encoding, codes, scaled, coder.n_bags)
    if isinstance(estimator, EntityEmbeddingClassifier):
        return list(add_classes(graph, state.target, output))
    return [add_prediction(graph, state.target, output)]


def _add_features(graph, encoder, inputs, codes, narrow):
    """The vectors; with ``remainder="passthrough"``, numbers as they came follow."""
    type_ = _type_of_features(encoder, inputs, narrow)
    numbers = _passed_through(encoder)
    parts = []
    if codes:
        tables = [np.asarray(c.table, dtype=np.float32) for c in encoder.state_.columns]
        vectors = add_lookup(graph, tables, codes, coder_of(encoder).n_bags)
        parts.append(vectors if type_ == TensorProto.FLOAT else graph.cast(vectors, type_))
    if numbers:
        parts.append(add_values(graph, numbers, inputs, type_))
    if not parts:
        raise ValueError("The encoder gives no column: X has no categorical one.")
    return graph.concat(parts, axis=1)


def _passed_through(encoder):
    return coder_of(encoder).numerical if encoder.remainder == "passthrough" else ()


def _type_of_features(encoder, inputs, narrow):
    """As `transform` has it: float if all numbers that are passed through are."""
    types = (
        set() if narrow else {inputs[column.position].type for column in _passed_through(encoder)}
    )
    return TensorProto.FLOAT if types <= {TensorProto.FLOAT} else TensorProto.DOUBLE
