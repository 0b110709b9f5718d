"""The loss of a step: its weights, the prior's strength, the dispersion and the decay."""

import numpy as np
import pytest
import skorch.callbacks
import torch

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._network.losses import Poisson, SquaredError
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._training.net import NUMERIC_WARM_UP, Net

N_ROWS, N_EPOCHS = 12, 4


def net_and_batch(loss=None, weight=None):
    """A net before its first of eight steps, and the batch of half of the rows that it takes."""
    loss = SquaredError() if loss is None else loss
    row_counts, edges = [[0, 0, 0, 5, 7]], torch.linspace(-1, 1, 6)[None]
    network = EntityEmbeddingNetwork(
        row_counts, [3], edges, 1, [5], [0.1], generator=torch.Generator().manual_seed(0)
    )
    net = Net(
        network,
        loss,
        initial_output=[0.0],
        least_epochs=N_EPOCHS,
        optimizer=torch.optim.SGD,
        lr=0.0,
        max_epochs=N_EPOCHS,
        batch_size=N_ROWS // 2,
    )
    net.initialize()
    rng = np.random.default_rng(0)
    X = {
        "categorical": torch.from_numpy(rng.integers(3, 5, (N_ROWS // 2, 1))),
        "numerical": torch.from_numpy(rng.normal(size=(N_ROWS // 2, 1))).float(),
    }
    if weight is not None:
        X["sample_weight"] = torch.tensor(weight)
    batch = X, torch.from_numpy(rng.normal(1, 2, size=(N_ROWS // 2, 1))).float()
    net.on_train_begin(net, X=Twice(batch))
    net.on_epoch_begin(net)
    net.on_batch_begin(net, training=True)
    return net, batch


class Twice:
    """The rows of a batch, twice."""

    def __init__(self, batch):
        self.batch = batch

    def __len__(self):
        return N_ROWS

    def __getitem__(self, rows):
        X, y = self.batch
        return {name: tensor[rows] for name, tensor in X.items()}, y[rows].abs()

    def some(self, n):
        return self[:n]

    def n_batches(self, batch_size):
        return -(-N_ROWS // batch_size)


@pytest.mark.parametrize("weight", [None, [0.0, 0.5, 0.5, 1.0, 1.0, 3.0]])
@pytest.mark.parametrize("loss", [SquaredError(), Poisson()], ids=lambda loss: loss.name)
def test_a_step_follows_the_loss_over_its_dispersion_and_half_the_divergence(loss, weight):
    net, (X, y) = net_and_batch(loss, weight)
    y, network = y.abs(), net.module_
    network.use_generator(torch.Generator().manual_seed(1))
    shown = net.train_step((net.step_.prepare(X), y))
    found = {name: p.grad.clone() for name, p in network.named_parameters()}

    network.zero_grad()
    network.use_generator(torch.Generator().manual_seed(1))
    output = network(X["categorical"], X["numerical"])
    weight = torch.ones(len(y)) if weight is None else torch.tensor(weight)
    value = (weight * loss.value(output, y)).mean()
    dispersion = (weight * loss.residual(output, y)).mean().detach()
    of_categories, of_numbers = network.kl_divergences()
    rising = (1 / (2 * N_EPOCHS + 1)) / NUMERIC_WARM_UP  # the first step
    (value / dispersion + 0.5 * (of_categories + rising * of_numbers / N_ROWS)).backward()
    assert shown["loss"].item() == pytest.approx(value.item())  # without the prior
    for name, parameter in network.named_parameters():
        assert torch.allclose(found[name], parameter.grad, rtol=1e-4, atol=1e-7), name


def updated(net, dispersions, weight=None, unmasked=None):
    """The dispersion after a batch whose rows have these ones."""
    y = torch.tensor(dispersions).sqrt()[:, None]
    X = {} if weight is None else {"sample_weight": torch.tensor(weight)}
    X |= {} if unmasked is None else {"unmasked": unmasked}
    net._update_residual(*net._residual_sums(torch.zeros_like(y), y, X))
    return net.dispersion_.item()


def test_the_dispersion_is_a_moving_average_over_batches_of_its_weighted_mean():
    net, _ = net_and_batch()
    assert updated(net, [1.0, 3.0]) == pytest.approx(2.0)
    assert updated(net, [12.0, 0.0]) == pytest.approx(0.99 * 2 + 0.01 * 6)
    net, _ = net_and_batch()
    assert updated(net, [1.0, 4.0], [1.0, 2.0]) == pytest.approx(3.0)


def test_rows_with_masked_categories_have_no_part_in_the_dispersion():
    net, _ = net_and_batch()
    unmasked = torch.tensor([True, False, True])
    assert updated(net, [1.0, 100.0, 3.0], unmasked=unmasked) == pytest.approx(2.0)
    assert updated(net, [1.0, 100.0, 4.0], [3.0, 5.0, 1.0], unmasked) == pytest.approx(
        0.99 * 2 + 0.01 * 7 / 4
    )


def test_a_batch_of_which_no_row_counts_leaves_the_dispersion_as_it_was():
    net, _ = net_and_batch()
    assert updated(net, [5.0, 5.0], unmasked=torch.tensor([False, False])) == 1.0
    updated(net, [2.0, 2.0])
    before = net.dispersion_.item()
    assert updated(net, [9.0, 9.0], [0.0, 0.0]) == pytest.approx(before)


def test_a_target_that_is_fitted_exactly_does_not_divide_by_zero():
    net, _ = net_and_batch()
    assert updated(net, [0.0, 0.0]) == pytest.approx(1e-4)


class Decay(skorch.callbacks.Callback):
    """Notes the decay of an epoch and the dispersion after it."""

    def __init__(self, noted):
        self.noted = noted

    def on_epoch_end(self, net, **kwargs):
        decay = net.optimizer_.param_groups[0]["weight_decay"]
        self.noted.append((decay, float(net.dispersion_)))


def test_layers_decay_the_less_the_less_noise_there_is(slopes, small):
    noted = []
    X, _ = slopes
    settings = small | {"max_iter": 20, "weight_decay": 0.4, "callbacks": [Decay(noted)]}
    EntityEmbeddingRegressor(**settings).fit(X, X["x"])
    decay, dispersion = np.array(noted).T
    assert decay[0] == 0.4
    assert decay[1:] == pytest.approx(0.4 * dispersion[:-1].clip(max=1))
    assert decay[-1] < 0.3


def test_layers_of_a_classifier_decay_alike_throughout(slopes, small):
    X, y = slopes
    noted = []
    model = EntityEmbeddingClassifier(callbacks=[Decay(noted)], weight_decay=0.4, **small)
    model.fit(X, y > 0)
    assert [decay for decay, _ in noted] == [0.4] * 5


class Strengths(skorch.callbacks.Callback):
    """Notes the parts of the divergences in the loss of a step."""

    def __init__(self, noted):
        self.noted = noted

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        self.noted.append(net.prior_strengths())


def test_the_prior_of_numbers_rises_in_the_first_part_of_training(slopes, small):
    noted = []
    EntityEmbeddingRegressor(callbacks=[Strengths(noted)], **small).fit(*slopes)
    of_categories, parts = np.array(noted).T
    assert (of_categories == 0.5).all()
    assert parts[-1] == pytest.approx(0.5 / len(slopes[1]))
    parts = parts / parts[-1]
    risen = int(NUMERIC_WARM_UP * len(parts))
    assert (np.diff(parts[: risen + 1]) > 0).all()
    assert parts[risen // 2] == pytest.approx(0.5, abs=0.1)
    assert parts[risen + 1 :] == pytest.approx(1.0)


class RecordNorm(skorch.callbacks.Callback):
    """Norm of the gradient that lists rows, after the callbacks before have seen it."""

    def __init__(self, norms):
        self.norms = norms

    def on_grad_computed(self, net, **kwargs):
        gradient = net.module_.embeddings.stacks[1].weight.grad.coalesce()
        self.norms.append(gradient.values().norm().item())


@pytest.mark.parametrize("limit", [None, 0.001])
def test_a_callback_clips_the_gradient_of_a_long_table(with_a_long_table, small, limit):
    norms = []
    clip = skorch.callbacks.GradientNormClipping(gradient_clip_value=limit)
    EntityEmbeddingRegressor(callbacks=[clip, RecordNorm(norms)], **small).fit(*with_a_long_table)
    if limit is None:
        assert min(norms) > 0.001
    else:
        assert max(norms) <= 0.001 * 1.01
