import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from onnx_sessions import assert_same
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.onnx import make_feed, to_onnx


@pytest.mark.parametrize("remainder", ["passthrough", "drop"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_encoder_gives_what_transform_gives(remainder, dtype, small, sales, revenue):
    X = sales.assign(month=sales["month"].astype(dtype), price=sales["price"].astype(dtype))
    X["price"] *= 1e7
    encoder = EntityEmbeddingEncoder(
        EntityEmbeddingRegressor(**small), remainder=remainder, cv=None
    ).fit(X, revenue)
    found, expected = assert_same(encoder, X, X)["variable"], encoder.transform(X)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    assert found.shape[1] == len(encoder.get_feature_names_out())


def test_an_encoder_of_several_targets(small, sales, size):
    encoder = EntityEmbeddingEncoder(EntityEmbeddingClassifier(**small), cv=None)
    found = assert_same(encoder.fit(sales, size), sales, sales)["variable"]
    np.testing.assert_array_equal(found, encoder.transform(sales))


def test_an_encoder_of_a_frozen_estimator(small, sales, revenue):
    regressor = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor)).fit(sales)
    assert_same(encoder, sales, sales)


def test_an_encoder_that_only_passes_numbers_through(small, sales, revenue):
    X = sales[["month", "price"]]
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=None).fit(X, revenue)
    assert_same(encoder, X, X)
    encoder.remainder = "drop"
    with pytest.raises(ValueError, match="gives no column"):
        to_onnx(encoder, X)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_give_the_same_model(copied, small, sales, revenue):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    model = to_onnx(estimator, sales)
    assert to_onnx(copied(estimator), sales).SerializeToString() == model.SerializeToString()


def test_columns_that_share_a_table_store_it_once(small, revenue):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({c: rng.choice(["JFK", "LAX", None, "SFO"], 120) for c in ("origin", "dest")})
    shared = small | {"shared_embeddings": [("origin", "dest")]}
    new = X.assign(dest=X["dest"].replace("JFK", "new"))
    n_constants = []
    for settings in (small, shared):
        estimator = EntityEmbeddingRegressor(**settings).fit(X, revenue)
        assert_same(estimator, X, new)
        n_constants.append(len(to_onnx(estimator, X).graph.initializer))
    assert n_constants[1] == n_constants[0] - 1
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**shared), cv=None).fit(X, revenue)
    assert_same(encoder, X, new)


def test_columns_of_lists(trips, small):
    X, y = trips
    X = X.assign(numbers=[list(map(ord, cell)) for cell in X["tags"]])
    new = X[::-1].reset_index(drop=True)
    new.at[0, "tags"], new.at[1, "tags"] = ["new", "a", "a"], None
    new.at[2, "numbers"] = [10**6, 97]
    for estimator in (
        EntityEmbeddingRegressor(**small, shared_embeddings=[("origin", "dest")]).fit(X, y),
        EntityEmbeddingClassifier(**small).fit(X, y > np.median(y)),
        EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=None).fit(X, y),
        EntityEmbeddingRegressor(**small).fit(X[["tags"]], y),
    ):
        columns = list(estimator.feature_names_in_)
        assert_same(estimator, X[columns], new[columns])
        assert_same(estimator, X[columns], new[columns].iloc[:5])
        empty = new[columns].iloc[:3].assign(tags=[[], None, []])
        assert_same(estimator, X[columns], empty)


def test_a_pipeline_of_lists(trips, small):
    X, y = trips
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=None)
    assert_same(make_pipeline(encoder, LinearRegression()).fit(X, y), X, X)


def test_lists_that_the_input_does_not_hold(trips, small):
    X, y = trips
    model = to_onnx(EntityEmbeddingRegressor(**small).fit(X, y), X)
    with pytest.raises(ValueError, match="'tags' has a list with a missing member in row 1"):
        make_feed(model, X.assign(tags=[["a"], ["b", None]] * 200))
    with pytest.raises(TypeError, match="'tags' holds single values, but its input is of lists"):
        make_feed(model, X.assign(tags="a"))
    with pytest.raises(TypeError, match="'origin' holds lists, but its input is of single values"):
        make_feed(model, X.assign(origin=X["tags"]))
