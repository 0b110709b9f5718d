"""Embedding tables have a row per category, and each row is a distribution.

Row k of a table is the product of the one-hot vector of k with the table, so
that the tables are the weights of a linear layer on one-hot inputs (Guo &
Berkhahn 2016, equation 3), and the gradient of a batch reaches only the rows
that occur in it. torch only.
"""

import math
from typing import NamedTuple

import torch
from torch import nn

# The row of `vocabulary.UNKNOWN`; torch is all that this folder imports.
UNKNOWN = 0
INITIAL_ROW_DEVIATION = 0.1
INITIAL_PRIOR_DEVIATION = 0.3
# A longer table is cheaper to update row by row than as a whole.
MOST_DENSE_ROWS = 10_000


class Table(NamedTuple):
    """The table of one column; both of shape (n_rows, dim)."""

    mean: torch.Tensor
    log_deviation: torch.Tensor


class StackedTables(nn.Embedding):
    """Tables of several columns, one below the other: one lookup serves them all.

    A row holds a mean, then the logarithm of a deviation, each as wide as the
    widest table.

    Parameters
    ----------
    visits : list of torch.Tensor of shape (n_rows,)
        How often training will look each row of each table up in an epoch.
    dims : list of int
    sparse : bool
        Whether a gradient lists the rows in the batch, instead of all.
    generator : torch.Generator or None

    Shape
    -----
    - Input: ``(n, n_tables)``, integers: rows of the stack
    - Output: ``(n, n_tables, 2 * max(dims))``
    """

    def __init__(self, visits, dims, *, sparse, generator):
        sizes, width = [len(v) for v in visits], max(dims)
        weight = torch.empty(sum(sizes), 2 * width)
        weight[:, :width].normal_(0, INITIAL_ROW_DEVIATION, generator=generator)
        weight[:, width:] = math.log(INITIAL_ROW_DEVIATION)
        super().__init__(*weight.shape, sparse=sparse, _weight=weight)
        self.sizes, self.dims, self.width = sizes, dims, width
        self.register_buffer("per_visit", 1 / torch.cat(visits).clamp(min=1), persistent=False)

    @property
    def first(self):
        """Row at which each table begins."""
        return [sum(self.sizes[:j]) for j in range(len(self.sizes))]

    @property
    def tables(self):
        """The `Table` of each column, as views without gradient."""
        return [
            Table(rows[:, :dim], rows[:, self.width : self.width + dim])
            for rows, dim in zip(self.weight.detach().split(self.sizes), self.dims, strict=True)
        ]


