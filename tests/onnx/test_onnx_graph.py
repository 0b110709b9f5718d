import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.shape_inference import infer_shapes
from onnx_sessions import session_of

from sk_entity.onnx import graph as graph_module
from sk_entity.onnx.graph import ML, Graph
from sk_entity.onnx.model import names_apart_from

TYPES = {"O": TensorProto.STRING, "i": TensorProto.INT64, "f": TensorProto.FLOAT}


def new_graph():
    return Graph(names_apart_from(["x", "y"]))


def compute(graph, value, x):
    """What a value of the graph is for an input x of shape (n, 1)."""
    graph.output(value, "y")
    inputs = [helper.make_tensor_value_info("x", TYPES[x.dtype.kind], [None, 1])]
    outputs = [helper.make_empty_tensor_value_info("y")]
    proto = helper.make_graph(graph.nodes, "test", inputs, outputs, graph.initializers)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    model = helper.make_model(proto, opset_imports=opsets, ir_version=8)
    return session_of(infer_shapes(model)).run(None, {"x": x})[0]


@pytest.mark.parametrize(
    ("keys", "x", "expected"),
    [
        (["a", "é"], np.array([["é"], ["b"], ["a"]], dtype=object), [8, 0, 7]),
        ([3, 2**62 + 1], np.array([[2**62 + 1], [2**62], [3]]), [8, 0, 7]),
        ([0.5, np.inf], np.array([[np.inf], [1.0], [0.5]], dtype=np.float32), [8, 0, 7]),
    ],
)
@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_keys_are_looked_up_and_others_are_zero(keys, x, expected, dtype):
    graph = new_graph()
    found = compute(graph, graph.look_up("x", keys, np.array([7, 8], dtype=dtype)), x)
    np.testing.assert_array_equal(found[:, 0], expected)
    assert found.dtype == dtype


def test_without_keys_all_is_zero():
    graph = new_graph()
    value = graph.look_up("x", [], np.array([], dtype=np.int64))
    np.testing.assert_array_equal(compute(graph, value, np.array([[3], [4]])), [[0], [0]])


def test_an_array_is_stored_once_and_equal_arrays_are_not_confused():
    graph, a = new_graph(), np.array([1.0])
    first, again, other = graph.constant(a), graph.constant(a), graph.constant(a.copy())
    assert first == again != other
    assert len(graph.initializers) == 2


def test_names_are_never_given_twice():
    unique_name = names_apart_from(["x", "x_1"])
    assert [unique_name("x"), unique_name("x"), unique_name("z")] == ["x_2", "x_3", "z"]


@pytest.mark.parametrize("what", ["constant", "keys", "values"])
def test_what_no_file_holds_is_refused(what, monkeypatch):
    monkeypatch.setattr(graph_module, "MOST_BYTES", 1000)
    graph = new_graph()
    add = {
        "constant": lambda: graph.constant(np.zeros(100)),
        "keys": lambda: graph.look_up("x", ["a" * 800], np.array([1])),
        "values": lambda: graph.look_up("x", list(range(200)), np.arange(200)),
    }[what]
    add()
    with pytest.raises(ValueError, match="at most 2 GiB.*min_frequency.*embedding_dim"):
        add()
