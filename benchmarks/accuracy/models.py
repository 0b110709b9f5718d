"""This module lists the models of the accuracy benchmark, each with its own defaults.

A model is fitted to the columns as they are in the file. What differs is what
it needs to be told: which columns are categorical, and that a rate is Poisson.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from .. import estimators
from ..transformers import AsCategories, AsStrings, beside_numbers, cross_fitted_means
from ..versions import LIBRARY, versions
from .tuned import Tuned

OURS = "ours"
# Against the sum of the losses; 1 is the default of the linear models.
PENALTIES = 10.0 ** np.arange(-2, 3.5, 0.5)


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
    build: Callable
    tree: bool = False

    @property
    def version(self):
        """Of the packages, as here; of ours, the checksum of its code."""
        return versions(*self.packages)

    def run(self, task, split, seed, threads, settings):
        """Fit and predict; `settings` are those of our network, normally none."""
        model = self.build(task, split.X, seed, threads, **settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            start, cpu = time.perf_counter(), time.process_time()
            fit(model, split)
            fitted, cpu = time.perf_counter(), time.process_time() - cpu
            predicted = estimators.predict(model, task, split.X_test)
        done = time.perf_counter()
        return Outcome(predicted, fitted - start, cpu, done - fitted, self.version)


def fit(model, split):
    """With weights where the task has them; in a pipeline they go to the last step."""
    weight = {}
    if split.weight is not None:
        step = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
        weight = {f"{step}sample_weight": split.weight}
    return model.fit(split.X, split.y, **weight)


def network(task, X, seed, threads, **settings):
    """The library's; torch has been told the number of threads."""
    return estimators.network(task, X, seed, **settings)


def lightgbm(task, X, seed, threads):
    """Splits sets of categories."""
    trees = estimators.lightgbm(task, seed, threads)
    return make_pipeline(AsCategories(list(task.categorical)), trees)


def target_encoded(task, X, seed, threads):
    """Cross-fitted means of the target in place of categories; they ignore weights."""
    columns = beside_numbers(task, cross_fitted_means(task, seed)).set_output(transform="pandas")
    return make_pipeline(columns, estimators.lightgbm(task, seed, threads))


def catboost(task, X, seed, threads):
    """Target statistics of categories and their combinations, ordered against leakage."""
    from catboost import CatBoostClassifier, CatBoostRegressor

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


def histogram_boosting(task, X, seed, threads):
    """Splits sets of categories, at most 255; a column with more is its ranks, a number."""
    ranks = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = beside_numbers(task, ranks).set_output(transform="pandas")
    few = [name for name in task.categorical if X[name].nunique() <= 255]
    return make_pipeline(
        columns, estimators.histogram_boosting(task, seed, categorical_features=few)
    )


def linear(task, X, seed, threads):
    """A weight per level; numbers of few values are levels too, which a line would miss.

    The penalty is 1 against the sum of the losses in all three: PoissonRegressor
    sets its own against their mean, so that there it is one over the rows.
    """
    return make_pipeline(_one_hot(task, X), estimators.linear(task, penalty_of_rates=1 / len(X)))


def tuned_linear(task, X, seed, threads):
    """The same with the penalty that is best over five folds."""
    one = estimators.linear(task, penalty_of_rates=1 / len(X))
    name, values = ("C", 1 / PENALTIES) if task.kind == "binary" else ("alpha", PENALTIES)
    if task.kind == "rate":
        values = values / len(X)
    return make_pipeline(_one_hot(task, X), Tuned(one, name, list(values), task.kind, seed))


def _one_hot(task, X):
    numeric = [name for name in X if name not in task.categorical]
    few = [name for name in numeric if X[name].nunique() <= 32]
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [*task.categorical, *few]), (numbers, numeric)
    )


MODELS = {
    OURS: Model("sk-entity", (LIBRARY, "torch"), network),
    "lightgbm": Model("LightGBM", ("lightgbm",), lightgbm, tree=True),
    "catboost": Model("CatBoost", ("catboost",), catboost, tree=True),
    "hgb": Model("HistGradientBoosting", ("scikit-learn",), histogram_boosting, tree=True),
    "linear": Model("one-hot linear", ("scikit-learn",), linear),
    "tuned": Model("one-hot linear, tuned", ("scikit-learn",), tuned_linear),
    "target": Model(
        "TargetEncoder + LightGBM", ("scikit-learn", "lightgbm"), target_encoded, tree=True
    ),
}
