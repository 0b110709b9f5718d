"""Weights of rows and classes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

# Whole batches and nothing drawn: what is left is the arithmetic of the weights.
EXACT = {
    "hidden_layer_sizes": (16,),
    "batch_size": 10_000,
    "max_iter": 20,
    "learning_rate_init": 0.01,
    "dropout": 0.0,
    "embedding_dropout": 0.0,
    "device": "cpu",
    "random_state": 0,
}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"group": rng.choice(list("abcd"), 400), "x": rng.normal(size=400)})
    y = X["group"].map({"a": 0.0, "b": 1.0, "c": 3.0, "d": 7.0}) + X["x"] + rng.normal(size=400)
    return X, y.to_numpy()


def test_unit_weights_equal_none(table, small, one_thread):
    X, y = table
    none = EntityEmbeddingRegressor(**small).fit(X, y)
    ones = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=np.ones(400))
    assert np.array_equal(none.predict(X), ones.predict(X))


def test_a_common_factor_changes_nothing(table, small, one_thread):
    X, y = table
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 400)
    once = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=weight)
    scaled = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=1024 * weight)
    assert np.array_equal(once.predict(X), scaled.predict(X))


def test_rows_of_weight_zero_are_as_good_as_absent(table, small, one_thread):
    X, y = table
    weight = (np.arange(400) % 3 > 0).astype(float)
    kept = weight > 0
    zeroed = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=weight)
    absent = EntityEmbeddingRegressor(**small).fit(X[kept], y[kept])
    # Sums over more terms, zeros among them, may round in another way.
    assert zeroed.predict(X) == pytest.approx(absent.predict(X), rel=1e-9)


def test_a_doubled_row_equals_weight_two(table, one_thread, nothing_drawn):
    """In whole batches, up to rounding.

    Otherwise vectors are drawn once per copy, so that two copies of a row are
    two draws and a row of weight two is one; and copies count against the prior.
    """
    X, y = table
    copies = 1 + (np.arange(400) % 2)
    weighted = EntityEmbeddingRegressor(**EXACT).fit(X, y, sample_weight=copies)
    repeated = EntityEmbeddingRegressor(**EXACT).fit(
        X.loc[X.index.repeat(copies)], y.repeat(copies)
    )
    plain = EntityEmbeddingRegressor(**EXACT).fit(X, y)
    assert np.abs(weighted.predict(X) - repeated.predict(X)).max() < 1e-3 * y.std()
    assert np.abs(weighted.predict(X) - plain.predict(X)).max() > 0.05 * y.std()


def test_weights_enter_the_scaling_of_numbers_and_target(table, small):
    X, y = table
    heavy = np.where(X["x"] > 0, 1.0, 1e-3)
    model = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=heavy)
    assert model.state_.coder.numerical[0].scaler.center == pytest.approx(
        X["x"][X["x"] > 0].median(), abs=0.1
    )
    assert model.state_.target.offset == pytest.approx([np.average(y, weights=heavy)])


def test_weights_enter_the_loss(table, small):
    X, _ = table
    flipped = np.where(np.arange(400) % 2, 10.0, -10.0)
    heavy = np.where(np.arange(400) % 2, 100.0, 1.0)
    model = EntityEmbeddingRegressor(**{**small, "max_iter": 20}).fit(
        X, flipped, sample_weight=heavy
    )
    assert model.predict(X).mean() == pytest.approx(10.0, abs=1.0)


def test_weights_enter_the_validation_loss(table, small):
    X, y = table
    # The validation rows of weight 0 have absurd targets, which the loss must not see.
    bad = np.arange(400) % 2 == 0
    y_val = np.where(bad, 1e6, y)
    model = EntityEmbeddingRegressor(**small)
    model.fit(X, y, X_val=X, y_val=y_val, sample_weight_val=(~bad).astype(float))
    assert model.history_["valid_loss"].max() < 10.0


def test_balanced_classes_weigh_the_same(small):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(600) < 0.1, "rare", "common")
    X = pd.DataFrame({"group": rng.choice(list("abc"), 600)})
    plain = EntityEmbeddingClassifier(**small).fit(X, y)
    balanced = EntityEmbeddingClassifier(class_weight="balanced", **small).fit(X, y)
    rare = balanced.classes_.tolist().index("rare")
    assert plain.predict_proba(X)[:, rare].mean() == pytest.approx(0.1, abs=0.05)
    assert balanced.predict_proba(X)[:, rare].mean() == pytest.approx(0.5, abs=0.1)


def test_class_weights_multiply_sample_weights(small, one_thread):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    X = pd.DataFrame({"group": rng.choice(list("abc"), 300)})
    weight = rng.uniform(0.5, 2.0, 300)
    given = EntityEmbeddingClassifier(class_weight={0: 1, 1: 4}, **small).fit(X, y, weight)
    product = EntityEmbeddingClassifier(**small).fit(X, y, weight * np.where(y == 1, 4, 1))
    assert np.array_equal(given.predict_proba(X), product.predict_proba(X))


def test_the_encoder_passes_weights_on(table, small, one_thread):
    X, y = table
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 400)
    model = EntityEmbeddingRegressor(**small)
    encoder = EntityEmbeddingEncoder(model).fit(X, y, sample_weight=weight)
    model.fit(X, y, sample_weight=weight)
    learned = encoder.estimator_.embeddings_["group"]
    assert np.array_equal(learned.to_numpy(), model.embeddings_["group"].to_numpy())
    unweighted = EntityEmbeddingEncoder(clone(model), n_components=1).fit(X, y)
    effects = unweighted.embeddings_["group"].iloc[:, 0] - encoder.embeddings_["group"].iloc[:, 0]
    assert abs(effects).max() > 0.01
