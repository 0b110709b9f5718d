"""What happens between epochs: the best weights, stopping, the bar and the user's callbacks."""

import numpy as np
import pytest
import skorch.callbacks

from sk_entity import EntityEmbeddingRegressor


def half_squared_error(model, X, y):
    """The loss of the history: half the squared error in units of the training target."""
    return np.mean((y - model.predict(X)) ** 2) / 2 / model.state_.target.scale[0] ** 2


def test_the_best_weights_are_restored(slopes, small):
    X, y = slopes
    settings = {**small, "learning_rate_init": 0.1, "max_iter": 30, "n_iter_no_change": 4}
    X_val, y_val = X[:60], y[:60]
    model = EntityEmbeddingRegressor(**settings).fit(X[60:], y[60:], X_val=X_val, y_val=y_val)
    valid = model.history_["valid_loss"]
    assert model.best_iter_ == valid.idxmin()
    assert half_squared_error(model, X_val, y_val) == pytest.approx(valid.min(), rel=1e-4)


def test_training_stops_when_validation_ceases_to_improve(slopes, small):
    X, y = slopes
    noise = np.random.default_rng(1).normal(size=500)
    settings = {**small, "max_iter": 200, "n_iter_no_change": 3}
    model = EntityEmbeddingRegressor(**settings).fit(
        X[60:], noise[60:], X_val=X[:60], y_val=noise[:60]
    )
    assert model.n_iter_ < 200
    # No improvement asked for is small enough to count.
    hard_to_please = EntityEmbeddingRegressor(tol=10.0, **settings)
    hard_to_please.fit(X[60:], y[60:], X_val=X[:60], y_val=y[:60])
    assert hard_to_please.n_iter_ == 4


def test_verbose_shows_a_bar_over_epochs_with_losses(slopes, small, capsys):
    X, y = slopes
    EntityEmbeddingRegressor(verbose=1, **small).fit(X, y, X_val=X, y_val=y)
    shown = capsys.readouterr().err
    assert "5/5" in shown
    assert "epoch" in shown
    assert "train_loss" in shown
    assert "valid_loss" in shown


class Recorder(skorch.callbacks.Callback):
    """Counts events in a list that copies of the callback share."""

    def __init__(self, events):
        self.events = events

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        self.events.append(("batch", training))

    def on_epoch_end(self, net, dataset_train=None, **kwargs):
        self.events.append(("epoch", net.history[-1, "train_loss"]))


def test_skorch_callbacks_see_every_event(slopes, small):
    X, y = slopes
    events = []
    model = EntityEmbeddingRegressor(callbacks=[Recorder(events)], **small).fit(X, y)
    losses = [value for kind, value in events if kind == "epoch"]
    assert losses == model.history_["train_loss"].tolist()
    assert events.count(("batch", True)) == 5 * int(np.ceil(500 / small["batch_size"]))


def test_scores_of_skorch_enter_the_history(slopes, small):
    X, y = slopes
    score = skorch.callbacks.EpochScoring("r2", name="valid_r2", lower_is_better=False)
    model = EntityEmbeddingRegressor(callbacks=[("r2", score)], **small)
    model.fit(X, y, X_val=X, y_val=y)
    assert model.history_["valid_r2"].loc[model.best_iter_] == pytest.approx(
        model.score(X, y), abs=1e-4
    )


def test_a_scheduler_of_skorch_replaces_the_cosine(slopes, small):
    scheduler = skorch.callbacks.LRScheduler("StepLR", step_size=2, gamma=0.1)
    model = EntityEmbeddingRegressor(callbacks=[scheduler], **small).fit(*slopes)
    assert "learning_rate" not in model.history_
    assert model.history_["event_lr"].tolist() == pytest.approx([0.02, 0.02, 0.002, 0.002, 2e-4])


def test_early_stopping_of_skorch_ends_training(slopes, small):
    stop = skorch.callbacks.EarlyStopping("train_loss", patience=2, threshold=10.0)
    model = EntityEmbeddingRegressor(callbacks=[stop], **small).fit(*slopes)
    assert model.n_iter_ == model.best_iter_ == len(model.history_) == 3
