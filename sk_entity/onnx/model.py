"""Graphs become models, by themselves or by way of skl2onnx."""

from collections.abc import Callable, Iterable
from typing import Any

from onnx import ModelProto, defs, helper

from .._version import __version__
from .estimator import add_estimator, outputs_of
from .graph import LEAST_OPSET, ML, ML_VERSION, Graph
from .inputs import Input

# Of ONNX, by opset: files that say more than they need are refused by older runtimes.
_FIRST_OPSET_OF_IR = {7: 13, 8: 15, 9: 19, 10: 21}
_N_SAMPLES = "n_samples"


def names_apart_from(taken: Iterable[str]) -> Callable[[str], str]:
    """Return a function that makes names which are unique and not among those taken."""
    used, last = set(taken), dict[str, int]()

    def unique_name(seed: str) -> str:
        name = seed
        while name in used:
            last[seed] = last.get(seed, 0) + 1
            name = f"{seed}_{last[seed]}"
        used.add(name)
        return name

    return unique_name


def model_of_estimator(
    estimator: Any, inputs: list[Input], missing_string: str, target_opset: int
) -> ModelProto:
    """Make a model of one estimator."""
    check_opset(target_opset)
    unique_name = names_apart_from(x.value for x in inputs)
    outputs = outputs_of(estimator, inputs, narrow=False)
    names = [unique_name(output.name) for output in outputs]
    graph = Graph(unique_name)
    values = add_estimator(graph, estimator, inputs, missing_string, narrow=False)
    for value, name in zip(values, names, strict=True):
        graph.output(value, name)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            type(estimator).__name__,
            [
                helper.make_tensor_value_info(x.value, x.type, [_N_SAMPLES, _width(x)])
                for x in inputs
            ],
            [
                helper.make_tensor_value_info(name, output.type, _shape(output))
                for name, output in zip(names, outputs, strict=True)
            ],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", target_opset), helper.make_opsetid(ML, ML_VERSION)],
        ir_version=max(v for v, first in _FIRST_OPSET_OF_IR.items() if first <= target_opset),
    )
    return with_description(model, missing_string)


def _width(x):
    """Columns of an input; those of lists as many as the longest has members."""
    return f"longest of {x.value}" if x.in_lists else 1


def _shape(output):
    return [_N_SAMPLES] if output.width is None else [_N_SAMPLES, output.width]


def check_opset(target_opset: int) -> None:
    """Refuse an opset that lacks what the graph needs, and one that nobody knows yet."""
    if target_opset < LEAST_OPSET:
        raise ValueError(f"target_opset={target_opset}: it must be at least {LEAST_OPSET}.")
    newest = defs.onnx_opset_version()
    if target_opset > newest:
        raise ValueError(
            f"target_opset={target_opset}: it must be at most {newest}, the newest one that the "
            "installed onnx knows."
        )


def with_description(model: ModelProto, missing_string: str) -> ModelProto:
    """Say in a model who made it and what a missing string is."""
    model.producer_name, model.producer_version = "sk-entity", __version__
    helper.set_model_props(model, {"missing_string": missing_string})
    return model


def rename(model: ModelProto, names: dict[str, str]) -> None:
    """Give values of a graph other names, all at once."""
    graph = model.graph
    present = {name for node in graph.node for name in node.output}
    present |= {tensor.name for tensor in graph.initializer} | {x.name for x in graph.input}
    unique_name = names_apart_from({*present, *names.values()})
    clash = (set(names.values()) & present) - set(names)
    names = {name: unique_name(name) for name in clash} | names
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for named in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        named.name = names.get(named.name, named.name)


def missing_string_of(model: ModelProto) -> str:
    """Return what stands for a missing cell in the inputs of strings of a model."""
    return {prop.key: prop.value for prop in model.metadata_props}.get("missing_string", "")


def inputs_of(model: ModelProto) -> list[Input]:
    """List the inputs of a model."""
    tensors = [(x.name, x.type.tensor_type) for x in model.graph.input]
    return [Input(name, t.elem_type, t.shape.dim[1].dim_value != 1) for name, t in tensors]
