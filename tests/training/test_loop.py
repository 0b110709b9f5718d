"""Validation, stopping, history, warm start, progress and callbacks."""

import sys

import numpy as np
import pandas as pd
import pytest
import skorch.callbacks
import torch

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._network import embeddings as embeddings_file
from sk_entity._target.examples import Examples
from sk_entity._training.batches import Batches, Rows


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"group": rng.choice(list("abcdefgh"), 500), "x": rng.normal(size=500)})
    y = X["group"].map(dict(zip("abcdefgh", rng.normal(size=8), strict=True))) * X["x"]
    return X, y.to_numpy() + 0.3 * rng.normal(size=500)


def half_squared_error(model, X, y):
    """The loss of the history: half the squared error in units of the training target."""
    return np.mean((y - model.predict(X)) ** 2) / 2 / model.state_.target.scale[0] ** 2


def test_history_has_a_row_per_epoch(table, small):
    model = EntityEmbeddingRegressor(**small).fit(*table)
    history = model.history_
    assert history.index.tolist() == [1, 2, 3, 4, 5]
    assert set(history) == {"train_loss", "learning_rate", "seconds"}
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert history["learning_rate"].iloc[-1] < 0.05 * small["learning_rate_init"]
    assert (model.n_iter_, model.best_iter_) == (5, 5)


def test_all_rows_teach_where_nothing_is_held_out(table, small):
    X, y = table
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.sum() == len(X)


def test_a_random_part_is_held_out_on_demand(table, small):
    X, y = table
    model = EntityEmbeddingRegressor(early_stopping=True, validation_fraction=0.2, **small)
    model.fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.sum() == 400
    assert model.history_["valid_loss"].notna().all()


def test_held_out_classes_keep_their_shares(small):
    y = np.repeat(["a", "b"], [450, 50])
    X = pd.DataFrame({"label": y, "x": np.arange(500.0)})
    model = EntityEmbeddingClassifier(early_stopping=True, **small).fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.tolist() == [405, 45]


def test_a_class_of_one_row_can_still_be_validated(table, small):
    X, _ = table
    y = np.repeat(["a", "b"], [499, 1])
    model = EntityEmbeddingClassifier(early_stopping=True, **small).fit(X, y)
    assert model.classes_.tolist() == ["a", "b"]


def test_the_best_weights_are_restored(table, small):
    X, y = table
    settings = {**small, "learning_rate_init": 0.1, "max_iter": 30, "n_iter_no_change": 4}
    X_val, y_val = X[:60], y[:60]
    model = EntityEmbeddingRegressor(**settings).fit(X[60:], y[60:], X_val=X_val, y_val=y_val)
    valid = model.history_["valid_loss"]
    assert model.best_iter_ == valid.idxmin()
    assert half_squared_error(model, X_val, y_val) == pytest.approx(valid.min(), rel=1e-4)


def test_training_stops_when_validation_ceases_to_improve(table, small):
    X, y = table
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


def test_validation_without_stopping_only_watches(table, small):
    X, y = table
    watched = EntityEmbeddingRegressor(early_stopping=False, **small).fit(X, y, X_val=X, y_val=y)
    alone = EntityEmbeddingRegressor(early_stopping=False, **small).fit(X, y)
    assert "valid_loss" in watched.history_
    assert watched.best_iter_ == watched.n_iter_
    assert np.array_equal(watched.predict(X), alone.predict(X))


def test_validation_rows_must_look_like_training_rows(table, small):
    X, y = table
    model = EntityEmbeddingRegressor(**small)
    with pytest.raises(ValueError, match="go together"):
        model.fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="sample_weight_val needs"):
        model.fit(X, y, sample_weight_val=np.ones(500))
    with pytest.raises(ValueError, match="X_val has the columns"):
        model.fit(X, y, X_val=X[["x", "group"]], y_val=y)
    with pytest.raises(ValueError, match="y_val has 2 output"):
        model.fit(X, y, X_val=X, y_val=np.column_stack([y, y]))
    with pytest.raises(ValueError, match="class 'new' is not among those learned"):
        EntityEmbeddingClassifier(**small).fit(X, y > 0, X_val=X, y_val=np.full(500, "new"))


def test_warm_start_continues(table, small):
    X, y = table
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


def test_warm_start_keeps_the_vocabulary_and_the_number_of_outputs(table, small):
    X, y = table
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
def test_warm_start_refuses_to_change_the_network(table, small, change):
    X, y = table
    warm = EntityEmbeddingRegressor(warm_start=True, **small).fit(X, y)
    before = warm.predict(X)
    with pytest.raises(ValueError, match="warm_start=True.*cannot change.*warm_start=False"):
        warm.set_params(**change).fit(X, np.abs(y))
    assert np.array_equal(warm.predict(X), before)


def test_warm_start_refuses_new_classes(table, small):
    X, y = table
    warm = EntityEmbeddingClassifier(warm_start=True, **small).fit(X, np.where(y > 0, "a", "b"))
    with pytest.raises(ValueError, match="class 'c' is not among those learned"):
        warm.fit(X, np.where(y > 0, "a", "c"))


