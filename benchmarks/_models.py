"""The models of the accuracy benchmark, each with its own defaults, on the same frames.

A model is fitted to the columns as they are in the file. What differs is what
it needs to be told: which columns are categorical, and that a rate is Poisson.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor

OURS = "ours"


@dataclass(frozen=True)
class Outcome:
    """Predictions (of a class: the probability of the second) and what they cost."""

    predicted: np.ndarray
    fit_seconds: float
    cpu_seconds: float  # of all threads, in `fit`; says more where other work runs beside it
    predict_seconds: float
    version: str


@dataclass(frozen=True)
class Model:
    """How a model is built for a task, and what to call it."""

    label: str
    packages: tuple
    build: Callable | None
    tree: bool = False

    @property
    def version(self):
        """Of the packages, as here."""
        return ", ".join(f"{name} {version(name)}" for name in self.packages)

    def run(self, task, split, seed, threads, settings):
        """Fit and predict; `settings` are those of our network, normally none."""
        model = self.build(task, split.X, seed, threads, **settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            start, cpu = time.perf_counter(), time.process_time()
            fit(model, split)
            fitted, cpu = time.perf_counter(), time.process_time() - cpu
            predicted = predict(model, task, split.X_test)
        done = time.perf_counter()
        return Outcome(predicted, fitted - start, cpu, done - fitted, self.version)


def fit(model, split):
    """With weights where the task has them; in a pipeline they go to the last step."""
    weight = {}
    if split.weight is not None:
        step = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
        weight = {f"{step}sample_weight": split.weight}
    return model.fit(split.X, split.y, **weight)


def predict(model, task, X):
    """Probabilities of the second class, or the predicted target."""
    if task.kind == "binary":
        return np.asarray(model.predict_proba(X))[:, 1]
    return np.asarray(model.predict(X), dtype=float)


def ours(task, X, seed, threads, **settings):
    """Nothing set but what the dtypes do not say: columns of integers, and the loss of a rate."""
    settings = {"random_state": seed, **settings}
    if any(pd.api.types.is_numeric_dtype(X[name]) for name in task.categorical):
        settings["categorical_features"] = list(task.categorical)
    if task.kind == "binary":
        return EntityEmbeddingClassifier(**settings)
    if task.kind == "rate":
        settings["loss"] = "poisson"
    return EntityEmbeddingRegressor(**settings)


class AsCategories(TransformerMixin, BaseEstimator):
    """Columns as pandas categoricals; a level that is new counts as missing."""

    def __init__(self, columns):
        self.columns = columns

    def fit(self, X, y=None):
        self.dtypes_ = {c: pd.CategoricalDtype(X[c].dropna().unique()) for c in self.columns}
        return self

    def transform(self, X):
        return X.astype(self.dtypes_)


class AsStrings(TransformerMixin, BaseEstimator):
    """Columns as strings, the missing ones too, as CatBoost asks for."""

    def __init__(self, columns):
        self.columns = columns

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.assign(
            **{c: X[c].astype(object).where(X[c].notna(), "").map(str) for c in self.columns}
        )


def boosting(task, seed, threads):
    """LightGBM, told what kind of target it is."""
    settings = {"random_state": seed, "n_jobs": threads, "verbose": -1}
    if task.kind == "binary":
        return LGBMClassifier(**settings)
    objective = {"objective": "poisson"} if task.kind == "rate" else {}
    return LGBMRegressor(**objective, **settings)


def lightgbm(task, X, seed, threads):
    """Splits sets of categories."""
    return make_pipeline(AsCategories(list(task.categorical)), boosting(task, seed, threads))


def beside_numbers(task, encoder):
    """The encoder in place of the categorical columns, the numbers as they are."""
    return make_column_transformer(
        (encoder, list(task.categorical)), remainder="passthrough", verbose_feature_names_out=False
    )


def cross_fitted_means(task, seed):
    """scikit-learn's TargetEncoder with shuffled folds, stratified by class."""
    kind, folds = ("binary", StratifiedKFold) if task.kind == "binary" else ("continuous", KFold)
    return TargetEncoder(target_type=kind, cv=folds(5, shuffle=True, random_state=seed))


def target_encoded(task, X, seed, threads):
    """Cross-fitted means of the target in place of categories; they ignore weights."""
    columns = beside_numbers(task, cross_fitted_means(task, seed)).set_output(transform="pandas")
    return make_pipeline(columns, boosting(task, seed, threads))


def catboost(task, X, seed, threads):
    """Target statistics of categories and their combinations, ordered against leakage."""
    settings = {
        "cat_features": list(task.categorical),
        "random_seed": seed,
        "thread_count": threads,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    if task.kind == "binary":
        model = CatBoostClassifier(**settings)
    elif task.kind == "rate":
        model = CatBoostRegressor(loss_function="Poisson", **settings)
    else:
        model = CatBoostRegressor(**settings)
    return make_pipeline(AsStrings(list(task.categorical)), model)


def hist_gradient_boosting(task, X, seed, threads):
    """Splits sets of categories, at most 255; a column with more is its ranks, a number."""
    ranks = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = beside_numbers(task, ranks)
    few = [name for name in task.categorical if X[name].nunique() <= 255]
    settings = {"categorical_features": few, "random_state": seed}
    if task.kind == "binary":
        model = HistGradientBoostingClassifier(**settings)
    else:
        loss = "poisson" if task.kind == "rate" else "squared_error"
        model = HistGradientBoostingRegressor(loss=loss, **settings)
    return make_pipeline(columns.set_output(transform="pandas"), model)


def linear(task, X, seed, threads):
    """A weight per level; numbers of few values are levels too, which a line would miss.

    The penalty is 1 against the sum of the losses in all three: PoissonRegressor
    sets its own against their mean, so that there it is one over the rows.
    """
    numeric = [name for name in X if name not in task.categorical]
    few = [name for name in numeric if X[name].nunique() <= 32]
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [*task.categorical, *few]), (numbers, numeric)
    )
    if task.kind == "binary":
        model = LogisticRegression(C=1.0, max_iter=2000)
    elif task.kind == "rate":
        model = PoissonRegressor(alpha=1 / len(X), max_iter=2000)
    else:
        model = Ridge(alpha=1.0)
    return make_pipeline(columns, model)


MODELS = {
    OURS: Model("sk-entity", ("sk-entity", "torch"), ours),
    "lightgbm": Model("LightGBM", ("lightgbm",), lightgbm, tree=True),
    "catboost": Model("CatBoost", ("catboost",), catboost, tree=True),
    "hgb": Model("HistGradientBoosting", ("scikit-learn",), hist_gradient_boosting, tree=True),
    "linear": Model("one-hot linear", ("scikit-learn",), linear),
    "target": Model(
        "TargetEncoder + LightGBM", ("scikit-learn", "lightgbm"), target_encoded, tree=True
    ),
}
