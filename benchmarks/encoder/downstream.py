"""This module lists the models behind the encoders, and says which encodings each can read.

Every model has its own defaults, but for what is said here.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from scipy import sparse
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from .. import estimators
from ..scores import scores
from .encoders import NATIVE

# Where a model would have to make dense, or to search for splits, what is one column per level.
MOST_ONE_HOT = 300
MOST_NATIVE = 255


def forest(task, seed, threads):
    """scikit-learn's random forest."""
    classify = task.kind == "binary"
    return (RandomForestClassifier if classify else RandomForestRegressor)(
        random_state=seed, n_jobs=threads
    )


def histogram_boosting(task, seed, threads):
    """scikit-learn's trees on histograms; they recognise categories by dtype."""
    return estimators.histogram_boosting(task, seed)


def linear(task, seed, threads):
    """Ridge, logistic or Poisson regression."""
    # The default penalty of a rate, 1 against the mean of the losses, would leave nothing.
    return estimators.linear(task, penalty_of_rates=1e-4)


def neighbours(task, seed, threads):
    """The mean of the 20 nearest."""
    if task.kind == "binary":
        return KNeighborsClassifier(n_neighbors=20, n_jobs=threads)
    return KNeighborsRegressor(n_neighbors=20, n_jobs=threads)


@dataclass(frozen=True)
class Downstream:
    """A model behind an encoder; `scaled`: numbers are filled in and brought to one scale."""

    label: str
    package: str
    build: Callable
    scaled: bool = False
    rates: bool = True

    def reads(self, task, encoder, encoded):
        """Whether it can be fitted to this encoding in minutes."""
        if task.kind == "rate" and not self.rates:
            return False
        if encoder == NATIVE:
            if self.build is histogram_boosting:
                return all(len(t.categories) <= MOST_NATIVE for t in _levels(encoded))
            return self.build is estimators.lightgbm
        if sparse.issparse(encoded) and self.build in (forest, histogram_boosting):
            return encoded.shape[1] <= MOST_ONE_HOT
        return True

    def predict(self, task, split, learn, test, seed, threads):
        """Predictions for the rows that test: of a class, the probability of the second."""
        model = self.build(task, seed, threads)
        if sparse.issparse(learn) and self.build is histogram_boosting:
            learn, test = learn.toarray(), test.toarray()
        if self.scaled:
            scaler = MaxAbsScaler() if sparse.issparse(learn) else StandardScaler()
            scaler = make_pipeline(SimpleImputer(strategy="median"), scaler)
            learn, test = scaler.fit_transform(learn), scaler.transform(test)
        weight = {} if split.weight is None else {"sample_weight": split.weight}
        return estimators.predict(model.fit(learn, split.y, **weight), task, test)


def errors_behind(task, split, encoder, encoded, seed, threads, models=None):
    """Yield each model that can read an encoding, and its errors by metric."""
    learn, test = encoded
    for key in models or DOWNSTREAM:
        model = DOWNSTREAM[key]
        if model.reads(task, encoder, learn):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # LightGBM on arrays without names
                predicted = model.predict(task, split, learn, test, seed, threads)
            yield key, scores(task, split, predicted)


def _levels(frame):
    return [dtype for dtype in frame.dtypes if dtype.name == "category"]


DOWNSTREAM = {
    "lightgbm": Downstream("LightGBM", "lightgbm", estimators.lightgbm),
    "forest": Downstream("random forest", "scikit-learn", forest, rates=False),
    "hgb": Downstream("HistGradientBoosting", "scikit-learn", histogram_boosting),
    "linear": Downstream("ridge or logistic regression", "scikit-learn", linear, scaled=True),
    "neighbours": Downstream(
        "20 nearest neighbours", "scikit-learn", neighbours, scaled=True, rates=False
    ),
}
