"""Dropout does what torch's own does; dense layers start with a width of their own."""

import pytest
import torch

from sk_entity._network.layers import Dropout, dense


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


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_weights_start_with_a_variance_of_gain_over_inputs(gain):
    layer = dense(50, 2000, gain, torch.Generator().manual_seed(0))
    assert layer.weight.shape == (2000, 50)
    assert layer.weight.var().item() == pytest.approx(gain / 50, rel=0.02)
    assert not layer.bias.any()
