"""The activations of hidden units, each with its slope.

They are the torch side of `_predict.forward.ACTIVATIONS`.
"""

from collections.abc import Callable

import torch
from torch.nn import functional as F

# Klambauer et al. 2017, equation 2.
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


class Activation:
    """A function of a hidden unit.

    Parameters
    ----------
    function : callable
        Differentiable by autograd.
    with_slope : callable
        Takes the unit and room for its slope; returns the value, in place of the unit if
        it can, and the derivative, without autograd.
    """

    def __init__(self, function: Callable, with_slope: Callable):
        self.function = function
        self.with_slope = with_slope

    def __call__(self, x):
        return self.function(x)


def _identity(x, slope):
    return x, slope.fill_(1)


def _logistic(x, slope):
    value = x.sigmoid_()
    return value, torch.sub(1, value, out=slope).mul_(value)


def _tanh(x, slope):
    value = x.tanh_()
    return value, torch.square(value, out=slope).neg_().add_(1)


def _relu(x, slope):
    return x.relu_(), torch.sign(x, out=slope)


def _selu(x, slope):
    value = F.selu(x)
    slope.copy_(torch.where(x > 0, SELU_SCALE, value + SELU_SCALE * SELU_ALPHA))
    return value, slope


def _silu(x, slope):
    gate = torch.sigmoid(x, out=slope)
    value = x.mul_(gate)
    # The gate, and of what it leaves the value.
    return value, torch.lerp(value, x.new_ones(()), gate, out=slope)


def _mish(x, slope):
    gate = torch.tanh(F.softplus(x))
    torch.addcmul(gate, x * torch.sigmoid(x), 1 - gate.square(), out=slope)
    return x.mul_(gate), slope


ACTIVATIONS = {
    "identity": Activation(lambda x: x, _identity),
    "logistic": Activation(torch.sigmoid, _logistic),
    "tanh": Activation(torch.tanh, _tanh),
    "relu": Activation(F.relu, _relu),
    "selu": Activation(F.selu, _selu),
    "silu": Activation(F.silu, _silu),
    "mish": Activation(F.mish, _mish),
}
