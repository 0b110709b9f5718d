"""The encoders of the encoder benchmark, and the models behind them.

An encoder turns the categorical columns of a split into columns that any model
reads; numbers stay beside them as they are. Every encoder and every model has
its own defaults, but for what is said here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from _models import AsCategories, beside_numbers, boosting, cross_fitted_means, ours, predict
from category_encoders import CatBoostEncoder
from scipy import sparse
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from sk_entity import EntityEmbeddingEncoder

# Where a model would have to make dense, or to search for splits, what is one column per level.
MOST_ONE_HOT = 300
MOST_NATIVE = 255


def ordinal(task, split, seed, threads):
    """Ranks of the levels; new ones are -1."""
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    return beside_numbers(task, encoder)


def one_hot(task, split, seed, threads):
    """A sparse column per level."""
    return beside_numbers(task, OneHotEncoder(handle_unknown="ignore"))


def target(task, split, seed, threads):
    """scikit-learn's cross-fitted means."""
    return beside_numbers(task, cross_fitted_means(task, seed))


def catboost(task, split, seed, threads):
    """Means over the rows before, in an order drawn once."""
    encoder = CatBoostEncoder(cols=list(task.categorical), random_state=seed)
    return beside_numbers(task, encoder)


def entity(task, split, seed, threads, **settings):
    """Ours; of a rate it is told the loss."""
    if task.kind == "rate":
        settings["estimator"] = ours(task, split.X, seed, threads)
    kind = "binary" if task.kind == "binary" else "continuous"
    columns = list(task.categorical)
    return EntityEmbeddingEncoder(
        target_type=kind, categorical_features=columns, random_state=seed, **settings
    )


def entity_in_sample(task, split, seed, threads):
    """Ours without cross-fitting."""
    return entity(task, split, seed, threads, cv=None)


@dataclass(frozen=True)
class Encoder:
    """How an encoder is built; None leaves the columns to the model, if it knows categories."""

    label: str
    build: Callable | None

    def encode(self, task, split, seed, threads):
        """Encoded rows to learn from and to test on."""
        if self.build is None:
            as_categories = AsCategories(list(task.categorical)).fit(split.X)
            return as_categories.transform(split.X), as_categories.transform(split.X_test)
        encoder = self.build(task, split, seed, threads)
        weight = {}
        if isinstance(encoder, EntityEmbeddingEncoder) and split.weight is not None:
            weight = {"sample_weight": split.weight}
        learn = encoder.fit_transform(split.X, split.y, **weight)
        return _numbers(learn), _numbers(encoder.transform(split.X_test))


def _numbers(encoded):
    return encoded.tocsr() if sparse.issparse(encoded) else np.asarray(encoded, dtype=float)


OURS, IN_SAMPLE, NATIVE = "ours", "in-sample", "native"
ENCODERS = {
    OURS: Encoder("sk-entity", entity),
    IN_SAMPLE: Encoder("sk-entity, cv=None", entity_in_sample),
    "target": Encoder("TargetEncoder", target),
    "catboost": Encoder("CatBoostEncoder", catboost),
    "one-hot": Encoder("one-hot", one_hot),
    "ordinal": Encoder("ordinal", ordinal),
    NATIVE: Encoder("native", None),
}


def _forest(task, seed, threads):
    classify = task.kind == "binary"
    return (RandomForestClassifier if classify else RandomForestRegressor)(
        random_state=seed, n_jobs=threads
    )


def _hist_gradient_boosting(task, seed, threads):
    # Categories are recognised by dtype; of other encodings there are none.
    if task.kind == "binary":
        return HistGradientBoostingClassifier(random_state=seed)
    loss = "poisson" if task.kind == "rate" else "squared_error"
    return HistGradientBoostingRegressor(random_state=seed, loss=loss)


def _linear(task, seed, threads):
    if task.kind == "binary":
        return LogisticRegression(max_iter=2000)
    # Of a rate the default penalty, 1 against the mean of the losses, would leave nothing.
    return PoissonRegressor(alpha=1e-4, max_iter=2000) if task.kind == "rate" else Ridge()


def _neighbours(task, seed, threads):
    if task.kind == "binary":
        return KNeighborsClassifier(n_neighbors=20, n_jobs=threads)
    return KNeighborsRegressor(n_neighbors=20, n_jobs=threads)


@dataclass(frozen=True)
class Downstream:
    """A model behind an encoder; `scaled`: numbers are filled in and brought to one scale."""

    label: str
    build: Callable
    scaled: bool = False
    rates: bool = True

    def reads(self, task, encoder, encoded):
        """Whether it can be fitted to this encoding in minutes."""
        if task.kind == "rate" and not self.rates:
            return False
        if encoder == NATIVE:
            if self.build is _hist_gradient_boosting:
                return all(len(t.categories) <= MOST_NATIVE for t in _levels(encoded))
            return self.build is boosting
        if sparse.issparse(encoded) and self.build in (_forest, _hist_gradient_boosting):
            return encoded.shape[1] <= MOST_ONE_HOT
        return True

    def predict(self, task, split, learn, test, seed, threads):
        """Predictions for the rows that test: of a class, the probability of the second."""
        model = self.build(task, seed, threads)
        if sparse.issparse(learn) and self.build is _hist_gradient_boosting:
            learn, test = learn.toarray(), test.toarray()
        if self.scaled:
            scaler = MaxAbsScaler() if sparse.issparse(learn) else StandardScaler()
            scaler = make_pipeline(SimpleImputer(strategy="median"), scaler)
            learn, test = scaler.fit_transform(learn), scaler.transform(test)
        weight = {} if split.weight is None else {"sample_weight": split.weight}
        return predict(model.fit(learn, split.y, **weight), task, test)


def _levels(frame):
    return [dtype for dtype in frame.dtypes if dtype.name == "category"]


DOWNSTREAM = {
    "lightgbm": Downstream("LightGBM", boosting),
    "forest": Downstream("random forest", _forest, rates=False),
    "hgb": Downstream("HistGradientBoosting", _hist_gradient_boosting),
    "linear": Downstream("ridge or logistic regression", _linear, scaled=True),
    "neighbours": Downstream("20 nearest neighbours", _neighbours, scaled=True, rates=False),
}
