"""What happens between epochs: the best weights, stopping, the bar and the user's callbacks."""

from types import SimpleNamespace

import numpy as np
import pytest
import skorch.callbacks
import torch
from skorch.callbacks import EarlyStopping
from skorch.history import History

from sk_entity import EntityEmbeddingRegressor, streaming
from sk_entity._training.callbacks import CosineSchedule, KeepBest, TrainingEnded, check_callbacks


@pytest.mark.parametrize(
    ("progress", "factor"),
    [(0.0, 0), (0.01, 0.2), (0.04, 0.8), (0.05, 1), (0.525, 0.5), (0.7625, 0.146447), (1.0, 0)],
)
def test_the_rate_rises_in_a_straight_line_and_falls_along_a_cosine(progress, factor):
    groups = [{"lr": 2.0}, {"lr": 6.0}]
    optimizer, clock = SimpleNamespace(param_groups=groups), SimpleNamespace(done=progress)
    net = SimpleNamespace(optimizer_=optimizer, clock_=clock)
    schedule = CosineSchedule()
    schedule.on_train_begin(net)
    for _ in range(2):  # each step starts from the peak
        schedule.on_batch_begin(net, training=True)
        rates = [group["lr"] for group in groups]
        assert rates == pytest.approx([2 * factor, 6 * factor], abs=1e-5)
    clock.done = 0.05
    schedule.on_batch_begin(net, training=False)  # validation does not move it
    assert [group["lr"] for group in groups] == rates


def epochs(keep_best, valid_losses):
    """Run epochs with these validation losses; the weight is the number of the epoch."""
    network, history = torch.nn.Linear(1, 1), History()
    clock = SimpleNamespace(is_over=False)
    net = SimpleNamespace(module_=network, history=history, clock_=clock)
    keep_best.initialize()
    try:
        for epoch, loss in enumerate(valid_losses, start=1):
            network.weight.data.fill_(epoch)
            history.new_epoch()
            for name, value in (("epoch", epoch), ("train_loss", 1.0), ("valid_loss", loss)):
                history.record(name, value)
            keep_best.on_epoch_end(net)
    except TrainingEnded:
        pass
    keep_best.on_train_end(net)
    return network.weight.item()


def keep_best(**settings):
    settings = {"early_stopping": True, "n_iter_no_change": 3, "tol": 0.0} | settings
    return KeepBest(SimpleNamespace(**settings))


def test_the_epoch_of_lowest_loss_is_restored():
    best = keep_best()
    assert epochs(best, [3.0, 1.0, 2.0, 1.5]) == best.best_iter == 2
    assert best.n_iter == 4


def test_training_ends_so_many_epochs_after_the_last_improvement():
    best = keep_best()
    assert epochs(best, [3.0, 2.0, 2.5, 1.9, 2.0, 2.0, 1.9, 1.0]) == 4  # as low is no improvement
    assert best.n_iter == 7


def test_improvements_below_tol_are_kept_but_do_not_prolong_training():
    best = keep_best(tol=0.5)
    assert epochs(best, [3.0, 2.8, 2.6, 2.55, 1.0]) == best.best_iter == 4
    assert best.n_iter == 4
    best = keep_best(tol=0.5)  # small steps add up
    assert epochs(best, [3.0, 2.8, 2.4, 2.3, 2.2, 1.8]) == 6


def test_without_early_stopping_the_last_epoch_stays():
    best = keep_best(early_stopping=False)
    assert epochs(best, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == best.n_iter == 6
    assert best.best_iter == 0


def test_training_ends_when_its_clock_has_run_out():
    best, history = keep_best(early_stopping=False), History()
    best.initialize()
    history.new_epoch()
    history.record("epoch", 1)
    history.record("train_loss", 1.0)
    net = SimpleNamespace(history=history, clock_=SimpleNamespace(is_over=True))
    with pytest.raises(TrainingEnded):
        best.on_epoch_end(net)
    assert best.n_iter == 1


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


def test_events_are_those_of_skorch_and_reach_what_is_set_on_a_callback(slopes, small):
    given = []
    callback = skorch.callbacks.Callback()
    callback.on_grad_computed = lambda net, **kwargs: given.append(kwargs)
    EntityEmbeddingRegressor(callbacks=[callback], **small).fit(*slopes)
    assert len(given) == 5 * int(np.ceil(500 / small["batch_size"]))
    assert set(given[0]) == {"named_parameters", "batch", "training"}
    assert given[0]["training"] is True


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([3], r"callbacks\[0\] is 3, and no skorch callback"),
        ([EarlyStopping(), print], r"callbacks\[1\] is <built-in .*, and no skorch callback"),
        ([("name", 3)], r"callbacks\[0\] is \('name', 3\), and no skorch callback"),
        ([(3, EarlyStopping())], r"callbacks\[0\] is .*: a tuple must hold a name and a callback"),
        ([("name", EarlyStopping(), 1)], "a tuple must hold a name and a callback"),
        ([int], r"callbacks\[0\] is <class 'int'>, and no skorch callback"),
    ],
)
def test_what_is_no_callback_is_refused_before_training(given, said, slopes, small, monkeypatch):
    monkeypatch.setattr("sk_entity._estimators.start.FreshStart.code_table", None)
    model = EntityEmbeddingRegressor(**small, callbacks=given)
    with pytest.raises(TypeError, match=said):
        model.fit(*slopes)
    with pytest.raises(TypeError, match=said):
        streaming.fit(model, slopes[0].assign(y=slopes[1]))


def test_classes_of_callbacks_and_pairs_with_a_name_pass():
    check_callbacks([EarlyStopping(), EarlyStopping, ("name", EarlyStopping()), ("none", None)])
