"""How a training goes on from an earlier one: rates, decay, the priors of numbers."""

import numpy as np
import pytest
import skorch.callbacks

from sk_entity import EntityEmbeddingRegressor
from sk_entity._estimators import growing
from sk_entity._training.net import PRIOR_STRENGTH


class Look(skorch.callbacks.Callback):
    """Notes rates, as they begin, and what else training goes by."""

    def __init__(self, seen):
        self.seen = seen

    def on_train_begin(self, net, **kwargs):
        groups = net.optimizer_.param_groups
        rate = {id(p): group["lr"] for group in groups for p in group["params"]}
        network = net.module_
        self.seen["table"] = rate[id(network.embeddings.stacks[0].weight)]
        self.seen["layers"] = {
            rate[id(p)] for layer in (*network.hidden, network.output) for p in layer.parameters()
        }
        self.seen["numbers"] = rate[id(network.numeric_embeddings.steps)]
        self.seen["origins"] = ["origins" in group for group in groups]
        self.seen["strengths"] = net.prior_strengths()


def rates_after(X, y, further_y, small):
    seen = {}
    model = EntityEmbeddingRegressor(**small | {"max_iter": 30}).fit(X, y)
    model.set_params(callbacks=[Look(seen)], max_iter=1).partial_fit(X, further_y)
    return seen


@pytest.mark.slow
def test_layers_move_as_far_as_they_explain_the_rows(slopes, small):
    X, _ = slopes
    level = X["group"].map({g: float(k) for k, g in enumerate("abcdefgh")}).to_numpy()
    clear = rates_after(X, level + X["x"], level + X["x"], small)
    rate = small["learning_rate_init"]
    assert clear["table"] == pytest.approx(3 * rate)
    assert len(clear["layers"]) == 1
    (of_layers,) = clear["layers"]
    assert 0.7 * growing.LAYER_RATE * rate < of_layers < growing.LAYER_RATE * rate
    share = of_layers / (growing.LAYER_RATE * rate)
    assert clear["numbers"] == pytest.approx(3 * growing.NUMBER_RATE * rate * share)
    noise = np.random.default_rng(0).normal(size=len(X))
    noisy = rates_after(X, level + X["x"], 3 * noise, small)
    assert noisy["table"] == clear["table"]
    assert max(noisy["layers"]) < 0.1 * of_layers


def test_layers_decay_to_where_they_were_and_numbers_count_all_rows(slopes, small):
    X, y = slopes
    seen = rates_after(X, y, y, small)
    assert seen["origins"] == [True, False, False, False]
    assert seen["strengths"] == (PRIOR_STRENGTH, pytest.approx(PRIOR_STRENGTH / (2 * len(X))))


@pytest.mark.slow
def test_epochs_are_half_of_those_for_all_rows(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    model.set_params(max_iter="auto").partial_fit(X, y)
    least = 30 * (2000 / (2 * len(X))) ** 0.25
    assert growing.EPOCHS * least - 1 <= model.n_iter_ - 5 <= growing.EPOCHS * 2 * least + 1
