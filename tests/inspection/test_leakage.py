"""Vectors bring a model behind them nothing that fresh rows do not confirm, and cv=None does."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import Leakage, check_leakage

MODELS = {
    "forest": RandomForestClassifier(random_state=0),
    "trees": HistGradientBoostingClassifier(random_state=0),
}


@pytest.fixture(scope="module")
def rare_levels():
    """A column of many levels that tell little, one of few that tell much."""
    rng = np.random.default_rng(0)
    n_samples = 1200
    few = rng.integers(0, 6, n_samples)
    X = pd.DataFrame({"many": rng.integers(0, 300, n_samples).astype(str), "few": few.astype(str)})
    y = rng.random(n_samples) < np.linspace(0.2, 0.8, 6)[few]
    return X, y


def encoder(cv, **settings):
    settings = {"max_iter": 15, "ordered_target_encoding": False, "random_state": 0} | settings
    return EntityEmbeddingEncoder(EntityEmbeddingClassifier(**settings), cv=cv)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_cross_fitted_vectors_do_not_leak(model, rare_levels):
    found = check_leakage(encoder(5), *rare_levels, estimator=MODELS[model], random_state=0)
    assert not found.leaks
    assert found.permuted_skill < found.noise
    assert found.identifier_cost < found.noise


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_vectors_of_the_rows_own_network_do(model, rare_levels):
    found = check_leakage(encoder(None), *rare_levels, estimator=MODELS[model], random_state=0)
    assert found.leaks
    assert found.permuted_skill > 2 * found.noise


def of_kind(kind, X):
    """A target of this kind, an encoder for it, and a model that trusts one component."""
    y = X["few"].astype(int) + np.random.default_rng(0).normal(0, 3, len(X))
    settings = {"max_iter": 1, "hidden_layer_sizes": (4,), "random_state": 0}
    if kind == "quantity":
        return y, EntityEmbeddingRegressor(**settings), DecisionTreeRegressor(max_depth=1)
    inside = EntityEmbeddingClassifier(**settings, ordered_target_encoding=False)
    stump = DecisionTreeClassifier(max_depth=1, random_state=0)
    return np.digitize(y, [2.5] if kind == "two classes" else [1.0, 4.0]), inside, stump


KINDS = ["two classes", "quantity", pytest.param("three classes", marks=pytest.mark.slow)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_trusts_an_identifier_loses_skill_by_it(kind, rare_levels):
    X = rare_levels[0][["few"]]
    y, inside, stump = of_kind(kind, X)
    trusting, wary = (
        check_leakage(EntityEmbeddingEncoder(inside, cv=cv), X, y, estimator=stump, random_state=0)
        for cv in (None, 2)
    )
    assert trusting.identifier_cost > trusting.noise
    assert trusting.leaks
    assert abs(wary.identifier_cost) < wary.noise


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_that_know_their_own_target_show_skill_where_there_is_none(kind, rare_levels):
    X = rare_levels[0]
    y, inside, stump = of_kind(kind, X)
    knowing, fair = (
        check_leakage(
            EntityEmbeddingEncoder(inside, cv=cv), X[["many"]], y, estimator=stump, random_state=0
        )
        for cv in (None, 2)
    )
    assert knowing.permuted_skill > knowing.noise
    assert fair.permuted_skill < fair.noise


def test_noise_is_that_of_half_of_the_rows_or_of_the_rarest_class(rare_levels):
    X = rare_levels[0][["few"]][:200]
    for y, few in ((np.arange(200.0), 100), (np.repeat(["a", "b"], [160, 40]), 40)):
        kind = EntityEmbeddingRegressor if few == 100 else EntityEmbeddingClassifier
        inside = kind(max_iter=1, hidden_layer_sizes=(4,), random_state=0)
        model = Ridge() if few == 100 else DecisionTreeClassifier(max_depth=1)
        encoder = EntityEmbeddingEncoder(inside, cv=None)
        found = check_leakage(encoder, X, y, estimator=model, random_state=0)
        assert found.noise == pytest.approx(3 / np.sqrt(few))


def test_leaks_are_what_exceeds_noise():
    assert Leakage(0.2, 0.0, 0.1).leaks
    assert Leakage(0.0, 0.2, 0.1).leaks
    assert not Leakage(0.05, -0.3, 0.1).leaks


@pytest.mark.slow
@pytest.mark.parametrize(
    "columns",
    [
        ["many", "few"],
        [0, 1],
        [True, True, False],
        "from_dtype",
        ["from_dtype"],
        lambda X: ["many", "few"],
    ],
    ids=["names", "positions", "mask", "dtype", "dtype in a list", "callable"],
)
@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame])
def test_the_identifiers_are_encoded_whatever_names_the_columns(columns, container, rare_levels):
    X, y = rare_levels
    table = container({"many": X["many"][:80], "few": X["few"][:80], "x": np.arange(80.0)})
    inside = EntityEmbeddingRegressor(max_iter=1, categorical_features=columns)
    checked = EntityEmbeddingEncoder(inside, cv=2)
    found = check_leakage(
        checked, table, np.arange(80.0) + y[:80], estimator=Ridge(), random_state=0
    )
    assert np.isfinite([found.permuted_skill, found.identifier_cost]).all()
    assert not hasattr(checked, "estimator_")


def test_a_frozen_estimator_cannot_be_checked(rare_levels):
    fitted = EntityEmbeddingClassifier(max_iter=1).fit(*rare_levels)
    with pytest.raises(ValueError, match="frozen estimator, which is not fitted again"):
        check_leakage(EntityEmbeddingEncoder(FrozenEstimator(fitted)), *rare_levels)


def test_identifiers_that_are_new_are_not_refused(rare_levels):
    X, _ = rare_levels
    y, inside, model = of_kind("quantity", X)
    strict = EntityEmbeddingEncoder(inside, cv=2, handle_unknown="error")
    found = check_leakage(strict, X, y, estimator=model, random_state=0)
    assert np.isfinite(found.identifier_cost)
    assert strict.handle_unknown == "error"
