"""Ctrl+C ends `fit` and whatever has called it, and nothing that was fitted before is lost."""

import os
import signal
import threading

import numpy as np
import pytest
import skorch.callbacks
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor


class CtrlC(skorch.callbacks.Callback):
    """Presses Ctrl+C in some epoch of some fit; clones of the callback count together."""

    n_fits = 0

    def __init__(self, epoch, fit=1, press=None):
        self.epoch = epoch
        self.fit = fit
        self.press = press

    def on_train_begin(self, net, **kwargs):
        CtrlC.n_fits += 1

    def on_batch_begin(self, net, **kwargs):
        if CtrlC.n_fits == self.fit and net.history[-1, "epoch"] == self.epoch:
            if self.press is None:
                raise KeyboardInterrupt
            self.press()


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def interrupted(small):
    """Unfitted estimators whose fit is interrupted."""
    CtrlC.n_fits = 0

    def make(epoch=3, **kwargs):
        callbacks = [CtrlC(epoch, **kwargs)]
        return EntityEmbeddingRegressor(**small, callbacks=callbacks)

    return make


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_interrupt_reaches_the_caller(epoch, interrupted, sales, revenue):
    model = interrupted(epoch)
    with pytest.raises(KeyboardInterrupt):
        model.fit(sales, revenue)
    assert not hasattr(model, "n_iter_")
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(),
    reason="only the main thread receives signals",
)
def test_a_signal_reaches_the_caller(interrupted, sales, revenue):
    # A process that was started in the background may ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(press=press_ctrl_c).fit(sales, revenue)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("warm_start", [False, True])
def test_what_was_fitted_before_stays(warm_start, interrupted, sales, revenue):
    model = interrupted(2, fit=2).set_params(warm_start=warm_start).fit(sales, revenue)
    before, expected = model.state_, model.predict(sales)
    with pytest.raises(KeyboardInterrupt):
        model.fit(sales, -revenue)
    assert model.state_ is before
    assert_array_equal(model.predict(sales), expected)


def test_early_stopping_is_no_interrupt(small, sales, revenue):
    noise = np.random.default_rng(0).normal(size=len(sales))
    settings = small | {"max_iter": 100, "n_iter_no_change": 2}
    model = EntityEmbeddingRegressor(**settings)
    model.fit(sales[60:], noise[60:], X_val=sales[:60], y_val=noise[:60])
    assert model.n_iter_ == model.best_iter_ + 2 < 100


@pytest.mark.parametrize("fit", [1, 3], ids=["network of all rows", "network of a fold"])
def test_an_encoder_does_not_go_on_without_a_network(fit, interrupted, sales, revenue):
    inside = interrupted(2, fit=fit)
    encoder = EntityEmbeddingEncoder(inside, cv=3, cross_fit="networks")
    with pytest.raises(KeyboardInterrupt):
        encoder.fit_transform(sales, revenue)
    assert not hasattr(encoder, "estimator_")
    assert not hasattr(encoder, "state_")


def test_an_encoder_keeps_what_was_fitted_before(interrupted, sales, revenue):
    encoder = EntityEmbeddingEncoder(interrupted(2, fit=3), cv=None).fit(sales, revenue)
    expected = encoder.transform(sales)
    encoder.fit(sales, revenue)
    with pytest.raises(KeyboardInterrupt):
        encoder.fit(sales, -revenue)
    assert_array_equal(encoder.transform(sales), expected)


def test_a_search_does_not_rank_what_was_interrupted(interrupted, sales, revenue):
    search = GridSearchCV(interrupted(2, fit=2), {"dropout": [0.0, 0.2]}, cv=2)
    with pytest.raises(KeyboardInterrupt):
        search.fit(sales, revenue)
    assert not hasattr(search, "best_estimator_")


def test_the_progress_bar_is_left_in_order(interrupted, sales, revenue, capsys):
    model = clone(interrupted()).set_params(verbose=1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(sales, revenue)
    assert capsys.readouterr().err.endswith("\n")
