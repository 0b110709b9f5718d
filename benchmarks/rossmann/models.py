"""This module builds the models of the paper, close to its settings, and the networks."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

from ..tasks import ROSSMANN


def network(seed, epochs, loss):
    """The library's network, every column embedded."""
    settings = {} if epochs is None else {"max_iter": epochs}
    return EntityEmbeddingRegressor(
        categorical_features=list(ROSSMANN), loss=loss, random_state=seed, **settings
    )


def one_hot_network(seed, epochs):
    """The same layers on one-hot vectors, by scikit-learn."""
    mlp = MLPRegressor(
        hidden_layer_sizes=EntityEmbeddingRegressor().hidden_layer_sizes,
        early_stopping=True,
        n_iter_no_change=3,
        max_iter=epochs or 12,
        random_state=seed,
    )
    return make_pipeline(OneHotEncoder(handle_unknown="ignore", dtype=np.float32), mlp)


def neighbours(n_trees):
    """The ten nearest, weighted by distance."""
    return KNeighborsRegressor(10, weights="distance", n_jobs=-1)


def forest(n_trees):
    """As deep as in the paper, every split among all columns of integers."""
    return RandomForestRegressor(n_trees, max_depth=35, max_features=7, n_jobs=-1, random_state=0)


def boosting(n_trees):
    """LightGBM with ten times as many trees."""
    from lightgbm import LGBMRegressor

    return LGBMRegressor(
        n_estimators=10 * n_trees,
        learning_rate=0.06,
        num_leaves=127,
        subsample=0.7,
        subsample_freq=1,
        colsample_bytree=0.7,
        random_state=0,
        verbose=-1,
    )


OTHERS = {
    "k-nearest neighbours": neighbours,
    "random forest": forest,
    "gradient boosted trees": boosting,
}
PACKAGES = {
    name: ("lightgbm" if build is boosting else "scikit-learn",) for name, build in OTHERS.items()
}


def on_integers(name, n_trees):
    """A model on the columns of integers; for distances they are brought to one scale."""
    scaler = MinMaxScaler() if OTHERS[name] is neighbours else "passthrough"
    return make_pipeline(scaler, OTHERS[name](n_trees))


def on_vectors(fitted, name, n_trees):
    """A model on the vectors of a fitted network."""
    return make_pipeline(EntityEmbeddingEncoder(FrozenEstimator(fitted)), OTHERS[name](n_trees))
