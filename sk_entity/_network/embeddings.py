"""Embedding tables have a row per category, and each row is a distribution.

Row k of a table is the product of the one-hot vector of k with the table, so
that the tables are the weights of a linear layer on one-hot inputs (Guo &
Berkhahn 2016, equation 3), and the gradient of a batch reaches only the rows
that occur in it. torch only.
"""

import math
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch import nn

from .bags import BagColumns
from .layers import NEW
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
    """A table of distributions; both of shape (n_rows, dim)."""

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
        weight = torch.empty(len(visits), 2 * width, **NEW)
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
                indices, of_rows, shape, device=of_rows.device, check_invariants=False
            )
        else:
            self.weight.grad = torch.zeros_like(self.weight).index_add_(0, rows, of_rows)

    def split(self, values, dim):
        """Part looked-up rows, (n, 2 * width), of a table this wide: means, log-deviations."""
        return values[:, :dim], values[:, self.width : self.width + dim]

    @property
    def first(self):
        """Row at which each table begins."""
        return list(accumulate(self.sizes[:-1], initial=0))

    @property
    def tables(self):
        """Its tables, as views without gradient."""
        return [
            Table(*self.split(rows, dim))
            for rows, dim in zip(self.weight.detach().split(self.sizes), self.dims, strict=True)
        ]

    def prior_rows(self):
        """Return mean, log-deviation and freedom of the rows of each table."""
        assert self.priors is not None
        parts = self.priors.prior.split(self.sizes), self.priors.free.split(self.sizes)
        return [
            (*self.split(rows, dim), free.unsqueeze(1))
            for rows, free, dim in zip(*parts, self.dims, strict=True)
        ]