def test_without_warm_start_fit_starts_anew(table, small, one_thread):
    X, y = table
    model = EntityEmbeddingRegressor(**small)
    once = model.fit(X, y).predict(X)
    assert np.array_equal(model.fit(X, y).predict(X), once)
    assert model.n_iter_ == 5


def test_verbose_shows_a_bar_over_epochs_with_losses(table, small, capsys):
    X, y = table
    EntityEmbeddingRegressor(verbose=1, **small).fit(X, y, X_val=X, y_val=y)
    shown = capsys.readouterr().err
    assert "5/5" in shown
    assert "epoch" in shown
    assert "train_loss" in shown
    assert "valid_loss" in shown


def test_divergence_is_an_error_and_leaves_the_fitted_model_alone(table, small):
    X, y = table
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    before = model.predict(X)
    model.set_params(loss="poisson", learning_rate_init=1e6)
    with pytest.raises(ValueError, match="Training diverged.*Lower learning_rate_init"):
        model.fit(X, np.abs(y))
    assert np.array_equal(model.set_params(loss="squared_error").predict(X), before)


class Recorder(skorch.callbacks.Callback):
    """Counts events in a list that copies of the callback share."""

    def __init__(self, events):
        self.events = events

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        self.events.append(("batch", training))

    def on_epoch_end(self, net, dataset_train=None, **kwargs):
        self.events.append(("epoch", net.history[-1, "train_loss"]))


def test_skorch_callbacks_see_every_event(table, small):
    X, y = table
    events = []
    model = EntityEmbeddingRegressor(callbacks=[Recorder(events)], **small).fit(X, y)
    losses = [value for kind, value in events if kind == "epoch"]
    assert losses == model.history_["train_loss"].tolist()
    assert events.count(("batch", True)) == 5 * int(np.ceil(500 / small["batch_size"]))


def test_scores_of_skorch_enter_the_history(table, small):
    X, y = table
    score = skorch.callbacks.EpochScoring("r2", name="valid_r2", lower_is_better=False)
    model = EntityEmbeddingRegressor(callbacks=[("r2", score)], **small)
    model.fit(X, y, X_val=X, y_val=y)
    assert model.history_["valid_r2"].loc[model.best_iter_] == pytest.approx(
        model.score(X, y), abs=1e-4
    )


def test_a_scheduler_of_skorch_replaces_the_cosine(table, small):
    scheduler = skorch.callbacks.LRScheduler("StepLR", step_size=2, gamma=0.1)
    model = EntityEmbeddingRegressor(callbacks=[scheduler], **small).fit(*table)
    assert "learning_rate" not in model.history_
    assert model.history_["event_lr"].tolist() == pytest.approx([0.02, 0.02, 0.002, 0.002, 2e-4])


class Rates(skorch.callbacks.Callback):
    """Notes the learning rate of a table and of a layer before each step."""

    def __init__(self, rates):
        self.rates = rates

    def on_grad_computed(self, net, **kwargs):
        groups = net.optimizer_.param_groups
        rate = {id(p): group["lr"] for group in groups for p in group["params"]}
        network = net.module_
        table, layer = network.embeddings.stacks[0].weight, network.hidden[0].weight
        self.rates.append((rate[id(table)], rate[id(layer)]))
        decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
        decayed = {name for name, p in network.named_parameters() if decay[id(p)]}
        assert decayed == {"hidden.0.weight", "output.weight"}


def test_tables_learn_at_three_times_the_rate_of_layers(table, small):
    rates = []
    EntityEmbeddingRegressor(callbacks=[Rates(rates)], **small).fit(*table)
    of_tables, of_layers = np.array(rates).T
    assert of_tables == pytest.approx(3 * of_layers)
    assert 0.95 * 0.02 < of_layers.max() <= 0.02
    assert of_layers[0] < of_layers.max() > of_layers[-1] > 0


class Decay(skorch.callbacks.Callback):
    """Notes the decay of an epoch and the dispersion after it."""

    def __init__(self, noted):
        self.noted = noted

    def on_epoch_end(self, net, **kwargs):
        decay = net.optimizer_.param_groups[0]["weight_decay"]
        self.noted.append((decay, float(net.dispersion_)))


def test_layers_decay_the_less_the_less_noise_there_is(table, small):
    noted = []
    X, _ = table
    settings = small | {"max_iter": 20, "weight_decay": 0.4, "callbacks": [Decay(noted)]}
    EntityEmbeddingRegressor(**settings).fit(X, X["x"])
    decay, dispersion = np.array(noted).T
    assert decay[0] == 0.4
    assert decay[1:] == pytest.approx(0.4 * dispersion[:-1].clip(max=1))
    assert decay[-1] < 0.3


