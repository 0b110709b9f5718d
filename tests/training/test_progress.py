"""One bar shows how far training is."""

import importlib.util
from types import SimpleNamespace

import pytest
import tqdm.auto

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._training import callbacks, progress
from sk_entity._training.progress import Bar, current_bar, shared_bar


def test_networks_share_a_bar_inside_of_the_block_only():
    assert current_bar() is None
    with shared_bar(2) as bar:
        assert current_bar() is bar
    assert current_bar() is None
    assert bar.bar.disable  # closed


def test_the_total_follows_the_epochs_that_are_left(capsys):
    bar = Bar(2)
    bar.begin_network()
    bar.end_epoch(1, 3, {"train_loss": 0.5})
    assert (bar.bar.n, bar.bar.total) == (1, 4)
    bar.end_epoch(2, 1, {"train_loss": 0.5})
    assert (bar.bar.n, bar.bar.total) == (2, 3)
    bar.expect(10)
    assert bar.bar.total == 12
    bar.end_network_elsewhere(10, {"train_loss": 0.123456})
    assert (bar.bar.n, bar.n_begun) == (12, 2)
    bar.close()
    shown = capsys.readouterr().err
    assert "network 2 of 2" in shown
    assert "train_loss=0.1235" in shown


@pytest.mark.parametrize(
    "settings",
    [{}, {"n_jobs": 1}, pytest.param({"n_jobs": 2}, marks=pytest.mark.slow)],
    ids=["tables", "networks", "processes"],
)
def test_an_encoder_shows_one_bar(settings, regressor, sales, revenue, capsys):
    cross_fit = "networks" if settings else "tables"
    encoder = EntityEmbeddingEncoder(regressor, cv=3, verbose=1, cross_fit=cross_fit, **settings)
    encoder.fit_transform(sales, revenue)
    shown = capsys.readouterr().err
    last = shown.split("\r")[-1]
    assert shown.count("\n") == 1  # one bar, which is left in order
    assert "train_loss" in last
    epochs = 5 if cross_fit == "tables" else 5 + 3 * 4
    assert f"{epochs}/{epochs}" in last
    assert ("tables 4 of 4" if cross_fit == "tables" else "network 4 of 4") in last


def test_an_encoder_is_silent_unless_asked(regressor, sales, revenue, capsys):
    EntityEmbeddingEncoder(regressor, cv=2).fit_transform(sales, revenue)
    assert capsys.readouterr().err == ""


def test_a_long_epoch_shows_its_steps(slopes, small, monkeypatch, capsys):
    monkeypatch.setattr(callbacks, "SECONDS_OF_A_SHORT_EPOCH", 0.0)
    EntityEmbeddingRegressor(verbose=1, **small).fit(*slopes)
    assert "step=3 of 8" in capsys.readouterr().err


def test_steps_are_shown_once_a_while(monkeypatch):
    clock = iter([0.0, 0.4, 1.1, 1.5, 2.2])  # the epoch begins, then four steps end
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: next(clock))
    shown = []
    bar = SimpleNamespace(end_step=lambda done, of: shown.append((done, of)))
    net = SimpleNamespace(clock_=SimpleNamespace(steps_per_epoch=4))
    bars = callbacks.Progress(bar)
    bars.on_epoch_begin(net)
    for _ in range(4):
        bars.on_batch_end(net, training=True)
    assert shown == [(2, 4), (4, 4)]


@pytest.mark.parametrize("there", [False, True])
def test_a_notebook_without_widgets_is_not_warned(there, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if there else None)
    kind = tqdm.auto.tqdm if there else tqdm.tqdm
    assert progress.kind_of_bar() is kind