class EntityEmbeddings(nn.Module):
    """Lookup in tables of distributions, with the vectors of the columns side by side.

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
    columns : sequence of int, default=None
        The table of each column of data; None gives each column one of its own.
    n_bags : int
        The last columns of data look up several rows, and get the mean of their vectors.
    embedding_dropout : float
        In training, the probability with which a category is masked: the row
        `UNKNOWN` is looked up in its place, and so learned.
    generator : torch.Generator or None
        For the initial values.
    priors : sequence of TablePrior or None
        Of each table, see `RowPriors`; None if none has its own.

    Attributes
    ----------
    dims : list of int
        Dimensions of the vectors of each column.
    kl_divergence : torch.Tensor
        Of the batch looked up last, in training: its mean over all batches of
        an epoch is the divergence of all tables over the training rows. Only
        rows in the batch have a part in it, so that its cost does not depend
        on the size of a table.
    unmasked : torch.Tensor of bool, shape (n,), or None
        Which of the rows looked up last kept their categories, and most of each
        bag; None if all kept all.

    Shape
    -----
    - Input: ``(n, n_columns - n_bags)``, integers, and `Bags` for the other columns
    - Output: ``(n, sum(dims))``
    """

    def __init__(
        self,
        row_counts,
        embedding_dims,
        *,
        columns=None,
        n_bags=0,
        embedding_dropout=0.0,
        generator=None,
        priors=None,
    ):
        super().__init__()
        self.embedding_dropout = embedding_dropout
        self.generator = self.unmasked = None
        self.table_dims = list(embedding_dims)
        columns = list(range(len(self.table_dims)) if columns is None else columns)
        self.columns, self.dims = columns, [self.table_dims[t] for t in columns]
        n_single = len(columns) - n_bags
        self.of_singles, self.of_bags = columns[:n_single], columns[n_single:]
        self.has_priors = priors is not None and any(p is not None for p in priors)
        priors = list(priors) if self.has_priors else [None] * len(row_counts)
        self._stack(row_counts, generator, priors)
        self.log_prior = nn.Parameter(
            torch.full((sum(self.table_dims),), math.log(INITIAL_PRIOR_DEVIATION), **NEW)
        )
        first, used, owner = self._layout()
        self.register_buffer("first", _positions(first).int(), persistent=False)
        self.register_buffer("used", _positions(used), persistent=False)
        # The other way round; what only fills a table up comes after all that is used.
        n_values = 2 * sum(
            len(columns) * stack.width
            for columns, stack in zip(self.singles, self.stacks, strict=True)
        )
        place = _positions([len(used)] * n_values)
        place[self.used] = torch.arange(len(used), device="cpu")
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("owner", _positions(owner), persistent=False)
        prior_of = [k for t in self.of_singles for k in self.prior_of_table(t)]
        each_once = prior_of == list(range(len(self.log_prior)))
        # None where each column has a table of its own, and all of them are single.
        self.register_buffer(
            "prior_of",
            None if each_once else _positions(prior_of),
            persistent=False,
        )
        learned: Any = [
            float(not has_own_width(prior))
            for prior, dim in zip(priors, self.table_dims, strict=True)
            for _ in range(dim)
        ]
        # None where all widths are.
        learned = torch.tensor(learned, **NEW) if self.has_priors else None
        self.register_buffer("width_is_learned", learned, persistent=False)

    def _stack(self, row_counts, generator, priors):
        """Make the tables: the short ones in one stack; a long one alone, so it is never padded."""
        visits = [_visits(counts, self.embedding_dropout) for counts in row_counts]
        large = [len(v) > MOST_DENSE_ROWS for v in visits]
        short = [t for t, is_large in enumerate(large) if not is_large]
        self.groups = [short] * bool(short) + [[t] for t, is_large in enumerate(large) if is_large]
        self.stacks = nn.ModuleList(
            StackedTables(
                [visits[t] for t in group],
                [self.table_dims[t] for t in group],
                sparse=large[group[0]],
                generator=generator,
                priors=[priors[t] for t in group] if self.has_priors else None,
            )
            for group in self.groups
        )
        # By table, the stack that holds it and the row of the stack at which it begins.
        self.place_of_table = {
            t: (s, row)
            for s, (group, stack) in enumerate(zip(self.groups, self.stacks, strict=True))
            for t, row in zip(group, stack.first, strict=True)
        }
        self.first_prior = list(accumulate(self.table_dims[:-1], initial=0))
        # Columns of single values, by the stack of their tables.
        self.singles: list[list[int]] = [[] for _ in self.groups]
        for j, t in enumerate(self.of_singles):
            self.singles[self.stack_of(t)].append(j)
        for k, columns in enumerate(self.singles):
            self.register_buffer(f"columns_{k}", _positions(columns), persistent=False)

    def _layout(self):
        """Find where each single column begins in its stack, and its values in a lookup."""
        n = len(self.of_singles)
        first, owner = [0] * n, [0] * n
        means, deviations = [range(0)] * n, [range(0)] * n
        start = n_before = 0
        for columns, stack in zip(self.singles, self.stacks, strict=True):
            for place, j in enumerate(columns):
                first[j], owner[j] = self.first_row(self.of_singles[j]), n_before + place
                means[j] = range(start, start + self.dims[j])
                deviations[j] = range(start + stack.width, start + stack.width + self.dims[j])
                start += 2 * stack.width
            n_before += len(columns)
        used = [k for values in (*means, *deviations) for k in values]
        return first, used, [owner[j] for j in range(n) for _ in means[j]]

    def stack_of(self, table):
        """Return the place of the stack that holds a table."""
        return self.place_of_table[table][0]

    def first_row(self, table):
        """Return the row of its stack at which a table begins."""
        return self.place_of_table[table][1]

    def prior_of_table(self, table):
        """Return where the prior of a table stands in `log_prior`."""
        start = self.first_prior[table]
        return range(start, start + self.table_dims[table])

    def single_priors(self, rows):
        """Find the priors of single values, side by side: means, or None for 0; log-deviations.

        Parameters
        ----------
        rows : list of torch.Tensor
            Of each stack, as `by_stack` returns them.
        """
        if not self.has_priors:
            return None, self._of_singles(self.log_prior)
        found = [stack.priors(r).flatten(1) for stack, r in zip(self.stacks, rows, strict=True)]
        center, own = torch.cat(found, dim=1).index_select(1, self.used).chunk(2, dim=1)
        return center, own + self._of_singles(self.log_prior * self.width_is_learned)

    def bag_priors(self, table, rows):
        """Find the priors of the members of bags, as `single_priors` does."""
        log_prior, place = self.log_prior, self.prior_of_table(table)
        positions = slice(place.start, place.stop)  # a list would be copied to the device
        if not self.has_priors:
            return None, log_prior[positions]
        stack = self.stacks[self.stack_of(table)]
        center, own = stack.split(stack.priors(rows), self.table_dims[table])
        return center, own + (log_prior * self.width_is_learned)[positions]

    def _of_singles(self, of_tables):
        return of_tables if self.prior_of is None else of_tables[self.prior_of]

    def forward(self, categorical, bags=()):
        if self.training:
            categorical, bags = self.mask(categorical, bags)
        rows = self.by_stack(categorical.long() + self.first)
        looked_up = [stack(r).flatten(1) for stack, r in zip(self.stacks, rows, strict=True)]
        values = torch.cat(looked_up, dim=1).index_select(1, self.used)
        mean, log_deviation = values.chunk(2, dim=1)
        if not self.training:
            return torch.cat([mean, *self._bag_means(bags)], dim=1)
        per_visit = [stack.per_visit[r] for stack, r in zip(self.stacks, rows, strict=True)]
        per_visit = torch.cat(per_visit, dim=1).index_select(1, self.owner)
        vectors, paid = self._draw(mean, log_deviation, self.single_priors(rows), per_visit)
        drawn = [vectors]
        for table, bag in zip(self.of_bags, bags, strict=True):
            flat, rows_of = bag.flat()
            stack, flat = self.stacks[self.stack_of(table)], flat + self.first_row(table)
            mean, log_deviation = stack.split(stack(flat), self.table_dims[table])
            prior = self.bag_priors(table, flat)
            per_visit = stack.per_visit[flat].unsqueeze(1)
            vectors, more = self._draw(mean, log_deviation, prior, per_visit)
            drawn.append(bag.mean(vectors, rows_of))
            paid = paid + more
        self.kl_divergence = paid / len(categorical)
        return torch.cat(drawn, dim=1)

    def _draw(self, mean, log_deviation, prior, per_visit):
        """Draw vectors; return them and their part of the divergence."""
        center, log_prior = prior
        apart = mean if center is None else mean - center
        squares = apart.square() + (2 * log_deviation).exp()
        divergence = (squares * (-2 * log_prior).exp() - 1) / 2 - log_deviation
        noise = torch.empty_like(mean).normal_(generator=self.generator)
        paid = ((divergence + log_prior) * per_visit).sum()
        return mean + log_deviation.exp() * noise, paid

    def _bag_means(self, bags):
        for table, bag in zip(self.of_bags, bags, strict=True):
            flat, rows_of = bag.flat()
            stack = self.stacks[self.stack_of(table)]
            vectors = stack(flat + self.first_row(table))[:, : self.table_dims[table]]
            yield bag.mean(vectors, rows_of)

    def by_stack(self, rows):
        """Part rows, (n, n_single), by the stack of their columns."""
        if len(self.stacks) == 1:
            return [rows]
        # By tensors on the device: each list of positions would be copied there.
        columns = (getattr(self, f"columns_{k}") for k in range(len(self.stacks)))
        return [rows.index_select(1, positions) for positions in columns]

    def mask(self, categorical, bags=()):
        """Put the unknown category in the place of some."""
        if self.embedding_dropout == 0:
            return categorical, bags
        mask = self._draw_mask(categorical)
        self.unmasked = ~mask.any(dim=1)
        masked = []
        for bag in bags:
            flat, rows_of = bag.flat()
            mask_of_bag = self._draw_mask(flat)
            masked.append(bag.of(flat.masked_fill(mask_of_bag, UNKNOWN), bag.lengths))
            kept = bag.mean((~mask_of_bag).float().unsqueeze(1), rows_of)[:, 0]
            self.unmasked &= kept > 0.5
        return categorical.masked_fill(mask, UNKNOWN), BagColumns(masked)

    def _draw_mask(self, rows):
        drawn = torch.empty(rows.shape, dtype=torch.float32, device=rows.device)
        return drawn.uniform_(generator=self.generator) < self.embedding_dropout

    @property
    def tables(self):
        """The `Table` of each column that owns one, as views of the weights without gradient."""
        return self._in_order([table for stack in self.stacks for table in stack.tables])

    @property
    def priors(self):
        """Mean, log-deviation and freedom of the rows of each table, as `RowPriors` has them."""
        log_priors = self.log_prior.detach().split(self.table_dims)
        if not self.has_priors:
            return [(torch.zeros_like(p), p, p.new_ones(1)) for p in log_priors]
        own = self._in_order([rows for stack in self.stacks for rows in stack.prior_rows()])
        learned = self.width_is_learned.split(self.table_dims)
        return [
            (mean, log_deviation + is_learned * log_prior, free)
            for (mean, log_deviation, free), is_learned, log_prior in zip(
                own, learned, log_priors, strict=True
            )
        ]

    def _in_order(self, of_tables):
        order = [t for group in self.groups for t in group]
        by_table = dict(zip(order, of_tables, strict=True))
        return [by_table[t] for t in range(len(order))]


def _positions(values):
    return torch.tensor(values, dtype=torch.long, device="cpu")


def _visits(counts, embedding_dropout):
    """Lookups of each row in an epoch."""
    counts = torch.as_tensor(counts, **NEW)
    visits = counts * (1 - embedding_dropout)
    visits[UNKNOWN] += counts.sum() * embedding_dropout
    return visits
