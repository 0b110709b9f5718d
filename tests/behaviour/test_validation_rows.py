"""Rows to validate on: given, or a random part that is held out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor


def test_all_rows_teach_where_nothing_is_held_out(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.sum() == len(X)


def test_a_random_part_is_held_out_on_demand(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(early_stopping=True, validation_fraction=0.2, **small)
    model.fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.sum() == 400
    assert model.history_["valid_loss"].notna().all()


@pytest.mark.parametrize("random_state", range(3))
def test_held_out_classes_keep_their_shares(random_state, small):
    y = np.repeat(["a", "b", "c"], [320, 150, 30])
    X = pd.DataFrame({"label": y, "x": np.arange(500.0)})
    settings = small | {"max_iter": 1, "random_state": random_state}
    model = EntityEmbeddingClassifier(early_stopping=True, **settings).fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.tolist() == [288, 135, 27]


def test_a_class_of_one_row_can_still_be_validated(slopes, small):
    X, _ = slopes
    y = np.repeat(["a", "b"], [499, 1])
    model = EntityEmbeddingClassifier(early_stopping=True, **small).fit(X, y)
    assert model.classes_.tolist() == ["a", "b"]


def test_validation_without_stopping_only_watches(slopes, small):
    X, y = slopes
    watched = EntityEmbeddingRegressor(early_stopping=False, **small).fit(X, y, X_val=X, y_val=y)
    alone = EntityEmbeddingRegressor(early_stopping=False, **small).fit(X, y)
    assert "valid_loss" in watched.history_
    assert watched.best_iter_ == watched.n_iter_
    assert np.array_equal(watched.predict(X), alone.predict(X))


def test_validation_rows_teach_nothing(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(early_stopping=False, **small)
    alone = model.fit(X, y).state_
    watched = model.fit(X, y, X_val=X[:100].assign(x=9.0), y_val=5 * y[:100] + 7).state_
    assert watched.target.offset == alone.target.offset
    assert watched.coder.numerical[0].scaler.center == alone.coder.numerical[0].scaler.center
    assert np.array_equal(watched.means[0].effects, alone.means[0].effects)
    assert np.array_equal(watched.weights.tables[0].mean, alone.weights.tables[0].mean)


def test_held_out_rows_teach_nothing(slopes, small):
    X, y = slopes
    X = X.assign(row=[f"row {i:03d}" for i in range(500)])
    model = EntityEmbeddingRegressor(early_stopping=True, **small)
    first = model.fit(X, y).state_
    held_out = first.coder.categorical[1].vocabulary.counts == 0
    assert held_out.sum() == 50
    others = X["group"].where(~held_out, "h").to_numpy()
    second = model.fit(X.assign(group=others), y).state_
    assert np.array_equal(second.means[0].effects, first.means[0].effects)
    assert np.array_equal(
        second.coder.categorical[0].vocabulary.counts, first.coder.categorical[0].vocabulary.counts
    )


def test_the_validation_loss_is_that_of_the_predictions(slopes, small):
    X, y = slopes
    weight = np.random.default_rng(1).gamma(1.0, size=100)
    model = EntityEmbeddingRegressor(early_stopping=False, **small)
    model.fit(X[100:], y[100:], X_val=X[:100], y_val=y[:100], sample_weight_val=weight)
    error = (model.predict(X[:100]) - y[:100]) / model.state_.target.scale
    expected = np.average(error**2 / 2, weights=weight)
    assert model.history_["valid_loss"].iloc[-1] == pytest.approx(expected, rel=1e-4)


def test_weights_of_classes_count_in_the_validation_loss(slopes, small):
    X, y = slopes[0], np.where(slopes[1] > 0.5, "high", "low")
    settings = small | {"class_weight": {"high": 5.0}, "early_stopping": False}
    model = EntityEmbeddingClassifier(**settings)
    weight = np.random.default_rng(1).gamma(1.0, size=100)
    model.fit(X[100:], y[100:], X_val=X[:100], y_val=y[:100], sample_weight_val=weight)
    weight = weight * np.where(y[:100] == "high", 5.0, 1.0)
    expected = log_loss(y[:100], model.predict_proba(X[:100]), sample_weight=weight)
    assert model.history_["valid_loss"].iloc[-1] == pytest.approx(expected, rel=1e-4)


def test_a_class_that_training_has_not_seen_is_refused(sales, size, classifier):
    other = np.where(size == "s", "xl", size)
    with pytest.raises(ValueError, match="class 'xl' is not among those learned: .*'s'"):
        classifier.fit(sales, size, X_val=sales, y_val=other)
