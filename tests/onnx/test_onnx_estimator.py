import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from onnx_sessions import assert_same
from sklearn.frozen import FrozenEstimator

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.onnx import to_onnx


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


def test_a_column_of_lists_is_refused(small, sales, revenue):
    X = sales.assign(tags=[["a", "b"], ["b"]] * 60)
    estimator = EntityEmbeddingRegressor(**small).fit(X, revenue)
    with pytest.raises(TypeError, match="Column 'tags' holds lists, which are not exported"):
        to_onnx(estimator, X)
