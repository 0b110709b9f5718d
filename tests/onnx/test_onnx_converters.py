import numpy as np
import pytest
import skl2onnx
from onnx_sessions import assert_near, assert_same, session_of
from skl2onnx.common.data_types import DoubleTensorType, Int32TensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.onnx import make_feed, register_converters, to_onnx


@pytest.fixture
def table(sales):
    """`sales` with names that are no identifiers, and numbers that a linear model takes."""
    names = {"shop": "the shop", "product": "variable", "price": "unit-price"}
    return sales.fillna({"price": 0.0}).rename(columns=names)


@pytest.fixture
def encoder(small):
    return EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=None)


@pytest.fixture
def encoder_of_classes(small):
    return EntityEmbeddingEncoder(EntityEmbeddingClassifier(**small), cv=None)


def with_unknown(table):
    table = table.copy()
    table.loc[::3, "variable"] = "new"
    table.loc[::4, "the shop"] = None
    return table


@pytest.mark.parametrize("remainder", ["passthrough", "drop"])
@pytest.mark.parametrize(
    "last",
    [
        (RandomForestRegressor(n_estimators=5, random_state=0),),
        (Ridge(),),
        (StandardScaler(), Ridge()),
    ],
    ids=["forest", "ridge", "scaled ridge"],
)
def test_a_regressor_behind_the_encoder(last, remainder, encoder, table, revenue):
    encoder.set_params(remainder=remainder)
    pipeline = make_pipeline(encoder, *last).fit(table, revenue)
    model = to_onnx(pipeline, table)
    assert [x.name for x in model.graph.input] == list(table.columns)
    X = with_unknown(table)
    session = session_of(model)
    (found,) = session.run(None, make_feed(model, X))
    assert_near(found, pipeline.predict(X))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "last",
    [
        (RandomForestClassifier(n_estimators=5, random_state=0),),
        (StandardScaler(), LogisticRegression()),
    ],
    ids=["forest", "logistic"],
)
def test_a_classifier_behind_the_encoder(last, n_classes, encoder_of_classes, table, size):
    y = size if n_classes == 3 else (size == "l").astype(int)
    pipeline = make_pipeline(encoder_of_classes, *last).fit(table, y)
    out = assert_same(pipeline, table, with_unknown(table))
    assert list(out) == ["label", "probabilities"]


def test_our_own_estimators_may_be_last(small, table, revenue, size):
    X = with_unknown(table)
    assert_same(make_pipeline(EntityEmbeddingClassifier(**small)).fit(table, size), table, X)
    pipeline = make_pipeline(EntityEmbeddingRegressor(**small)).fit(table, revenue)
    model = to_onnx(pipeline, table, missing_string="?")
    found = session_of(model).run(None, make_feed(model, X))[0]
    assert_near(found, pipeline.predict(X))


def test_behind_a_scaler_there_is_one_input(small, table, revenue):
    X = table[["month", "unit-price"]]
    pipeline = make_pipeline(StandardScaler(), EntityEmbeddingRegressor(**small)).fit(X, revenue)
    model = to_onnx(pipeline, X.astype("float64"))
    found = session_of(model).run(None, make_feed(model, X.astype("float64")))[0]
    assert_near(found, pipeline.predict(X))


def test_the_encoder_in_a_column_transformer(encoder, table, revenue):
    columns = make_column_transformer(
        (encoder, ["the shop", "variable"]), (StandardScaler(), ["unit-price"])
    )
    pipeline = make_pipeline(columns, Ridge()).fit(table, revenue)
    model = to_onnx(pipeline, table)
    X = with_unknown(table)
    assert_near(session_of(model).run(None, make_feed(model, X))[0], pipeline.predict(X))


def test_in_a_column_transformer_columns_of_two_types_are_refused(encoder, table, revenue):
    columns = make_column_transformer((encoder, ["variable", "unit-price"]))
    columns.fit(table, revenue)
    with pytest.raises(TypeError, match="Column 'unit-price' is numeric, but its input"):
        to_onnx(columns, table)


def test_skl2onnx_converts_by_itself_once_converters_are_registered(
    encoder_of_classes, table, size
):
    register_converters()
    X = table[["variable", "unit-price"]]
    pipeline = make_pipeline(encoder_of_classes, StandardScaler(), LogisticRegression())
    pipeline.fit(X, size)
    model = skl2onnx.to_onnx(pipeline, X, options={"zipmap": False})
    feed = {"variable": X[["variable"]].to_numpy(object)}
    feed["unit_price"] = X[["unit-price"]].to_numpy()
    label, probabilities = session_of(model).run(None, feed)
    np.testing.assert_array_equal(label, pipeline.predict(X))
    assert_near(probabilities, pipeline.predict_proba(X))


def test_skl2onnx_makes_dictionaries_of_probabilities_if_asked(small, table, size):
    register_converters()
    X = table[["variable"]]
    classifier = EntityEmbeddingClassifier(**small).fit(X, size)
    model = skl2onnx.to_onnx(classifier, X)
    _, found = session_of(model).run(None, {"variable": X.to_numpy(object)})
    expected = dict(zip(classifier.classes_, classifier.predict_proba(X)[0], strict=True))
    assert found[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("columns", "type_"),
    [
        (["the shop", "variable"], StringTensorType),
        (["month", "unit-price"], DoubleTensorType),
        (["month", "promotion"], Int32TensorType),
    ],
)
def test_one_input_may_hold_all_columns(columns, type_, small, table, revenue):
    register_converters()
    X = table[columns].fillna("")
    regressor = EntityEmbeddingRegressor(**small).fit(X.replace("", None), revenue)
    model = skl2onnx.convert_sklearn(regressor, initial_types=[("X", type_([None, 2]))])
    dtype = {StringTensorType: object, DoubleTensorType: float, Int32TensorType: np.int32}[type_]
    (found,) = session_of(model).run(None, {"X": X.to_numpy(dtype)})
    assert_near(found, regressor.predict(X.replace("", None)))


def test_a_wrong_number_of_columns_is_refused(small, table, revenue):
    register_converters()
    X = table[["the shop", "variable"]]
    regressor = EntityEmbeddingRegressor(**small).fit(X, revenue)
    with pytest.raises(ValueError, match=r"fitted with 2 columns, .* but its inputs have 3"):
        skl2onnx.convert_sklearn(regressor, initial_types=[("X", StringTensorType([None, 3]))])
    with pytest.raises(ValueError, match="at least 13"):
        skl2onnx.convert_sklearn(
            regressor, initial_types=[("X", StringTensorType([None, 2]))], target_opset=12
        )


def test_the_best_pipeline_of_a_search(encoder_of_classes, table, size):
    pipeline = make_pipeline(encoder_of_classes, StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0]}, cv=2)
    assert_same(search.fit(table, size), table, with_unknown(table))
