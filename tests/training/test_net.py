"""The loss of a step: its weights, the prior's strength, the dispersion and the decay."""

import numpy as np
import pytest
import skorch.callbacks
import torch

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor


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


class Steps(skorch.callbacks.Callback):
    """Notes the divergence of the numbers, and its part in the loss of a step."""

    def __init__(self, parts):
        self.parts = parts

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        with torch.no_grad():
            of_categories, of_numbers = net.module_.kl_divergences()
            part = net.kl_divergence() - of_categories
        self.parts.append(float(part / of_numbers))


def test_the_prior_of_numbers_rises_in_the_first_half_of_training(slopes, small):
    parts = []
    EntityEmbeddingRegressor(callbacks=[Steps(parts)], **small).fit(*slopes)
    parts = np.array(parts) / parts[-1]
    half = len(parts) // 2
    assert (np.diff(parts[: half + 1]) > 0).all()
    assert parts[half // 2] == pytest.approx(0.5, abs=0.1)
    assert parts[half + 1 :] == pytest.approx(1.0)


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
