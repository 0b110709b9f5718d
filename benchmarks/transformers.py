"""This module turns categorical columns into what other models than sk-entity can read."""

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder


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


def beside_numbers(task, encoder):
    """The encoder in place of the categorical columns, the numbers as they are."""
    return make_column_transformer(
        (encoder, list(task.categorical)), remainder="passthrough", verbose_feature_names_out=False
    )


def cross_fitted_means(task, seed):
    """scikit-learn's TargetEncoder with shuffled folds, stratified by class."""
    kind, folds = ("binary", StratifiedKFold) if task.kind == "binary" else ("continuous", KFold)
    return TargetEncoder(target_type=kind, cv=folds(5, shuffle=True, random_state=seed))
