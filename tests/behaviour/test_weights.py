"""Weights of rows and classes."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

# Whole batches and nothing drawn: what is left is the arithmetic of the weights.
EXACT = {
    "hidden_layer_sizes": (16,),
    "batch_size": 10_000,
    "max_iter": 20,
    "learning_rate_init": 0.01,
    "dropout": 0.0,
    "embedding_dropout": 0.0,
    "device": "cpu",
    "random_state": 0,
}


@pytest.fixture
def nothing_drawn(monkeypatch):
    """Vectors of no width, and no prior: training as in the paper, but for dropout."""
    from sk_entity._network import embeddings, numeric_embeddings
    from sk_entity._training import net

    monkeypatch.setattr(embeddings, "INITIAL_ROW_DEVIATION", 1e-9)
    monkeypatch.setattr(embeddings, "VISITS_AT_HALF", 1e-9)  # rows start alike, however many
    monkeypatch.setattr(numeric_embeddings, "INITIAL_STEP_DEVIATION", 1e-9)
    monkeypatch.setattr(net, "PRIOR_STRENGTH", 0.0)


def test_unit_weights_equal_none(slopes, small, one_thread):
    X, y = slopes
    none = EntityEmbeddingRegressor(**small).fit(X, y)
    ones = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=np.ones(500))
    assert np.array_equal(none.predict(X), ones.predict(X))


@pytest.mark.slow
def test_a_common_factor_changes_nothing(slopes, small, one_thread):
    X, y = slopes
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 500)
    once = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=weight)
    scaled = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=1024 * weight)
    assert np.array_equal(once.predict(X), scaled.predict(X))


@pytest.mark.parametrize("Estimator", [EntityEmbeddingRegressor, EntityEmbeddingClassifier])
@pytest.mark.parametrize("columns", [["group", "x"], ["x"]], ids=["both", "numbers"])
def test_weights_are_repetitions_where_nothing_is_drawn(
    Estimator, columns, slopes, one_thread, nothing_drawn
):
    """In whole batches, up to rounding.

    Otherwise vectors are drawn once per copy, so that two copies of a row are
    two draws and a row of weight two is one; and copies count against the prior.
    """
    X, y = slopes[0][columns], slopes[1] + slopes[0]["x"].to_numpy()
    method = "predict"
    if Estimator is EntityEmbeddingClassifier:
        y, method = np.digitize(y, np.quantile(y, [0.3, 0.6])), "predict_proba"
    weight = np.random.default_rng(1).integers(0, 4, len(y))
    estimator = Estimator(**EXACT)
    weighted = getattr(clone(estimator).fit(X, y, sample_weight=weight), method)(X)
    rows = X.index.repeat(weight)
    repeated = getattr(clone(estimator).fit(X.loc[rows], y[rows]), method)(X)
    plain = getattr(clone(estimator).fit(X, y), method)(X)
    assert np.abs(weighted - repeated).max() < 1e-3 * plain.std()
    assert np.abs(weighted - plain).max() > 0.05 * plain.std()


def test_rows_of_weight_zero_are_as_good_as_absent(slopes, small, one_thread):
    X, y = slopes
    weight = (np.arange(500) % 3 > 0).astype(float)
    kept = weight > 0
    zeroed = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=weight)
    absent = EntityEmbeddingRegressor(**small).fit(X[kept], y[kept])
    # Sums over more terms, zeros among them, may round in another way.
    assert zeroed.predict(X) == pytest.approx(absent.predict(X), rel=1e-9)


def test_weights_enter_the_scaling_of_numbers_and_target(slopes, small):
    X, y = slopes
    heavy = np.where(X["x"] > 0, 1.0, 1e-3)
    model = EntityEmbeddingRegressor(**small).fit(X, y, sample_weight=heavy)
    assert model.state_.coder.numerical[0].scaler.center == pytest.approx(
        X["x"][X["x"] > 0].median(), abs=0.1
    )
    assert model.state_.target.offset == pytest.approx([np.average(y, weights=heavy)])


def test_weights_enter_the_loss(slopes, small):
    X, _ = slopes
    flipped = np.where(np.arange(500) % 2, 10.0, -10.0)
    heavy = np.where(np.arange(500) % 2, 100.0, 1.0)
    model = EntityEmbeddingRegressor(**{**small, "max_iter": 20}).fit(
        X, flipped, sample_weight=heavy
    )
    assert model.predict(X).mean() == pytest.approx(10.0, abs=1.0)


def test_weights_enter_the_validation_loss(slopes, small):
    X, y = slopes
    # The validation rows of weight 0 have absurd targets, which the loss must not see.
    bad = np.arange(500) % 2 == 0
    weight, y_val = (~bad).astype(float), np.where(bad, 1e6, y)
    model = EntityEmbeddingRegressor(**small)
    model.fit(X, y, X_val=X, y_val=y_val, sample_weight_val=weight)
    found = model.history_["valid_loss"]
    model.fit(X, y, X_val=X[~bad], y_val=y[~bad])
    assert found.tolist() == pytest.approx(model.history_["valid_loss"].tolist(), rel=1e-5)


def test_balanced_classes_weigh_the_same(small):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(600) < 0.1, "rare", "common")
    X = pd.DataFrame({"group": rng.choice(list("abc"), 600)})
    plain = EntityEmbeddingClassifier(**small).fit(X, y)
    balanced = EntityEmbeddingClassifier(class_weight="balanced", **small).fit(X, y)
    rare = balanced.classes_.tolist().index("rare")
    assert plain.predict_proba(X)[:, rare].mean() == pytest.approx(0.1, abs=0.05)
    assert balanced.predict_proba(X)[:, rare].mean() == pytest.approx(0.5, abs=0.1)


def test_class_weights_multiply_sample_weights(small, one_thread):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    X = pd.DataFrame({"group": rng.choice(list("abc"), 300)})
    weight = rng.uniform(0.5, 2.0, 300)
    given = EntityEmbeddingClassifier(class_weight={0: 1, 1: 4}, **small).fit(X, y, weight)
    product = EntityEmbeddingClassifier(**small).fit(X, y, weight * np.where(y == 1, 4, 1))
    assert np.array_equal(given.predict_proba(X), product.predict_proba(X))


def test_the_encoder_passes_weights_on(regressor, sales, revenue, one_thread):
    weight = np.where(sales["promotion"], 3.0, 0.5)
    encoder = EntityEmbeddingEncoder(regressor, cv=None, n_components=3)
    encoder.fit(sales, revenue, sample_weight=weight)
    regressor.fit(sales, revenue, sample_weight=weight)
    for name, vectors in regressor.embeddings_.items():
        assert np.array_equal(encoder.estimator_.embeddings_[name], vectors)
    weighted = encoder.embeddings_["shop"]
    encoded = encoder.fit_transform(sales, revenue, sample_weight=weight)
    assert_array_equal(encoded, encoder.transform(sales))
    assert weighted.equals(encoder.embeddings_["shop"])
    unweighted = encoder.fit(sales, revenue).embeddings_["shop"]
    assert np.abs(unweighted - weighted)["shop_effect"].max() > 0.01
    assert np.abs(unweighted - weighted)["shop_axis_1"].max() > 0


@pytest.mark.parametrize("factor", [1e-29, 1e29])
def test_a_large_common_factor_is_nothing_but_rounding(factor, small, one_thread):
    rng = np.random.default_rng(0)
    X, y = pd.DataFrame({"group": rng.choice(list("abc"), 60)}), rng.normal(size=60)
    weight, classes = rng.uniform(0.5, 2, 60), np.where(y > 0, "up", "down")
    for Estimator, target in ((EntityEmbeddingRegressor, y), (EntityEmbeddingClassifier, classes)):
        once = Estimator(**small | {"max_iter": 1}).fit(X, target, weight)
        scaled = clone(once).fit(X, target, factor * weight)
        for a, b in zip(once.state_.means, scaled.state_.means, strict=True):
            assert_allclose(b.effects, a.effects, rtol=1e-5)
        method = "predict" if Estimator is EntityEmbeddingRegressor else "predict_proba"
        assert_allclose(getattr(scaled, method)(X), getattr(once, method)(X), rtol=1e-4)


@pytest.mark.parametrize("factor", [1e-100, 1e-310, 1e100, 1e307])
def test_weights_beyond_the_range_of_floats_are_refused(factor, regressor, classifier):
    X, y = pd.DataFrame({"group": list("abcd") * 5}), np.arange(20.0) % 3
    weight = np.full(20, factor)
    weight[7] *= 2
    largest = rf"is {weight[7]:g}".replace("+", r"\+")
    message = rf"sample_weight {largest} at most, in row 7.*divide them by their largest"
    for estimator in (regressor, classifier, EntityEmbeddingEncoder(regressor)):
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, y, weight)
    with pytest.raises(ValueError, match="sample_weight_val is .* at most, in row 7"):
        regressor.fit(X, y, None, X, y, weight)
    with pytest.raises(ValueError, match="class_weight is"):
        classifier.set_params(class_weight=dict.fromkeys(range(3), factor)).fit(X, y)
    regressor.partial_fit(X, y)
    with pytest.raises(ValueError, match=message):
        regressor.partial_fit(X, y, weight)


def test_weights_may_fade_to_nothing(regressor, classifier):
    X, y = pd.DataFrame({"group": list("abcd") * 20}), np.arange(80) % 3
    weight = 2.0 ** -(np.arange(80) * 13.0)  # down to 1e-309
    regressor.fit(X, y, weight)
    assert np.isfinite(regressor.predict(X)).all()
    assert np.isfinite(classifier.fit(X, y, weight).predict_proba(X)).all()


def test_a_row_that_outweighs_all_others_is_learned(regressor):
    X, y = pd.DataFrame({"group": list("abcd") * 5}), np.arange(20.0) % 3
    regressor.fit(X, y, np.where(np.arange(20) == 3, 1e30, 1e14))
    assert np.isfinite(regressor.predict(X)).all()


def test_a_class_of_no_weight_to_speak_of_is_refused(classifier):
    X, y = pd.DataFrame({"group": list("abcd") * 5}), np.array(["no", "yes"] * 10)
    weight = np.where(y == "no", 1e-20, 1.0)
    with pytest.raises(ValueError, match="Class 'no' has 1e-20 of the weight of all rows"):
        classifier.fit(X, y, weight)
