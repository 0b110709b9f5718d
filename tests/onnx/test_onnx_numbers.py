import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper
from onnx_sessions import assert_near, assert_same, session_of

from sk_entity import EntityEmbeddingRegressor
from sk_entity._predict.numbers import NumberVectors
from sk_entity._predict.weights import NumericTable
from sk_entity._table.columns import NumericColumn
from sk_entity._table.scaler import NumericScaler
from sk_entity.onnx import to_onnx
from sk_entity.onnx.graph import ML, Graph
from sk_entity.onnx.inputs import Input
from sk_entity.onnx.model import names_apart_from
from sk_entity.onnx.numbers import add_scaled, add_vectors

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE


def compute(graph, value, feed, width):
    graph.output(value, "y")
    proto = helper.make_graph(
        graph.nodes,
        "test",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(x.dtype), [None, x.shape[1]]
            )
            for name, x in feed.items()
        ],
        [helper.make_tensor_value_info("y", FLOAT, [None, width])],
        graph.initializers,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    model = helper.make_model(proto, opset_imports=opsets, ir_version=8)
    return session_of(model).run(None, feed)[0]


@pytest.mark.parametrize("dim", [1, 3])
def test_vectors_are_those_of_the_forward_pass_on_and_between_the_edges(dim):
    rng = np.random.default_rng(0)
    tables = tuple(
        NumericTable(
            # Every fourth edge is repeated: a bin without width is a step.
            np.sort(rng.normal(size=129)).astype(np.float32)[np.arange(129) // 4 * 4],
            rng.normal(size=(128, dim)).astype(np.float32),
            np.zeros((128, dim), dtype=np.float32),
        )
        for _ in range(3)
    )
    edges = np.array([table.edges for table in tables]).T
    x = np.vstack([edges, rng.normal(size=(500, 3)), [[-3] * 3, [3] * 3]]).astype(np.float32)
    graph = Graph(names_apart_from(["x", "y"]))
    value = add_vectors(graph, tables, "x")
    found = compute(graph, value, {"x": x}, 3 * dim)
    np.testing.assert_allclose(found, NumberVectors(tables).look_up(x), rtol=0, atol=1e-6)


VALUES = np.array([1.0, 2.0, np.nan, 1e12, -1e300, 3.0, 1.7e308, -1.7e308, 0.1])


def test_scaled_numbers_have_the_same_bits_and_indicators_follow():
    columns = [
        NumericColumn(str(j), j, NumericScaler.learn(np.array(learned), None))
        for j, learned in enumerate(
            [[0.0, 5.0, 9.0], [1.0, np.nan, 3.0], [7.0, 7.0], [1e12, 1e12 + 1, np.nan], [np.nan]]
        )
    ]
    feed = {f"c{j}": VALUES[:, None] for j in range(5)}
    graph = Graph(names_apart_from([*feed, "y"]))
    inputs = [Input(name, DOUBLE) for name in feed]
    value = graph.concat(add_scaled(graph, columns, inputs), axis=1)
    found = compute(graph, value, feed, 7)
    scaled = [column.scaler.apply(VALUES.copy()) for column in columns]
    expected = [z for z, _ in scaled] + [scaled[1][1], scaled[3][1]]
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32).T)


def test_an_infinite_number_counts_as_a_very_large_one(small):
    X = pd.DataFrame({"a": np.arange(80.0), "constant": np.ones(80)})
    estimator = EntityEmbeddingRegressor(**small).fit(X, X["a"])
    model = to_onnx(estimator, X)
    rows = np.array([[np.inf, np.inf], [1e300, 1.0]])
    feed = {name: rows[:, [j]] for j, name in enumerate(X)}
    infinite, large = session_of(model).run(None, feed)[0][:, 0]
    assert infinite == large == pytest.approx(estimator.predict(X[:1].assign(a=1e300))[0])


def test_without_columns_there_are_no_numbers():
    assert add_scaled(Graph(names_apart_from([])), [], []) == []


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int64", "bool"])
def test_numbers_of_every_type(dtype, small):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.integers(0, 2, 80), "b": rng.integers(0, 2, 80)}).astype(dtype)
    estimator = EntityEmbeddingRegressor(categorical_features=None, **small)
    out = assert_same(estimator.fit(X, 1.0 * X["a"] + X["b"]), X, X)
    assert_near(out["variable"], estimator.predict(X))


def test_large_numbers_with_little_spread_need_doubles(small):
    X = pd.DataFrame({"time": 1.4e18 + 1e9 * np.arange(100.0)})
    estimator = EntityEmbeddingRegressor(**small).fit(X, np.sin(np.arange(100) / 5))
    assert_same(estimator, X, X)


def test_an_input_of_strings_is_refused():
    column = NumericColumn("size", 0, NumericScaler.learn(np.array([1.0, 2.0]), None))
    with pytest.raises(TypeError, match="Column 'size' is numeric, but its input is of strings"):
        add_scaled(Graph(names_apart_from([])), [column], [Input("x", TensorProto.STRING)])
