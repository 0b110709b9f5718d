import numpy as np
import pandas as pd
import pytest
from onnx_sessions import assert_same, run

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._predict.forward import ACTIVATIONS as OF_NUMPY
from sk_entity.onnx import to_onnx
from sk_entity.onnx.network import ACTIVATIONS


def test_every_activation_is_known():
    assert set(ACTIVATIONS) == set(OF_NUMPY)


@pytest.mark.parametrize("activation", OF_NUMPY)
def test_activations(activation, small, sales, revenue):
    small |= {"activation": activation, "hidden_layer_sizes": (16, 8)}
    assert_same(EntityEmbeddingRegressor(**small).fit(sales, revenue), sales, sales)


@pytest.mark.parametrize(
    "columns", [["shop"], ["shop", "product"], ["price"], ["month", "price"], ["shop", "month"]]
)
def test_some_columns(columns, small, sales, revenue):
    X = sales[columns]
    assert_same(EntityEmbeddingRegressor(**small).fit(X, revenue), X, X)


@pytest.fixture
def crossed(small):
    """A classifier that reads ordered target encodings of a column and of pairs, and its rows."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "user": rng.integers(300, size=900).astype(str),
            "item": rng.integers(200, size=900),
            "size": rng.normal(size=900),
        }
    )
    X.loc[::7, "user"] = None
    X.loc[::9, "size"] = np.nan
    y = rng.random(900) < 0.2 + 0.6 * (X["item"] % 3 == 0)
    settings = small | {"categorical_features": ["user", "item"], "max_iter": 2}
    estimator = EntityEmbeddingClassifier(**settings).fit(X, y)
    # Levels that are known, and new combinations, unknown and missing ones.
    new = X.assign(user=np.roll(X["user"], 1))
    new.loc[::5, "user"] = "new"
    new.loc[::8, "item"] = 999
    return estimator, pd.concat([X, new], ignore_index=True)


def test_ordered_target_encodings_are_looked_up(crossed):
    estimator, X = crossed
    assert {len(columns) for columns in estimator.state_.encoding.columns} == {1, 2}
    assert_same(estimator, X, X)


def test_ordered_target_encodings_without_numbers(crossed, small):
    estimator, X = crossed
    y = estimator.predict(X)
    X = X[["user", "item"]]
    small["categorical_features"] = ["user", "item"]
    estimator = EntityEmbeddingClassifier(**small).fit(X, y)
    assert len(estimator.state_.encoding)
    assert_same(estimator, X, X)


def test_a_row_at_a_time_is_as_all_rows(crossed):
    estimator, X = crossed
    model = to_onnx(estimator, X)
    rows = [run(model, X[i : i + 1])["probabilities"] for i in range(0, 1800, 300)]
    expected = estimator.predict_proba(X)[::300]
    np.testing.assert_allclose(np.concatenate(rows), expected, rtol=0, atol=1e-6)
