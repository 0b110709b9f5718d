"""This module chooses the penalty of a linear model by cross-validation, with weights."""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold

LOSSES = {
    "regression": mean_squared_error,
    "binary": log_loss,
    "rate": mean_poisson_deviance,
}


class Tuned(BaseEstimator):
    """The estimator with the value of a parameter that is best over five folds.

    GridSearchCV would score without the weights, and rates mean nothing without them.
    """

    def __init__(self, estimator, name, values, kind, seed):
        self.estimator = estimator
        self.name = name
        self.values = values
        self.kind = kind
        self.seed = seed

    def fit(self, X, y, sample_weight=None):
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        splitter = StratifiedKFold if self.kind == "binary" else KFold
        folds = list(splitter(5, shuffle=True, random_state=self.seed).split(X, y))
        losses = [
            np.mean([self._loss(value, X, y, weight, *fold) for fold in folds])
            for value in self.values
        ]
        self.value_ = self.values[int(np.argmin(losses))]
        self.fitted_ = self._with(self.value_).fit(X, y, sample_weight=weight)
        return self

    def _with(self, value):
        return clone(self.estimator).set_params(**{self.name: value})

    def _loss(self, value, X, y, weight, learn, test):
        model = self._with(value).fit(X[learn], y[learn], sample_weight=weight[learn])
        predict = model.predict_proba if self.kind == "binary" else model.predict
        return LOSSES[self.kind](y[test], predict(X[test]), sample_weight=weight[test])

    def predict(self, X):
        return self.fitted_.predict(X)

    def predict_proba(self, X):
        return self.fitted_.predict_proba(X)
