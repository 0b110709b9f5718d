"""How training is set up: rates, decay and history; and how it ends when it diverges."""

import numpy as np
import pytest
import skorch.callbacks

from sk_entity import EntityEmbeddingRegressor


def test_history_has_a_row_per_epoch(slopes, small):
    model = EntityEmbeddingRegressor(**small).fit(*slopes)
    history = model.history_
    assert history.index.tolist() == [1, 2, 3, 4, 5]
    assert set(history) == {"train_loss", "learning_rate", "seconds"}
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert history["learning_rate"].iloc[-1] < 0.05 * small["learning_rate_init"]
    assert (model.n_iter_, model.best_iter_) == (5, 5)


def test_divergence_is_an_error_and_leaves_the_fitted_model_alone(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    before = model.predict(X)
    model.set_params(loss="poisson", learning_rate_init=1e6)
    with pytest.raises(ValueError, match="Training diverged.*Lower learning_rate_init"):
        model.fit(X, np.abs(y))
    assert np.array_equal(model.set_params(loss="squared_error").predict(X), before)


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


def test_tables_learn_at_three_times_the_rate_of_layers(slopes, small):
    rates = []
    EntityEmbeddingRegressor(callbacks=[Rates(rates)], **small).fit(*slopes)
    of_tables, of_layers = np.array(rates).T
    assert of_tables == pytest.approx(3 * of_layers)
    assert 0.95 * 0.02 < of_layers.max() <= 0.02
    assert of_layers[0] < of_layers.max() > of_layers[-1] > 0


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


def test_a_step_touches_only_the_rows_in_its_batch(with_a_long_table, small):
    steps = []
    EntityEmbeddingRegressor(
        callbacks=[Record(steps)], embedding_dropout=0.0, **small | {"batch_size": 16}
    ).fit(*with_a_long_table)
    assert len(steps) > 100
    for changed, in_batch in steps:
        assert changed == in_batch
