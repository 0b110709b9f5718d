"""This module builds the estimators that several benchmarks use, as a task asks for them.

Each keeps its own defaults, but knows whether to classify, and that a rate is Poisson.
"""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor


def network(task, X, seed, **settings):
    """sk-entity's, told only what the dtypes do not say: columns of integers, loss of a rate."""
    settings = {"random_state": seed, **settings}
    if any(pd.api.types.is_numeric_dtype(X[name]) for name in task.categorical):
        settings["categorical_features"] = list(task.categorical)
    if task.kind == "binary":
        return EntityEmbeddingClassifier(**settings)
    if task.kind == "rate":
        settings["loss"] = "poisson"
    return EntityEmbeddingRegressor(**settings)


def lightgbm(task, seed, threads):
    """LightGBM's trees, imported only where they are asked for."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    settings = {"random_state": seed, "n_jobs": threads, "verbose": -1}
    if task.kind == "binary":
        return LGBMClassifier(**settings)
    objective = {"objective": "poisson"} if task.kind == "rate" else {}
    return LGBMRegressor(**objective, **settings)


def histogram_boosting(task, seed, **settings):
    """scikit-learn's trees on histograms."""
    if task.kind == "binary":
        return HistGradientBoostingClassifier(random_state=seed, **settings)
    loss = "poisson" if task.kind == "rate" else "squared_error"
    return HistGradientBoostingRegressor(random_state=seed, loss=loss, **settings)


def linear(task, penalty_of_rates):
    """The linear model for the target, with the default penalty but for a rate."""
    if task.kind == "binary":
        return LogisticRegression(max_iter=2000)
    if task.kind == "rate":
        return PoissonRegressor(alpha=penalty_of_rates, max_iter=2000)
    return Ridge()


def predict(model, task, X):
    """Probabilities of the second class, or the predicted target."""
    if task.kind == "binary":
        return np.asarray(model.predict_proba(X))[:, 1]
    return np.asarray(model.predict(X), dtype=float)
