"""An encoder chooses the estimator to fit: the one it is given, or one that fits the target."""

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._estimators.choice import MOST_CLASSES, choose_estimator, is_continuous

WHOLE = np.arange(60) % (MOST_CLASSES + 1)


@pytest.mark.parametrize(
    ("y", "continuous"),
    [
        (np.linspace(0.1, 2.3, 60), True),
        (WHOLE, True),
        (WHOLE.astype(float), True),
        (pd.Series(WHOLE, dtype="Int64"), True),
        (WHOLE.astype(str), False),
        (np.minimum(WHOLE, MOST_CLASSES - 1), False),
        (WHOLE > 3, False),
        (np.array([0.0, 1.0] * 30), False),
        (np.column_stack([WHOLE, WHOLE]), True),
        (np.linspace(0, 1, 60).reshape(30, 2), True),
    ],
)
def test_whole_numbers_of_many_values_are_quantities_and_all_else_is_as_its_type(y, continuous):
    assert is_continuous(y) is continuous


def test_what_can_be_neither_is_refused():
    with pytest.raises(ValueError, match="the target y is None"):
        is_continuous(None)
    with pytest.raises(ValueError, match="'multilabel-indicator'. Set target_type"):
        is_continuous(np.eye(3, dtype=int))
    with pytest.raises(ValueError, match="'unknown'. Set target_type"):
        is_continuous(WHOLE.astype(object))


def test_an_encoder_keeps_what_a_column_tells_in_its_vectors():
    chosen = choose_estimator(EntityEmbeddingEncoder(), np.array([0, 1]))
    assert not chosen.ordered_target_encoding


def test_a_given_estimator_is_cloned_and_keeps_what_the_encoder_leaves_open():
    given = EntityEmbeddingClassifier(categorical_features=["a"], random_state=3, max_iter=7)
    chosen = choose_estimator(EntityEmbeddingEncoder(given), None)
    assert chosen is not given
    assert chosen.get_params() == given.get_params()
    encoder = EntityEmbeddingEncoder(given, categorical_features=["b"], random_state=5)
    chosen = choose_estimator(encoder, None)
    assert (chosen.categorical_features, chosen.random_state, chosen.max_iter) == (["b"], 5, 7)
    assert (given.categorical_features, given.random_state) == (["a"], 3)


def test_a_column_may_be_called_as_the_default_is():
    given = EntityEmbeddingRegressor(categorical_features=["a"])
    encoder = EntityEmbeddingEncoder(given, categorical_features=["from_dtype"])
    assert choose_estimator(encoder, None).categorical_features == ["from_dtype"]


def test_a_frozen_estimator_is_taken_as_it_is_if_it_has_vectors():
    frozen = FrozenEstimator(EntityEmbeddingRegressor(random_state=3))
    encoder = EntityEmbeddingEncoder(frozen, random_state=5, categorical_features=["b"])
    assert choose_estimator(encoder, None) is frozen
    assert frozen.estimator.random_state == 3
    with pytest.raises(TypeError, match="got Ridge"):
        choose_estimator(EntityEmbeddingEncoder(FrozenEstimator(Ridge())), None)
