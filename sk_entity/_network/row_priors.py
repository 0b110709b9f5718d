"""Rows of tables with a prior of their own, and rows that training must not move.

By default all rows of a table share the prior N(0, t^2). A category whose vector is known from
elsewhere, or from an earlier call, is drawn to that vector instead.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .layers import NEW


class RowPriors(nn.Module):
    """The priors of the rows of stacked tables, in the layout of their weights.

    Parameters
    ----------
    priors : list of TablePrior or None
        Of each table; None stands for N(0, t^2).
    sizes, dims : list of int
        Rows and columns of each table.
    width : int
        Columns of the stack, for means and for deviations each.

    Attributes
    ----------
    prior : torch.Tensor of shape (n_rows, 2 * width)
        The mean of each row, then the logarithm of its deviation, 0 where that is learned.
    free : torch.Tensor of shape (n_rows,)
        1 for the rows that training moves, 0 for those that are held.
    """

    def __init__(self, priors, sizes, dims, width):
        super().__init__()
        n = sum(sizes)
        prior, free = torch.zeros(n, 2 * width, **NEW), torch.ones(n, **NEW)
        tables = zip(priors, prior.split(sizes), free.split(sizes), dims, strict=True)
        for own, rows, moving, dim in tables:
            if own is None:
                continue
            rows[:, :dim] = torch.from_numpy(own.mean)
            if own.log_deviation is not None:
                rows[:, width : width + dim] = torch.from_numpy(own.log_deviation)
            moving[torch.from_numpy(own.held)] = 0
        self.register_buffer("prior", prior, persistent=False)
        self.register_buffer("free", free, persistent=False)

    def forward(self, rows):
        """Look the priors of rows up, with one dimension more: 2 * width."""
        return F.embedding(rows, self.prior)

    def hold(self, rows, values):
        """Let no gradient reach the rows that are held; `values` has one more dimension."""
        free = self.free[rows].unsqueeze(-1)
        return values * free + values.detach() * (1 - free)


def has_own_width(prior):
    """Whether the deviations of a prior are given, so that none is learned."""
    return prior is not None and prior.log_deviation is not None
