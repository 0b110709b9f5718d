"""A warm start goes on with what was learned before, and refuses what does not fit it."""

import numpy as np
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor


def test_warm_start_continues(slopes, small):
    X, y = slopes
    warm = EntityEmbeddingRegressor(warm_start=True, **small).fit(X, y)
    first, loss = warm.embeddings_, warm.history_["train_loss"].iloc[-1]
    warm.fit(X, y)
    assert warm.history_.index.tolist() == list(range(1, 11))
    assert warm.n_iter_ == warm.best_iter_ == 10
    assert warm.history_["train_loss"].loc[6] < 1.5 * loss
    # A step so small that nothing moves: the weights are those learned before.
    before = warm.predict(X)
    warm.set_params(learning_rate_init=1e-12, max_iter=1).fit(X, y)
    assert warm.predict(X) == pytest.approx(before, abs=1e-5)
    assert not first["group"].equals(warm.embeddings_["group"])


def test_warm_start_keeps_what_tables_and_targets_are_coded_by(slopes, small):
    X, y = slopes
    warm = EntityEmbeddingRegressor(warm_start=True, **small).fit(X, y)
    before = warm.state_
    after = warm.fit(X.assign(x=3 * X["x"]), 10 * y + 4).state_
    assert after is not before
    assert after.coder is before.coder
    assert after.target is before.target
    assert after.encoding is before.encoding
    # What categories tell by themselves is learned from the new rows, in the unit of before.
    assert np.ptp(after.means[0].effects) == pytest.approx(
        10 * np.ptp(before.means[0].effects), rel=0.1
    )


def test_best_epochs_are_counted_from_the_very_first(slopes, small):
    X, y = slopes
    warm = EntityEmbeddingRegressor(warm_start=True, **small)
    warm.fit(X[100:], y[100:])
    warm.set_params(max_iter=10, learning_rate_init=0.1)
    warm.fit(X[100:], y[100:], X_val=X[:100], y_val=y[:100])
    assert warm.n_iter_ == len(warm.history_)
    assert warm.best_iter_ == warm.history_["valid_loss"].idxmin() > 5


def test_warm_start_keeps_the_vocabulary_and_the_number_of_outputs(slopes, small):
    X, y = slopes
    warm = EntityEmbeddingRegressor(warm_start=True, **small).fit(X, y)
    warm.fit(X.replace({"group": {"a": "new"}}), y)
    assert warm.categories_["group"].tolist() == list("abcdefgh")
    with pytest.raises(ValueError, match="outputs cannot change from 1 to 2"):
        warm.fit(X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="feature names"):
        warm.fit(X.rename(columns={"x": "z"}), y)


@pytest.mark.parametrize(
    "change",
    [
        {"embedding_dim": 2},
        {"hidden_layer_sizes": (8,)},
        {"activation": "relu"},
        {"loss": "poisson"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_warm_start_refuses_to_change_the_network(slopes, small, change):
    X, y = slopes
    warm = EntityEmbeddingRegressor(warm_start=True, **small).fit(X, y)
    before = warm.predict(X)
    with pytest.raises(ValueError, match="warm_start=True.*cannot change.*warm_start=False"):
        warm.set_params(**change).fit(X, np.abs(y))
    assert np.array_equal(warm.predict(X), before)


def test_warm_start_refuses_new_classes(slopes, small):
    X, y = slopes
    warm = EntityEmbeddingClassifier(warm_start=True, **small).fit(X, np.where(y > 0, "a", "b"))
    with pytest.raises(ValueError, match="class 'c' is not among those learned"):
        warm.fit(X, np.where(y > 0, "a", "c"))


def test_without_warm_start_fit_starts_anew(slopes, small, one_thread):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small)
    once = model.fit(X, y).predict(X)
    assert np.array_equal(model.fit(X, y).predict(X), once)
    assert model.n_iter_ == 5
