"""Vectors of numbers move from bin to bin in steps."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from .layers import NEW

DIM = 4
INITIAL_STEP = 0.1
INITIAL_STEP_DEVIATION = 0.03


class NumericEmbeddings(nn.Module):
    """Vectors that move from bin to bin, in steps that are distributions.

    What one-hot is to a category, its position within bins is to a number: 0 in
    the bins above it, 1 in those below, and a fraction in its own (Gorishniy
    et al. 2022, equation 1). Positions less a half, times a table with a row per
    bin, give the vector of the number. A row is the step from one edge of its
    bin to the next, so that near numbers have near vectors. As all but one of
    the positions are known, the product is not carried out: sums of steps are
    looked up.

    Step k is N(m_k, s_k^2) in each dimension, under a prior N(0, t_k^2) that is
    its own. Of all widths the best is t_k^2 = mean(m_k^2 + s_k^2), the mean over
    dimensions (Tipping 2001, relevance determination), so that it need not be
    learned: a bin across which nothing is known to change has no step, and what
    is left is few steps, steep where they must be. Training draws a vector per
    number rather than steps (Kingma et al. 2015, local reparametrisation).

    Parameters
    ----------
    edges : array-like of shape (n_columns, n_bins + 1)
        Ascending; a bin of no width is a jump.
    generator : torch.Generator or None
        For the initial values.

    Shape
    -----
    - Input: ``(n, n_columns)``
    - Output: ``(n, n_columns * DIM)``
    """

    def __init__(self, edges, *, generator=None):
        super().__init__()
        self.generator = None
        edges = torch.as_tensor(edges, **NEW)
        width = edges.diff(dim=1)
        self.n_columns, n_bins = width.shape
        self.register_buffer("inner", edges[:, 1:-1].contiguous())
        self.register_buffer("lower", edges[:, :-1].contiguous())
        self.register_buffer("per_width", torch.where(width > 0, 1 / width, 0.0))
        first = n_bins * torch.arange(self.n_columns, device="cpu")
        self.register_buffer("first", first.unsqueeze(1))
        steps = torch.empty(self.n_columns, n_bins, DIM, **NEW)
        self.steps = nn.Parameter(steps.normal_(0, INITIAL_STEP, generator=generator))
        self.log_deviations = nn.Parameter(torch.full_like(steps, math.log(INITIAL_STEP_DEVIATION)))

    @property
    def out_features(self):
        """Number of dimensions of all columns together."""
        return self.n_columns * DIM

    def find_bins(self, numerical):
        """Find the bin of each number, counted over all columns, (n, n_columns)."""
        columns = numerical.detach()[:, : self.n_columns].t().contiguous()
        return (torch.searchsorted(self.inner, columns, right=True) + self.first).t().contiguous()

    def fractions(self, x, bins):
        """Find which part of its bin lies below each number."""
        return ((x - self.lower.take(bins)) * self.per_width.take(bins)).clamp(0, 1)

    def starts(self):
        """Vectors at the lower edges of the bins, (n_columns, n_bins, DIM)."""
        return self.steps.cumsum(dim=1) - self.steps - self.steps.sum(dim=1, keepdim=True) / 2

    def forward(self, x):
        bins = self.find_bins(x)
        fraction = self.fractions(x, bins).unsqueeze(2)
        if not self.training:
            start, step = look_up(bins, self.starts(), self.steps)
            return (start + fraction * step).flatten(1)
        variances = (2 * self.log_deviations).exp()
        start, step, variance = look_up(bins, self.starts(), self.steps, variances)
        # Each position less a half is a half, up or down, but for that in the number's own bin.
        variance = variances.sum(dim=1) / 4 + (fraction.square() - fraction) * variance
        noise = torch.empty_like(step).normal_(generator=self.generator)
        return (start + fraction * step + (variance + 1e-12).sqrt() * noise).flatten(1)

    def kl_divergence(self):
        """Return the Kullback-Leibler divergence of all steps from their priors."""
        squares = self.steps.square() + (2 * self.log_deviations).exp()
        return squares.mean(dim=2).log().sum() * (DIM / 2) - self.log_deviations.sum()


def look_up(rows, *tables):
    """Look rows of several tables (n_columns, n_bins, DIM) up."""
    # One by one, as operations on a part of wider rows take longer.
    return [F.embedding(rows, table.flatten(0, 1)) for table in tables]
