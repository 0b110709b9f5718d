"""This module lists the encoders that are compared.

An encoder turns the categorical columns of a split into columns that any model
reads; numbers stay beside them as they are. Every encoder has its own defaults,
but for what is said here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from sk_entity import EntityEmbeddingEncoder

from ..estimators import network
from ..transformers import AsCategories, beside_numbers, cross_fitted_means
from ..versions import LIBRARY


def entity(task, seed, split, **settings):
    """sk-entity's vectors; of a rate it is told the loss."""
    if task.kind == "rate":
        settings["estimator"] = network(task, split.X, seed)
    kind = "binary" if task.kind == "binary" else "continuous"
    columns = list(task.categorical)
    return EntityEmbeddingEncoder(
        target_type=kind, categorical_features=columns, random_state=seed, **settings
    )


def entity_in_sample(task, seed, split):
    """The same without cross-fitting."""
    return entity(task, seed, split, cv=None)


def target(task, seed, split):
    """scikit-learn's cross-fitted means."""
    return beside_numbers(task, cross_fitted_means(task, seed))


def catboost(task, seed, split):
    """Means over the rows before, in an order drawn once."""
    from category_encoders import CatBoostEncoder

    encoder = CatBoostEncoder(cols=list(task.categorical), random_state=seed)
    return beside_numbers(task, encoder)


def one_hot(task, seed, split):
    """A sparse column per level."""
    return beside_numbers(task, OneHotEncoder(handle_unknown="ignore"))


def ordinal(task, seed, split):
    """Ranks of the levels; new ones are -1."""
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    return beside_numbers(task, encoder)


@dataclass(frozen=True)
class Encoder:
    """How an encoder is built; None leaves the columns to the model, if it knows categories."""

    label: str
    packages: tuple
    build: Callable | None

    def encode(self, task, seed, split):
        """Encoded rows to learn from and to test on."""
        if self.build is None:
            as_categories = AsCategories(list(task.categorical)).fit(split.X)
            return as_categories.transform(split.X), as_categories.transform(split.X_test)
        encoder = self.build(task, seed, split)
        weight = {}
        if isinstance(encoder, EntityEmbeddingEncoder) and split.weight is not None:
            weight = {"sample_weight": split.weight}
        learn = encoder.fit_transform(split.X, split.y, **weight)
        return _numbers(learn), _numbers(encoder.transform(split.X_test))


def _numbers(encoded):
    return encoded.tocsr() if sparse.issparse(encoded) else np.asarray(encoded, dtype=float)


OURS, IN_SAMPLE, TARGET, NATIVE = "ours", "in-sample", "target", "native"
ENCODERS = {
    OURS: Encoder("sk-entity", (LIBRARY, "torch"), entity),
    IN_SAMPLE: Encoder("sk-entity, cv=None", (LIBRARY, "torch"), entity_in_sample),
    TARGET: Encoder("TargetEncoder", ("scikit-learn",), target),
    "catboost": Encoder("CatBoostEncoder", ("category_encoders",), catboost),
    "one-hot": Encoder("one-hot", ("scikit-learn",), one_hot),
    "ordinal": Encoder("ordinal", ("scikit-learn",), ordinal),
    NATIVE: Encoder("native", (), None),
}
