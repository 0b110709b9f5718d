import onnx
import pytest
from onnx_sessions import assert_same, run, session_of

from sk_entity import EntityEmbeddingRegressor
from sk_entity.onnx import make_feed, to_onnx
from sk_entity.onnx.model import rename


@pytest.fixture
def fitted(small, sales, revenue):
    return EntityEmbeddingRegressor(**small).fit(sales, revenue)


def test_inputs_are_named_and_typed_as_the_columns(fitted, sales):
    session = session_of(to_onnx(fitted, sales))
    assert [(x.name, x.type, x.shape) for x in session.get_inputs()] == [
        ("shop", "tensor(string)", ["n_samples", 1]),
        ("product", "tensor(string)", ["n_samples", 1]),
        ("promotion", "tensor(bool)", ["n_samples", 1]),
        ("month", "tensor(int64)", ["n_samples", 1]),
        ("price", "tensor(double)", ["n_samples", 1]),
    ]
    (output,) = session.get_outputs()
    assert (output.name, output.type, output.shape) == (
        *("variable", "tensor(double)"),
        ["n_samples", 1],
    )


def test_columns_may_have_any_name(small, sales, revenue):
    X = sales.set_axis(["variable", "gather", "a-b (c)", "a_b__c_", "Преис"], axis=1)
    estimator = EntityEmbeddingRegressor(**small).fit(X, revenue)
    model = to_onnx(estimator, X)
    assert [x.name for x in model.graph.input] == list(X.columns)
    (found,) = run(model, X).values()
    assert abs(found[:, 0] - estimator.predict(X)).max() < 1e-5


@pytest.mark.parametrize("target_opset", [13, 15, 18, 21])
def test_opsets(target_opset, fitted, sales):
    model = to_onnx(fitted, sales, target_opset=target_opset)
    versions = {opset.domain: opset.version for opset in model.opset_import}
    assert versions == {"": target_opset, "ai.onnx.ml": 3}
    assert_same(fitted, sales, sales, target_opset=target_opset)


def test_an_opset_that_is_too_old_is_refused(fitted, sales):
    with pytest.raises(ValueError, match="target_opset=12: it must be at least 13"):
        to_onnx(fitted, sales, target_opset=12)


def test_an_opset_that_nobody_knows_yet_is_refused(fitted, sales):
    with pytest.raises(ValueError, match=r"target_opset=99: it must be at most \d+, the newest"):
        to_onnx(fitted, sales, target_opset=99)


def test_a_missing_string_is_a_string(fitted, sales):
    with pytest.raises(TypeError, match="missing_string must be a string; got 0"):
        to_onnx(fitted, sales, missing_string=0)


def test_a_model_says_who_made_it_and_what_a_missing_string_is(fitted, sales):
    model = to_onnx(fitted, sales, missing_string="?")
    assert model.producer_name == "sk-entity"
    assert make_feed(model, sales)["shop"][sales["shop"].isna()].tolist()[0] == ["?"]
    assert_same(fitted, sales, sales, missing_string="?")


def test_names_change_all_at_once():
    nodes = [
        onnx.helper.make_node("Add", ["a_b", "a_b1"], ["a b"]),
        onnx.helper.make_node("Neg", ["a b"], ["y"]),
    ]
    inputs = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, 1])
        for name in ("a_b", "a_b1")
    ]
    output = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 1])
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", inputs, [output]))
    rename(model, {"a_b": "a b", "a_b1": "a_b"})
    assert [x.name for x in model.graph.input] == ["a b", "a_b"]
    assert list(model.graph.node[0].input) == ["a b", "a_b"]
    assert list(model.graph.node[0].output) == list(model.graph.node[1].input) == ["a b_1"]
    onnx.checker.check_model(model, full_check=True)
