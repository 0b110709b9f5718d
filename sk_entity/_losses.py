"""Losses per row, in the unit of the network's output; torch only.

Each takes the output, (n, n_outputs), and the coded target and returns a
tensor of shape (n,), the mean over the outputs. Poisson and gamma read the
output as the logarithm of the rate over the mean of y.
"""

from functools import partial

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


def get_loss(name, q=None):
    """The loss of this name; q is the level of ``"quantile"``."""
    return partial(quantile, q=q) if name == "quantile" else LOSSES[name]


LOSSES = {
    f.__name__: f for f in (squared_error, absolute_error, huber, poisson, gamma, log_loss)
}
