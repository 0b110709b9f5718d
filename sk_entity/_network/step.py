"""A training step with its gradients written out.

The network is a graph of many small operations, and autograd takes about as long to
record and to walk it as the operations take. So the walk is written down: each part
computes what it passes on, and then, from the gradient of that, those of its
parameters. What it computes is what autograd finds
(`tests/network/test_step.py`). Large arrays stay where they are from step to step.
"""

from typing import Any

import torch
from torch.nn import functional as F

from .activations import Activation
from .embeddings import EntityEmbeddings
from .layers import Dropout
from .module import EntityEmbeddingNetwork
from .numeric_embeddings import DIM, NumericEmbeddings, look_up


class Step:
    """Forward and backward of one batch.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
        Its parameters get gradients.
    """

    def __init__(self, network: EntityEmbeddingNetwork):
        self.embeddings = _EmbeddingsStep(network.embeddings) if network.embeddings else None
        self.numbers = _NumbersStep(network.numeric_embeddings)
        self.hidden = [
            _HiddenStep(layer, network.activation, network.dropout) for layer in network.hidden
        ]
        self.output = network.output
        # An array per part of the step and length of the batch, of which there are two at most.
        self.room: dict[Any, torch.Tensor] = {}

    def prepare(self, X: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Find, for many batches at once, what does not depend on the parameters.

        Parameters
        ----------
        X : dict of torch.Tensor
            ``categorical`` and ``numerical``, (n, n_columns); ``bags``, if there are any.

        Returns
        -------
        dict of torch.Tensor
            Also ``rows`` of the tables, with some categories masked; whether a row kept
            all of them, ``unmasked``; and ``bins`` of the numbers.
        """
        found = dict(X)
        if self.embeddings is not None:
            masked, bags = self.embeddings.module.mask(X["categorical"], X.get("bags", ()))
            found["rows"] = masked.long().add_(self.embeddings.module.first)
            if bags:
                found["bags"] = bags
            if self.embeddings.module.unmasked is not None:
                found["unmasked"] = self.embeddings.module.unmasked
        found["bins"] = self.numbers.module.find_bins(X["numerical"])
        return found

    @torch.no_grad()
    def forward(self, prepared: dict[str, torch.Tensor]) -> torch.Tensor:
        """Compute the output, (n, n_outputs), drawing vectors and dropping units out."""
        numerical = prepared["numerical"]
        parts = []
        if self.embeddings is not None:
            parts.append(self.embeddings.forward(prepared["rows"], prepared.get("bags", ())))
        if self.numbers.module.n_columns:
            parts.append(self.numbers.forward(numerical, prepared["bins"]))
        self.widths = [part.shape[1] for part in parts]
        x = torch.cat([*parts, numerical], dim=1)
        for k, layer in enumerate(self.hidden):
            x = layer.forward(x, self._room(k, len(x), layer.layer.out_features))
        self.x = x
        return torch.addmm(self.output.bias, x, self.output.weight.t())

    @torch.no_grad()
    def backward(
        self,
        gradient: torch.Tensor,
        strength: float,
        strength_of_numbers: float,
        exchange: Any = None,
    ) -> None:
        """Set the gradients of all parameters.

        Parameters
        ----------
        gradient : torch.Tensor of shape (n, n_outputs)
            Of the loss, with respect to the output.
        strength, strength_of_numbers : float
            Of the divergences of categories and numbers in the loss.
        exchange : Exchange or None
            With the workers whose batches, together with this one, make up the loss.
        """
        above = self.output
        above.weight.grad, above.bias.grad = gradient.t() @ self.x, gradient.sum(dim=0)
        for layer in reversed(self.hidden):
            gradient = layer.backward(torch.mm(gradient, above.weight, out=layer.room))
            above = layer.layer
        # What is data needs no gradient.
        learned = above.weight[:, : sum(self.widths)]
        gradients = (gradient @ learned).split(self.widths, dim=1)
        if self.embeddings is not None:
            self.embeddings.backward(gradients[0], strength, exchange)
        if self.numbers.module.n_columns:
            # Each worker knows all steps of the numbers, and pays for a part.
            share = 1 if exchange is None else exchange.n_workers
            self.numbers.backward(gradients[-1], strength_of_numbers / share)

    def looked_up(self) -> list[torch.Tensor]:
        """Return the rows that the batch has looked up in each stack of tables."""
        return [] if self.embeddings is None else self.embeddings.looked_up()

    def _room(self, part, *shape):
        key = part, shape[0]
        if key not in self.room:
            self.room[key] = self.output.weight.new_empty(3, *shape)
        return self.room[key]


class _HiddenStep:
    """A dense layer, its activation and the dropout behind it."""

    def __init__(self, layer: torch.nn.Linear, activation: Activation, dropout: Dropout):
        self.layer, self.activation, self.dropout = layer, activation, dropout

    def forward(self, x, room):
        self.x = x
        before, self.room, slope = room
        torch.addmm(self.layer.bias, x, self.layer.weight.t(), out=before)
        after, self.slope = self.activation.with_slope(before, slope)
        kept = self.dropout.draw(after)
        if kept is not None:
            self.slope.mul_(kept)
            after.mul_(kept)
        return after

    def backward(self, gradient):
        """Return the gradient of what the activation receives."""
        gradient.mul_(self.slope)
        self.layer.weight.grad = gradient.t() @ self.x
        self.layer.bias.grad = gradient.sum(dim=0)
        return gradient


class _EmbeddingsStep:
    """The lookup of categories: rows drawn, their divergence from the prior."""

    def __init__(self, module: EntityEmbeddings):
        self.module = module
        self.singles = _Draw()
        self.bags = [_BagStep(module, table) for table in module.of_bags]

    def forward(self, rows, bags):
        m = self.module
        self.rows = m.by_stack(rows)
        looked_up = [
            F.embedding(r, stack.weight).flatten(1)
            for stack, r in zip(m.stacks, self.rows, strict=True)
        ]
        values = _together(looked_up, dim=1).index_select(1, m.used)
        mean, log_deviation = values.chunk(2, dim=1)
        vectors = self.singles.forward(mean, log_deviation, m.generator)
        if not self.bags:
            return vectors
        of_bags = [step.forward(bag) for step, bag in zip(self.bags, bags, strict=True)]
        return torch.cat([vectors, *of_bags], dim=1)

    def looked_up(self):
        """Rows of each stack, in the order in which `backward` has their gradients."""
        found = [[rows.reshape(-1)] for rows in self.rows]
        for step in self.bags:
            found[step.place].append(step.flat)
        return list(map(_together, found))

    def backward(self, gradient, strength, exchange):
        m, n = self.module, len(gradient)
        strength = strength / (n if exchange is None else exchange.n_rows)
        per_visit = [stack.per_visit.take(r) for stack, r in zip(m.stacks, self.rows, strict=True)]
        paid = _together(per_visit, dim=1).mul_(strength).index_select(1, m.owner)
        of_singles, *of_bags = gradient.split([paid.shape[1], *(s.dim for s in self.bags)], dim=1)
        # Of means, of deviations, and a zero for what only fills a table up.
        dim = paid.shape[1]
        of_values = gradient.new_empty(n, 2 * dim + 1)
        of_mean, of_log_deviation, nothing = of_values.split([dim, dim, 1], dim=1)
        of_prior = self.singles.backward(
            of_singles, paid, m.single_priors(self.rows), of_mean, of_log_deviation
        )
        nothing.zero_()
        if m.prior_of is not None:  # then several columns may pay for one prior
            of_prior = torch.zeros_like(m.log_prior).index_add_(0, m.prior_of, of_prior)
        reached = self._by_stack(of_values.index_select(1, m.place))
        for step, of_bag in zip(self.bags, of_bags, strict=True):
            of_prior[step.prior] += step.backward(of_bag, strength)
            reached[step.place].append((step.flat, step.of_values))
        m.log_prior.grad = of_prior if m.width_is_learned is None else of_prior * m.width_is_learned
        gradients = [tuple(map(_together, zip(*parts, strict=True))) for parts in reached]
        if exchange is not None:
            gradients = exchange.gather_tables([of_rows for _, of_rows in gradients])
        for stack, of_stack in zip(m.stacks, gradients, strict=True):
            stack.set_gradient(*of_stack)

    def _by_stack(self, of_values):
        """Rows of each stack that single values have looked up, and the gradients of these."""
        stacks = self.module.stacks
        widths = [2 * stack.width * r.shape[1] for stack, r in zip(stacks, self.rows, strict=True)]
        parts = zip(stacks, self.rows, of_values.split(widths, dim=1), strict=True)
        return [
            [(rows.reshape(-1), part.reshape(-1, 2 * stack.width))] for stack, rows, part in parts
        ]


def _together(parts, dim=0):
    """One tensor of several, without a copy of a single one."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=dim)


class _BagStep:
    """The lookup of a column of bags: each member drawn, their mean taken."""

    def __init__(self, module: EntityEmbeddings, table: int):
        self.module, self.table, self.dim = module, table, module.table_dims[table]
        self.place, self.first_row = module.stack_of(table), module.first_row(table)
        positions = module.prior_of_table(table)
        self.prior = slice(positions.start, positions.stop)
        self.members = _Draw()

    def forward(self, bag):
        self.bag, (flat, self.rows) = bag, bag.flat()
        self.flat = flat.add_(self.first_row)
        stack = self.module.stacks[self.place]
        mean, log_deviation = stack.split(F.embedding(self.flat, stack.weight), self.dim)
        drawn = self.members.forward(mean, log_deviation, self.module.generator)
        return bag.mean(drawn, self.rows)

    def backward(self, gradient, strength):
        """Set the gradients of the rows looked up; return those of the prior."""
        stack = self.module.stacks[self.place]
        of_member = (gradient / self.bag.lengths.unsqueeze(1))[self.rows]
        paid = (stack.per_visit[self.flat] * strength).unsqueeze(1)
        self.of_values = gradient.new_zeros(len(self.flat), 2 * stack.width)
        prior = self.module.bag_priors(self.table, self.flat)
        return self.members.backward(of_member, paid, prior, *stack.split(self.of_values, self.dim))


class _Draw:
    """Vectors drawn from their distributions, which pay for their divergence from the prior."""

    def forward(self, mean, log_deviation, generator):
        self.mean, self.deviation = mean, log_deviation.exp_()
        noise = torch.empty_like(mean).normal_(generator=generator)
        self.offset = noise.mul_(self.deviation)
        return mean + self.offset

    def backward(self, gradient, paid, prior, of_mean, of_log_deviation):
        """Write the gradients of means and log-deviations; return those of the prior."""
        center, log_prior = prior
        apart = self.mean if center is None else self.mean - center
        per_variance = paid * (-2 * log_prior).exp_()
        torch.mul(apart, per_variance, out=of_mean)
        torch.mul(self.deviation.square_(), per_variance, out=of_log_deviation).sub_(paid)
        # Of the prior: paid less both squares over its variance.
        of_prior = torch.addcmul(of_log_deviation, apart, of_mean)
        of_log_deviation.addcmul_(gradient, self.offset)
        of_mean.add_(gradient)
        return of_prior.sum(dim=0).neg_()


class _NumbersStep:
    """The vectors of numbers, drawn around sums of steps."""

    def __init__(self, module: NumericEmbeddings):
        self.module = module

    def forward(self, numerical, bins):
        m = self.module
        self.bins = bins
        fraction = m.fractions(numerical[:, : m.n_columns], bins)
        self.variances = (2 * m.log_deviations).exp_()
        start, step, variance = look_up(bins, m.starts(), m.steps, self.variances)
        self.fraction = fraction.unsqueeze(2)
        self.parabola = torch.addcmul(-self.fraction, self.fraction, self.fraction)
        # Each position less a half is a half, up or down, but for that in the number's own bin.
        variance.mul_(self.parabola).add_(self.variances.sum(dim=1) / 4)
        deviation = variance.add_(1e-12).sqrt_()
        self.noise = torch.empty_like(step).normal_(generator=m.generator)
        vectors = torch.addcmul(start, self.fraction, step).addcmul_(deviation, self.noise)
        self.noise.div_(deviation.mul_(2))  # what the noise makes of a variance
        return vectors.flatten(1)

    def backward(self, gradient, strength):
        m, n_parts = self.module, 3 * DIM
        gradient = gradient.reshape(len(gradient), m.n_columns, DIM)
        of_variance = self.noise.mul_(gradient)
        looked_up = torch.cat(
            [gradient, gradient * self.fraction, of_variance * self.parabola], dim=2
        )
        sums = looked_up.new_zeros(m.lower.numel(), n_parts)
        sums.index_add_(0, self.bins.reshape(-1), looked_up.view(-1, n_parts))
        of_start, of_step, of_variances = sums.view(m.n_columns, -1, n_parts).chunk(3, dim=2)
        # A vector holds half of each step below it, and less half of each above.
        total = of_start.sum(dim=1, keepdim=True).div_(2)
        of_step = total - of_start.cumsum(dim=1).sub_(of_step)
        of_variances = of_variances + of_variance.sum(dim=0).div_(4).unsqueeze(1)
        mean_square = torch.addcmul(self.variances, m.steps, m.steps).mean(dim=2, keepdim=True)
        per_square = strength / mean_square
        m.steps.grad = of_step.addcmul_(m.steps, per_square)
        of_variances.mul_(2).add_(per_square).mul_(self.variances).sub_(strength)
        m.log_deviations.grad = of_variances
