"""Losses per row, in the unit of the network's output; torch only.

Each takes the output, (n, n_outputs), and the coded target and returns a
tensor of shape (n,), the mean over the outputs. Poisson and gamma read the
output as the logarithm of the rate over the mean of y.

A loss is a negative log-likelihood up to its dispersion: the residual variance
for the squared error, Pearson's statistic for counts, 1 for classes. Divided
by it, the loss has the unit of the divergence from the prior, and the two can
be added.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional as F


def squared_error(output, target):
    """Half the squared error."""
    return (output - target).square().mean(dim=1) / 2


def absolute_error(output, target):
    """Absolute error: the median is learned."""
    return (output - target).abs().mean(dim=1)


def huber(output, target):
    """Squared below one standard deviation of y, absolute above."""
    return F.huber_loss(output, target, reduction="none").mean(dim=1)


def quantile(output, target, q):
    """Pinball loss: the quantile q is learned."""
    error = target - output
    return (error * q).maximum(error * (q - 1)).mean(dim=1)


def poisson(output, target):
    """Negative Poisson log-likelihood without its constant."""
    return (output.exp() - target * output).mean(dim=1)


def gamma(output, target):
    """Negative gamma log-likelihood without its constant."""
    return (output + target * (-output).exp()).mean(dim=1)


def log_loss(output, target):
    """Cross-entropy of one log-odds or of a score per class."""
    if output.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(
            output[:, 0], target.to(output.dtype), reduction="none"
        )
    return F.cross_entropy(output, target, reduction="none")


def _pearson(output, target, power):
    mean = output.exp()
    return ((target - mean).square() / mean**power).mean(dim=1)


@dataclass(frozen=True)
class Loss:
    """A loss and its dispersion, both per row.

    Attributes
    ----------
    value : callable (output, target) -> tensor of shape (n,)
    dispersion : callable (output, target) -> tensor of shape (n,)
        Its mean is what the loss is to be divided by.
    """

    value: Callable
    dispersion: Callable


def get_loss(name, q=None):
    """The loss of this name; q is the level of ``"quantile"``."""
    if name == "quantile":
        pinball = partial(quantile, q=q)
        return Loss(pinball, pinball)
    return LOSSES[name]


LOSSES = {
    "squared_error": Loss(squared_error, lambda o, t: 2 * squared_error(o, t)),
    "absolute_error": Loss(absolute_error, absolute_error),
    "huber": Loss(huber, lambda o, t: 2 * huber(o, t)),
    "poisson": Loss(poisson, partial(_pearson, power=1)),
    "gamma": Loss(gamma, partial(_pearson, power=2)),
    "log_loss": Loss(log_loss, lambda o, t: torch.ones_like(o[:, 0])),
}