def test_layers_of_a_classifier_decay_alike_throughout(table, small):
    X, y = table
    noted = []
    model = EntityEmbeddingClassifier(callbacks=[Decay(noted)], weight_decay=0.4, **small)
    model.fit(X, y > 0)
    assert [decay for decay, _ in noted] == [0.4] * 5


class Steps(skorch.callbacks.Callback):
    """Notes the divergence of the numbers, and its part in the loss of a step."""

    def __init__(self, parts):
        self.parts = parts

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        with torch.no_grad():
            of_categories, of_numbers = net.module_.kl_divergences()
            part = net.kl_divergence() - of_categories
        self.parts.append(float(part / of_numbers))


def test_the_prior_of_numbers_rises_in_the_first_half_of_training(table, small):
    parts = []
    EntityEmbeddingRegressor(callbacks=[Steps(parts)], **small).fit(*table)
    parts = np.array(parts) / parts[-1]
    half = len(parts) // 2
    assert (np.diff(parts[: half + 1]) > 0).all()
    assert parts[half // 2] == pytest.approx(0.5, abs=0.1)
    assert parts[half + 1 :] == pytest.approx(1.0)


def test_early_stopping_of_skorch_ends_training(table, small):
    stop = skorch.callbacks.EarlyStopping("train_loss", patience=2, threshold=10.0)
    model = EntityEmbeddingRegressor(callbacks=[stop], **small).fit(*table)
    assert model.n_iter_ == model.best_iter_ == len(model.history_) == 3


def python_calls(function):
    """Number of calls of Python functions, and of C functions from Python."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


def test_python_runs_per_batch_and_not_per_row(table, small):
    X, y = table
    model = EntityEmbeddingRegressor(**small | {"max_iter": 2})
    model.fit(X, y)  # what is imported on first use is not counted
    small_batches = python_calls(lambda: model.set_params(batch_size=50).fit(X, y))
    rows = np.tile(np.arange(len(X)), 20)
    X, y = X.iloc[rows].reset_index(drop=True), y[rows]
    large_batches = python_calls(lambda: model.set_params(batch_size=1000).fit(X, y))
    assert large_batches == pytest.approx(small_batches, rel=0.02)


class Record(skorch.callbacks.Callback):
    """Rows of the second stack that a step changes, beside those in its batch."""

    def __init__(self, steps):
        self.steps = steps

    def on_batch_begin(self, net, batch=None, **kwargs):
        self.before_ = net.module_.embeddings.stacks[1].weight.detach().clone()

    def on_batch_end(self, net, batch=None, **kwargs):
        changed = (net.module_.embeddings.stacks[1].weight != self.before_).any(dim=1)
        in_batch = batch[0]["categorical"][:, 1].unique()
        self.steps.append((changed.nonzero().flatten().tolist(), in_batch.tolist()))


def test_a_step_touches_only_the_rows_in_its_batch(monkeypatch, table, small):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 100)
    X, y = table
    X = X.assign(identifier=np.random.default_rng(0).integers(300, size=len(X)).astype(str))
    X = X[["group", "identifier", "x"]]
    steps = []
    EntityEmbeddingRegressor(
        callbacks=[Record(steps)], embedding_dropout=0.0, **small | {"batch_size": 16}
    ).fit(X, y)
    assert len(steps) > 100
    for changed, in_batch in steps:
        assert changed == in_batch


def test_batches_hold_every_row_once_and_in_random_order(table, small):
    X, y = table
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    examples = Examples(model._code(X), y.astype(np.float32), np.arange(1.0, 501.0))
    rows = Rows(examples, "cpu")
    batches = list(Batches(rows, 7, torch.Generator().manual_seed(0)))
    assert [len(target) for _, target in batches] == [7] * 71 + [3]
    target = torch.cat([target for _, target in batches])
    order = torch.cat([X["sample_weight"] for X, _ in batches]).argsort()
    assert torch.equal(target[order], rows.y)
    assert not torch.equal(target, rows.y)
    codes = torch.cat([X["categorical"] for X, _ in batches])
    assert torch.equal(codes[order], rows.X["categorical"])


class RecordNorm(skorch.callbacks.Callback):
    """Norm of the gradient that lists rows, after the callbacks before have seen it."""

    def __init__(self, norms):
        self.norms = norms

    def on_grad_computed(self, net, **kwargs):
        gradient = net.module_.embeddings.stacks[1].weight.grad.coalesce()
        self.norms.append(gradient.values().norm().item())


@pytest.mark.parametrize("limit", [None, 0.001])
def test_a_callback_clips_the_gradient_of_a_long_table(monkeypatch, table, small, limit):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 100)
    X, y = table
    X = X.assign(identifier=np.random.default_rng(0).integers(300, size=len(X)).astype(str))
    norms = []
    clip = skorch.callbacks.GradientNormClipping(gradient_clip_value=limit)
    EntityEmbeddingRegressor(callbacks=[clip, RecordNorm(norms)], **small).fit(X, y)
    if limit is None:
        assert min(norms) > 0.001
    else:
        assert max(norms) <= 0.001 * 1.01