class EntityEmbeddings(nn.Module):
    """Lookup of one row per column, side by side, in tables of distributions.

    Row k of a table is N(m_k, s_k^2), in each dimension; the prior of all rows
    is N(0, t^2), where t is learned per dimension and is large where the column
    matters. Training draws each row it looks up (Kingma & Welling 2014, the
    reparametrisation of equation 4) and pays for its Kullback-Leibler divergence
    from the prior (equation 10, for a prior of any width). So a row is drawn towards the
    prior the more, the fewer training rows speak for it. Evaluation looks up
    the means.

    Parameters
    ----------
    row_counts : sequence of array-like of int
        Training rows behind each row of each table.
    embedding_dims : sequence of int
        Columns of each table.
    embedding_dropout : float
        In training, the probability with which a cell's category is masked: the
        row `UNKNOWN` is looked up in its place, and so learned.
    generator : torch.Generator or None
        For the initial values.

    Attributes
    ----------
    kl_divergence : torch.Tensor
        Of the batch looked up last, in training: its mean over all batches of
        an epoch is the divergence of all tables over the training rows. Only
        rows in the batch have a part in it, so that its cost does not depend
        on the size of a table.
    unmasked : torch.Tensor of bool, shape (n,), or None
        Which of the rows looked up last kept all their categories; None if all did.

    Shape
    -----
    - Input: ``(n, n_columns)``, integers
    - Output: ``(n, sum(embedding_dims))``
    """

    def __init__(self, row_counts, embedding_dims, *, embedding_dropout=0.0, generator=None):
        super().__init__()
        self.embedding_dropout = embedding_dropout
        self.generator = self.unmasked = None
        self.dims = list(embedding_dims)
        visits = [_visits(counts, embedding_dropout) for counts in row_counts]
        large = [len(v) > MOST_DENSE_ROWS for v in visits]
        # The short tables in one stack; a long one alone, so that it is never padded.
        short = [j for j, is_large in enumerate(large) if not is_large]
        self.groups = [short] * bool(short) + [[j] for j, is_large in enumerate(large) if is_large]
        self.stacks = nn.ModuleList(
            StackedTables(
                [visits[j] for j in group],
                [self.dims[j] for j in group],
                sparse=large[group[0]],
                generator=generator,
            )
            for group in self.groups
        )
        self.log_prior = nn.Parameter(
            torch.full((sum(self.dims),), math.log(INITIAL_PRIOR_DEVIATION))
        )
        first, used, owner = self._layout()
        self.register_buffer("first", torch.tensor(first, dtype=torch.int32), persistent=False)
        self.register_buffer("used", torch.tensor(used), persistent=False)
        self.register_buffer("owner", torch.tensor(owner), persistent=False)

    def _layout(self):
        """Find where each column begins in its stack, and where its values lie in a lookup."""
        n = len(self.dims)
        first, owner = [0] * n, [0] * n
        means, deviations = [range(0)] * n, [range(0)] * n
        start = n_before = 0
        for group, stack in zip(self.groups, self.stacks, strict=True):
            for place, (j, row) in enumerate(zip(group, stack.first, strict=True)):
                first[j], owner[j] = row, n_before + place
                means[j] = range(start, start + self.dims[j])
                deviations[j] = range(start + stack.width, start + stack.width + self.dims[j])
                start += 2 * stack.width
            n_before += len(group)
        used = [k for values in (*means, *deviations) for k in values]
        return first, used, [owner[j] for j in range(n) for _ in means[j]]

    def forward(self, categorical):
        if self.training and self.embedding_dropout > 0:
            categorical = self._mask_categories(categorical)
        rows = categorical + self.first
        rows = [rows] if len(self.stacks) == 1 else [rows[:, group] for group in self.groups]
        looked_up = [stack(r).flatten(1) for stack, r in zip(self.stacks, rows, strict=True)]
        values = torch.cat(looked_up, dim=1).index_select(1, self.used)
        if not self.training:
            return values[:, : len(self.log_prior)]
        per_visit = [stack.per_visit[r] for stack, r in zip(self.stacks, rows, strict=True)]
        per_visit = torch.cat(per_visit, dim=1).index_select(1, self.owner)
        noise = torch.empty_like(per_visit).normal_(generator=self.generator)
        vectors, self.kl_divergence = Draw.apply(values, self.log_prior, per_visit, noise)
        return vectors

    def _mask_categories(self, categorical):
        drawn = torch.empty(categorical.shape, device=categorical.device)
        mask = drawn.uniform_(generator=self.generator) < self.embedding_dropout
        self.unmasked = ~mask.any(dim=1)
        return categorical.masked_fill(mask, UNKNOWN)

    @property
    def tables(self):
        """The `Table` of each column, as views of the weights without gradient."""
        order = [j for group in self.groups for j in group]
        tables = [table for stack in self.stacks for table in stack.tables]
        return [tables[order.index(j)] for j in range(len(order))]


class Draw(torch.autograd.Function):
    """Draw vectors and measure their divergence from the prior, with gradients written out.

    As separate operations these would take as long as the dense layers.

    Parameters
    ----------
    values : torch.Tensor of shape (n, 2 * dim)
        Means, then the logarithms of the deviations.
    log_prior : torch.Tensor of shape (dim,)
    per_visit, noise : torch.Tensor of shape (n, dim)
        Part of a row's divergence that a single visit pays; standard normal.
    """

    @staticmethod
    def forward(ctx, values, log_prior, per_visit, noise):
        """Return vectors of shape (n, dim) and the Kullback-Leibler divergence, a scalar."""
        mean, log_deviation = values.chunk(2, dim=1)
        deviation = log_deviation.exp()
        precision = (-2 * log_prior).exp()
        offset = deviation * noise
        variances = (deviation.square() + mean.square()) * precision
        divergence = (variances - 1) / 2 - log_deviation + log_prior
        ctx.save_for_backward(mean, deviation, offset, variances, precision, per_visit)
        return mean + offset, (divergence * per_visit).sum() / len(values)

    @staticmethod
    def backward(ctx, vectors_gradient, divergence_gradient):
        """Return the gradients of values and prior."""
        mean, deviation, offset, variances, precision, per_visit = ctx.saved_tensors
        paid = per_visit * (divergence_gradient / len(per_visit))
        per_variance = paid * precision
        gradient = mean.new_empty(len(mean), 2 * mean.shape[1])
        of_mean, of_log_deviation = gradient.chunk(2, dim=1)
        torch.addcmul(vectors_gradient, per_variance, mean, out=of_mean)
        torch.mul(deviation.square(), per_variance, out=of_log_deviation)
        of_log_deviation.sub_(paid).addcmul_(vectors_gradient, offset)
        of_prior = (paid * (1 - variances)).sum(dim=0)
        return gradient, of_prior, None, None


def _visits(counts, embedding_dropout):
    """Lookups of each row in an epoch."""
    counts = torch.as_tensor(counts, dtype=torch.float32)
    visits = counts * (1 - embedding_dropout)
    visits[UNKNOWN] += counts.sum() * embedding_dropout
    return visits
