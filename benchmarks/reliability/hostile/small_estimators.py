"""This module fits one small estimator of every kind, whose files are a few kilobytes."""

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from sk_entity import (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
    streaming,
)

N_ROWS = 120
SMALL = {"embedding_dim": 2, "hidden_layer_sizes": (3,), "max_iter": 1, "random_state": 0}


def small_table(n_rows=N_ROWS):
    """Columns of strings, mixed objects, lists, integers and numbers, some cells missing."""
    rng = np.random.default_rng(0)
    shop = [None, "north", "south", "é", "long name"]
    code = [1, "1", b"x", 2.5, 2**70, True]
    tags = ["x", "y", 3]
    return pd.DataFrame(
        {
            "shop": [shop[i] for i in rng.integers(5, size=n_rows)],
            "code": pd.Series([code[i] for i in rng.integers(6, size=n_rows)], dtype=object),
            "tags": [
                [tags[i] for i in rng.integers(3, size=n)] for n in rng.integers(3, size=n_rows)
            ],
            "other": [shop[i] for i in rng.integers(5, size=n_rows)],
            "day": pd.Series(rng.integers(7, size=n_rows)).astype("category"),
            "price": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows)),
        }
    )


def small_estimators():
    """Fitted estimators by name: each kind, and each way in which a state can differ."""
    X = small_table()
    y = X["price"].fillna(0).to_numpy() + (X["shop"] == "north")
    named = X[["shop", "other", "price"]]
    shared = {"shared_embeddings": [("shop", "other")]}
    given = pd.DataFrame([[1.0, 0.0], [0.0, 2.0]], index=["north", "west"])
    regressor = EntityEmbeddingRegressor(**SMALL)
    classifier = EntityEmbeddingClassifier(**SMALL, **shared)
    counts = EntityEmbeddingRegressor(**SMALL, loss="poisson", min_frequency=30)
    poured = EntityEmbeddingRegressor(
        **SMALL, embedding_init={"shop": given}, freeze_embeddings=True
    )
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SMALL, **shared), cv=2)
    encoder.fit_transform(named, y)
    encoder.set_output(transform="pandas")
    drawn = EntityEmbeddingRegressor(**SMALL).set_params(random_state=np.random.RandomState(0))
    merger = CategoryMerger(EntityEmbeddingEncoder(drawn, cv=KFold(3)))
    hashed = EntityEmbeddingRegressor(**SMALL)
    streamed = X[["shop", "day"]].assign(day=X["day"].astype(str), y=y)
    return {
        "tiny": regressor.fit(X[["shop"]], y),
        "classifier": classifier.fit(X, (y > 0) + (y > 1)),
        "counts": counts.fit(X[["code", "price"]], np.abs(y)),
        "several": EntityEmbeddingRegressor(**SMALL).fit(X[["day"]], np.c_[y, -y]),
        "given": poured.fit(X[["shop", "tags"]], y),
        "array": EntityEmbeddingRegressor(**SMALL).fit(X[["price"]].fillna(0).to_numpy(), y),
        "encoder": encoder,
        "merger": merger.fit(X[["shop", "day"]], y),
        "hashed": streaming.fit(hashed, streamed, max_counted=2, n_hashed=3),
    }
