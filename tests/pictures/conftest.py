"""Estimators that several pictures are made of; what they hold is known."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

QUICK = {
    "embedding_dim": 3,
    "hidden_layer_sizes": (8,),
    "batch_size": 64,
    "max_iter": 3,
    "device": "cpu",
    "random_state": 0,
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def quick():
    """Settings with which a network learns a little."""
    return QUICK


@pytest.fixture(scope="session")
def shops(geometry):
    """An encoder of 30 shops with an effect and two axes, cross-fitted."""
    X = geometry.X.copy()
    # One that only a single row holds.
    X.loc[0, "shop"] = "s99"
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**QUICK), n_components=3, cv=2)
    encoder.fit_transform(X, geometry.y)
    return encoder


@pytest.fixture(scope="session")
def with_rare():
    """An encoder of categories of which some are infrequent, and one is in no training row."""
    rng = np.random.default_rng(0)
    names = rng.choice(["a", "b", "c"], 120).astype(object)
    names[:5] = "r1", "r2", "r2", "r3", "held out"
    X = pd.DataFrame({"name": names, "x": rng.normal(size=120)})
    weight = np.ones(120)
    weight[4] = 0
    y = X["x"] + (names == "a")
    network = EntityEmbeddingRegressor(**QUICK, min_frequency=5)
    return EntityEmbeddingEncoder(network, n_components=2).fit(X, y, sample_weight=weight)


@pytest.fixture(scope="session")
def three_classes():
    """An encoder of a classifier of three classes."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"town": rng.choice(list("pqrstuvw"), 300), "x": rng.normal(size=300)})
    level = X["town"].map(dict(zip("pqrstuvw", rng.normal(size=8), strict=True))) * X["x"]
    y = pd.cut(level, 3, labels=["low", "mid", "top"]).to_numpy(object)
    return EntityEmbeddingEncoder(EntityEmbeddingClassifier(**QUICK), n_components=4).fit(X, y)


@pytest.fixture(scope="session")
def many():
    """An encoder of 50,000 categories, hardly trained."""
    rng = np.random.default_rng(0)
    item = np.r_[np.arange(50_000), rng.integers(0, 100, 5_000)]
    X = pd.DataFrame({"item": item.astype(str), "x": rng.normal(size=len(item))})
    settings = QUICK | {"embedding_dim": 2, "batch_size": 5_000, "max_iter": 1}
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**settings), n_components=2)
    return encoder.fit(X, X["x"] * (item % 7))
