"""Dropout and dense layers do what torch's own do."""

import pytest
import torch
from torch.nn import functional as F

from sk_entity._network.layers import Dropout, FirstLinear, dense


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_dropout_zeroes_a_share_and_keeps_the_mean(p):
    dropout = Dropout(p).train()
    dropout.generator = torch.Generator().manual_seed(0)
    x = torch.ones(301, 333, requires_grad=True)
    dropped = dropout(x)
    assert (dropped == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert dropped.max().item() == pytest.approx(1 / (1 - p))
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.05)
    dropped.sum().backward()
    assert torch.equal(x.grad, dropped.detach())
    assert torch.equal(dropout.eval()(x), x)


def test_the_first_layer_leaves_out_the_gradient_of_data_only(doubles):
    x, weight, bias = doubles(5, 4), doubles(2, 4), doubles(2)
    direction = doubles(5, 2).detach()
    expected = torch.autograd.grad((F.linear(x, weight, bias) * direction).sum(), (x, weight, bias))
    output = FirstLinear.apply(x, weight, bias, 3)
    assert torch.equal(output, F.linear(x, weight, bias))
    gradients = torch.autograd.grad((output * direction).sum(), (x, weight, bias))
    assert torch.allclose(gradients[0][:, :3], expected[0][:, :3])
    assert not gradients[0][:, 3:].any()
    assert torch.allclose(gradients[1], expected[1])
    assert torch.allclose(gradients[2], expected[2])


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_weights_start_with_a_variance_of_gain_over_inputs(gain):
    layer = dense(50, 2000, gain, torch.Generator().manual_seed(0))
    assert layer.weight.shape == (2000, 50)
    assert layer.weight.var().item() == pytest.approx(gain / 50, rel=0.02)
    assert not layer.bias.any()


def test_a_dense_layer_is_that_of_torch(doubles):
    layer = dense(4, 2, 1.0, torch.Generator().manual_seed(0)).double()
    x = doubles(5, 4)
    expected = F.linear(x, layer.weight, layer.bias)
    assert torch.equal(layer(x), expected)
    assert torch.equal(layer(x, n_learned=3), expected)
