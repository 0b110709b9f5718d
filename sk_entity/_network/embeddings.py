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

from .row_priors import RowPriors, has_own_width

# The row of `vocabulary.UNKNOWN`; torch is all that this folder imports.
UNKNOWN = 0
# Of the means: vectors far from each other give the layers something to tell them by. A row that
# is looked up 20 times in an epoch starts with half of the variance, as it cannot move far.
INITIAL_MEAN_DEVIATION = 0.3
VISITS_AT_HALF = 20
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
    priors : list of TablePrior or None
        Of the rows of each table; None if no table of the network has its own.

    Shape
    -----
    - Input: ``(n, n_tables)``, integers: rows of the stack
    - Output: ``(n, n_tables, 2 * max(dims))``
    """

    def __init__(self, visits, dims, *, sparse, generator, priors=None):
        sizes, width = [len(v) for v in visits], max(dims)
        visits = torch.cat(visits)
        weight = torch.empty(len(visits), 2 * width)
        deviation = INITIAL_MEAN_DEVIATION * (visits / (visits + VISITS_AT_HALF)).sqrt()
        weight[:, :width].normal_(generator=generator).mul_(deviation.unsqueeze(1))
        weight[:, width:] = math.log(INITIAL_ROW_DEVIATION)
        super().__init__(*weight.shape, sparse=sparse, _weight=weight)
        self.sizes, self.dims, self.width = sizes, dims, width
        self.priors = None if priors is None else RowPriors(priors, sizes, dims, width)
        per_visit = 1 / visits.clamp(min=1)
        if self.priors is not None:
            per_visit *= self.priors.free  # what is held pays nothing
        self.register_buffer("per_visit", per_visit, persistent=False)

    def forward(self, rows):
        values = super().forward(rows)
        return values if self.priors is None else self.priors.hold(rows, values)

    def set_gradient(self, rows, of_rows):
        """Set the gradient of the weight to those of rows, some of them several times."""
        if self.priors is not None:
            of_rows = of_rows * self.priors.free[rows].unsqueeze(1)
        if self.sparse:
            indices, shape = rows.long().unsqueeze(0), self.weight.shape
            self.weight.grad = torch.sparse_coo_tensor(
                indices, of_rows, shape, check_invariants=False
            )
        else:
            self.weight.grad = torch.zeros_like(self.weight).index_add_(0, rows, of_rows)

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

    @property
    def prior_rows(self):
        """Mean, log-deviation and freedom of the rows of each table."""
        assert self.priors is not None
        parts = self.priors.prior.split(self.sizes), self.priors.free.split(self.sizes)
        return [
            (rows[:, :dim], rows[:, self.width : self.width + dim], free.unsqueeze(1))
            for rows, free, dim in zip(*parts, self.dims, strict=True)
        ]


class EntityEmbeddings(nn.Module):
    """Lookup of one row per column, side by side, in tables of distributions.

    Row k of a table is N(m_k, s_k^2), in each dimension; the prior of all rows
    is N(0, t^2), where t is learned per dimension and is large where the column
    matters; `priors` gives rows others. Training draws each row it looks up (Kingma &
    Welling 2014, the reparametrisation of equation 4) and pays for its
    Kullback-Leibler divergence from the prior (equation 10, for a prior of any width).
    So a row is drawn towards the prior the more, the fewer training rows speak for it.
    Evaluation looks up the means.

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
    priors : sequence of TablePrior or None
        Of each table, see `RowPriors`; None if none has its own.

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

    def __init__(
        self, row_counts, embedding_dims, *, embedding_dropout=0.0, generator=None, priors=None
    ):
        super().__init__()
        self.has_priors = priors is not None and any(p is not None for p in priors)
        priors = list(priors) if self.has_priors else [None] * len(row_counts)
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
                priors=[priors[j] for j in group] if self.has_priors else None,
            )
            for group in self.groups
        )
        self.log_prior = nn.Parameter(
            torch.full((sum(self.dims),), math.log(INITIAL_PRIOR_DEVIATION))
        )
        first, used, owner = self._layout()
        self.register_buffer("first", torch.tensor(first, dtype=torch.int32), persistent=False)
        self.register_buffer("used", torch.tensor(used), persistent=False)
        # The other way round; what only fills a table up comes after all that is used.
        n_values = 2 * sum(len(stack.sizes) * stack.width for stack in self.stacks)
        place = torch.full((n_values,), len(used))
        place[self.used] = torch.arange(len(used))
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("owner", torch.tensor(owner), persistent=False)
        learned = [
            not has_own_width(p)
            for p, dim in zip(priors, self.dims, strict=True)
            for _ in range(dim)
        ]
        self.register_buffer("width_is_learned", torch.tensor(learned).float(), persistent=False)

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
        if self.training:
            categorical = self.mask(categorical)
        rows = self.by_stack(categorical.long() + self.first)
        looked_up = [stack(r).flatten(1) for stack, r in zip(self.stacks, rows, strict=True)]
        values = torch.cat(looked_up, dim=1).index_select(1, self.used)
        if not self.training:
            return values[:, : len(self.log_prior)]
        per_visit = [stack.per_visit[r] for stack, r in zip(self.stacks, rows, strict=True)]
        per_visit = torch.cat(per_visit, dim=1).index_select(1, self.owner)
        mean, log_deviation = values.chunk(2, dim=1)
        center, log_prior = self.row_priors(rows)
        squares = (mean - center).square() + (2 * log_deviation).exp()
        divergence = (squares * (-2 * log_prior).exp() - 1) / 2 - log_deviation
        self.kl_divergence = ((divergence + log_prior) * per_visit).sum() / len(values)
        noise = torch.empty_like(mean).normal_(generator=self.generator)
        return mean + log_deviation.exp() * noise

    def row_priors(self, rows):
        """Find mean and log-deviation of the priors of rows, given by stack, (n, dims) or as one.

        Parameters
        ----------
        rows : list of torch.Tensor of shape (n, n_tables)
        """
        if not self.has_priors:
            return torch.zeros_like(self.log_prior), self.log_prior
        found = [stack.priors(r) for stack, r in zip(self.stacks, rows, strict=True)]
        center, own = torch.cat(found, dim=1).index_select(1, self.used).chunk(2, dim=1)
        return center, own + self.log_prior * self.width_is_learned

    def by_stack(self, rows):
        """Part rows, (n, n_columns), by the stack of their columns."""
        return [rows] if len(self.stacks) == 1 else [rows[:, group] for group in self.groups]

    def mask(self, categorical):
        """Put the unknown category in the place of some."""
        if self.embedding_dropout == 0:
            return categorical
        drawn = torch.empty(categorical.shape, device=categorical.device)
        mask = drawn.uniform_(generator=self.generator) < self.embedding_dropout
        self.unmasked = ~mask.any(dim=1)
        return categorical.masked_fill(mask, UNKNOWN)

    @property
    def tables(self):
        """The `Table` of each column, as views of the weights without gradient."""
        return self._by_column([table for stack in self.stacks for table in stack.tables])

    @property
    def priors(self):
        """Mean, log-deviation and freedom of all rows of each column, as `RowPriors` has them."""
        log_priors = self.log_prior.detach().split(self.dims)
        if not self.has_priors:
            return [(torch.zeros_like(p), p, torch.ones(1)) for p in log_priors]
        learned = self.width_is_learned.split(self.dims)
        own = self._by_column([rows for stack in self.stacks for rows in stack.prior_rows])
        return [
            (mean, log_deviation + shared * log_prior, free)
            for (mean, log_deviation, free), shared, log_prior in zip(
                own, learned, log_priors, strict=True
            )
        ]

    def _by_column(self, of_tables):
        order = [j for group in self.groups for j in group]
        return [of_tables[order.index(j)] for j in range(len(order))]


def _visits(counts, embedding_dropout):
    """Lookups of each row in an epoch."""
    counts = torch.as_tensor(counts, dtype=torch.float32)
    visits = counts * (1 - embedding_dropout)
    visits[UNKNOWN] += counts.sum() * embedding_dropout
    return visits
