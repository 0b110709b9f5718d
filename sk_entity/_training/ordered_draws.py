"""Means of the target over the rows before each row, on the device of the network."""

import torch

from .._table.scaler import LARGEST
from .._target.ordered_statistics import OrderedStatistics
from .._target.shrinkage import smooth


class OrderedDraws:
    """Draws the encodings of training rows for an order of these.

    Parameters
    ----------
    statistics : OrderedStatistics
    device : str
    """

    def __init__(self, statistics: OrderedStatistics, device: str):
        # There sums of float64 are not known.
        device = "cpu" if torch.device(device).type == "mps" else device
        self.levels = [torch.from_numpy(level).to(device) for level in statistics.levels]
        self.smoothing = statistics.smoothing
        weight = torch.from_numpy(statistics.sample_weight).to(device)
        self.sums_of = torch.from_numpy(statistics.target).to(device) * weight, weight

    def draw(self, order: torch.Tensor) -> torch.Tensor:
        """Compute the means for an order of the rows, float32 (n_samples, n_encodings)."""
        order = order.to(self.sums_of[0].device)
        shape = len(order), len(self.levels)
        out = torch.empty(shape, dtype=torch.float32, device=order.device)
        for j, level in enumerate(self.levels):
            # Rows of a level one after another, each level in this order.
            ordered, place = level[order].sort(stable=True)
            rows, first = order[place], _first_of_run(ordered)
            total, mass = (_before(x[rows], first) for x in self.sums_of)
            out[rows, j] = _squash(smooth(total, mass, self.smoothing[j])).float()
        return out


def _first_of_run(values):
    """Where the run of equal values begins that each value is in."""
    begins = torch.ones_like(values, dtype=torch.bool)
    torch.ne(values[1:], values[:-1], out=begins[1:])
    return torch.arange(len(values), device=values.device).mul_(begins).cummax(0).values


def _before(x, first):
    """Sum the elements before each one within its run."""
    before = x.cumsum(0).sub_(x)
    return before - before[first]


def _squash(z):
    """As `_table.scaler.squash` does: the same operations in the same order."""
    root = z.clamp_(-LARGEST, LARGEST) / 3
    return z.div_(root.square_().add_(1).sqrt_())
