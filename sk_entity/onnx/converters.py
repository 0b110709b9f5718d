"""The estimators as parts of scikit-learn pipelines, which skl2onnx converts."""

from typing import Any

from onnx import ModelProto, TensorProto
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
    guess_proto_type,
)
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from .._estimators.classifier import EntityEmbeddingClassifier
from .._shown import listed
from .estimator import ESTIMATORS, add_estimator, coder_of, outputs_of
from .graph import ML, ML_VERSION, Graph
from .inputs import INTEGERS, Input
from .model import check_opset, rename, with_description

TYPES: dict[int, Any] = {
    TensorProto.BOOL: BooleanTensorType,
    TensorProto.DOUBLE: DoubleTensorType,
    TensorProto.FLOAT: FloatTensorType,
    TensorProto.INT64: Int64TensorType,
    TensorProto.STRING: StringTensorType,
}


def register() -> None:
    """Tell skl2onnx how to convert the three estimators."""
    for estimator in ESTIMATORS:
        options: dict[str, Any] = {"missing_string": None}
        parser: Any = _declare
        if estimator is EntityEmbeddingClassifier:
            # skl2onnx's own parser of classifiers makes dictionaries of probabilities, if asked to.
            options |= {"zipmap": [True, False, "columns"], "nocl": [False]}
            options["output_class_labels"], parser = [False, True], None
        update_registered_converter(
            estimator, _alias(estimator), _infer_shapes, _convert, parser=parser, options=options
        )


def _alias(estimator):
    return f"SkEntity{estimator.__name__}"


def model_of_pipeline(
    estimator: Any, inputs: list[Input], missing_string: str, target_opset: int
) -> ModelProto:
    """Make a model of any estimator that skl2onnx knows, with ours inside."""
    register()
    check_opset(target_opset)
    options: dict[Any, Any] = {kind: {"missing_string": missing_string} for kind in ESTIMATORS}
    if is_classifier(estimator):
        options |= _without_zipmap(estimator, missing_string)
    model = convert_sklearn(
        estimator,
        name=type(estimator).__name__,
        initial_types=[(x.value, TYPES[x.type]([None, None if x.in_lists else 1])) for x in inputs],
        target_opset=target_opset,
        options=options,
    )
    # skl2onnx makes identifiers of names: "native-country" would be native_country.
    given = zip(model.graph.input, inputs, strict=True)
    rename(model, {x.name: column.value for x, column in given})
    return with_description(model, missing_string)


def _without_zipmap(classifier, missing_string):
    """Options that leave probabilities an array."""
    last = classifier.steps[-1][1] if hasattr(classifier, "steps") else classifier
    ours = {"missing_string": missing_string} if isinstance(last, ESTIMATORS) else {}
    return {id(last): {"zipmap": False} | ours}


def _declare(scope, model, inputs, custom_parsers=None):
    """Declare the operator of a regressor or an encoder and its output, of the right type.

    What follows in a pipeline is declared by that type, before shapes are inferred.
    """
    operator = scope.declare_local_operator(_alias(type(model)), model)
    operator.inputs = inputs
    for output, type_ in _outputs(operator):
        operator.outputs.append(scope.declare_local_variable(output.name, type_))
    return operator.outputs


def _infer_shapes(operator):
    """Set the types of the outputs of an operator of skl2onnx."""
    for variable, (_, type_) in zip(operator.outputs, _outputs(operator), strict=True):
        variable.type = type_


def _outputs(operator):
    """Pairs of output and its type, as skl2onnx has it."""
    estimator = operator.raw_operator
    check_is_fitted(estimator)
    types = [type_ for _, type_ in _types_of_columns(operator)]
    _check_count(estimator, len(types))
    outputs = outputs_of(estimator, [Input("", type_) for type_ in types], narrow=True)
    shapes = ([None] if output.width is None else [None, output.width] for output in outputs)
    return [(o, TYPES[o.type](shape)) for o, shape in zip(outputs, shapes, strict=True)]


def _convert(scope, operator, container):
    """Add the nodes of an estimator to those of skl2onnx."""
    check_opset(container.target_opset_any_domain(""))
    estimator = operator.raw_operator
    options = scope.get_options(estimator, {"missing_string": ""}, fail=False)
    graph = Graph(scope.get_unique_variable_name)
    inputs = _columns(graph, operator)
    # Many of skl2onnx's converters, such as those of trees, make no valid model of doubles.
    values = add_estimator(graph, estimator, inputs, options["missing_string"], narrow=True)
    for value, output in zip(values, operator.outputs, strict=True):
        graph.output(value, output.full_name)
    # Not by `add_node`, which looks at each of a million categories.
    container.nodes.extend(graph.nodes)
    container.initializers.extend(graph.initializers)
    opset = container.target_opset_any_domain("")
    container.node_domain_version_pair_sets |= {("", opset), (ML, ML_VERSION)}


def _types_of_columns(operator):
    """Pairs of variable and type, one for each column of the inputs."""
    for variable in operator.inputs:
        type_ = guess_proto_type(variable.type)
        width = variable.type.shape[1] if len(variable.type.shape) > 1 else None
        if width is None:  # as behind a transformer, before its shapes are inferred
            alone = len(operator.inputs) == 1
            width = len(coder_of(operator.raw_operator).names) if alone else 1
        yield from [(variable, TensorProto.INT64 if type_ in INTEGERS else type_)] * width


def _columns(graph, operator):
    """The columns of the inputs, each as a tensor of shape (n_samples, 1)."""
    places: dict[str, int] = {}
    columns = list(_types_of_columns(operator))
    names = [variable.full_name for variable, _ in columns]
    of_lists = {c.position for c in coder_of(operator.raw_operator).categorical if c.holds_lists}
    found = []
    for j, ((variable, type_), name) in enumerate(zip(columns, names, strict=True)):
        value, place = name, places.get(name, 0)
        places[name] = place + 1
        if names.count(name) > 1:
            value = graph.add("Gather", name, graph.integers(place), axis=1)
        if guess_proto_type(variable.type) != type_:
            value = graph.cast(value, type_)
        found.append(Input(value, type_, j in of_lists))
    return found


def _check_count(estimator, n_columns):
    names = coder_of(estimator).names
    if n_columns != len(names):
        raise ValueError(
            f"{type(estimator).__name__} was fitted with {len(names)} columns, {listed(names)}, "
            f"but its inputs have {n_columns}."
        )
