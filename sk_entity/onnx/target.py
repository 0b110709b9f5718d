"""The output of a network in the unit of the target: predictions, labels and probabilities."""

import numpy as np
from onnx import TensorProto

from .._shown import shown
from .._table.reading import half_pair
from .._target.classification import ClassificationTarget
from .._target.regression import RegressionTarget
from .graph import Graph


def add_prediction(graph: Graph, target: RegressionTarget, output: str) -> str:
    """Bring the output to the unit of y, double of shape (n_samples, n_outputs)."""
    output = graph.cast(output, TensorProto.DOUBLE)
    if target.link == "log":
        output = graph.add("Exp", output)
    y = graph.add("Mul", output, graph.constant(target.scale.astype(np.float64)))
    return graph.add("Add", y, graph.constant(target.offset.astype(np.float64)))


def add_classes(graph: Graph, target: ClassificationTarget, output: str) -> tuple[str, str]:
    """Find the label, (n_samples,), and the probabilities, float (n_samples, n_classes)."""
    # As in NumPy, in double precision, so that a narrow decision is the same one.
    output = graph.cast(output, TensorProto.DOUBLE)
    if target.n_outputs == 1:
        positive = graph.add("Sigmoid", output)
        negative = graph.add("Sub", graph.constant(np.array(1.0)), positive)
        probability = graph.concat([negative, positive], axis=1)
    else:
        probability = graph.add("Softmax", output, axis=1)
    best = graph.add("ArgMax", probability, axis=1, keepdims=0)
    label = graph.add("Gather", graph.constant(labels(target)), best)
    return label, graph.cast(probability, TensorProto.FLOAT)


def labels(target: ClassificationTarget) -> np.ndarray:
    """Return the classes as ONNX holds them: int64, or object for strings.

    Raises
    ------
    TypeError
        For classes that are neither whole numbers nor strings.
    """
    classes = target.classes
    if classes.dtype.kind in "biuf" and (classes == classes.astype(np.int64)).all():
        return classes.astype(np.int64)
    other = [c for c in classes.tolist() if not isinstance(c, str)]
    if other:
        raise TypeError(
            f"The class {shown(other[0])} is neither a whole number nor a string, which is what a "
            "label of ONNX is. Convert y to strings before fit."
        )
    wrong = half_pair(classes.tolist())
    if wrong is not None:
        raise ValueError(
            f"The class {shown(wrong)} has half of a surrogate pair, which a label of ONNX does "
            "not hold. Replace it before fit."
        )
    return classes.astype(object)
