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
            ``categorical`` and ``numerical``, (n, n_columns).

        Returns
        -------
        dict of torch.Tensor
            Also ``rows`` of the tables, with some categories masked; whether a row kept
            all of them, ``unmasked``; and ``bins`` of the numbers.
        """
        found = dict(X)
        if self.embeddings is not None:
            masked = self.embeddings.module.mask(X["categorical"])
            found["rows"] = masked.long().add_(self.embeddings.module.first)
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
            parts.append(self.embeddings.forward(prepared["rows"]))
        if self.numbers.module.n_columns:
            parts.append(self.numbers.forward(numerical, prepared["bins"]))
        self.widths = [part.shape[1] for part in parts]
        x = torch.cat([*parts, numerical], dim=1)
        for k, layer in enumerate(self.hidden):
            x = layer.forward(x, self._room(k, len(x), layer.layer.out_features))
        self.x = x
        return torch.addmm(self.output.bias, x, self.output.weight.t())

    @torch.no_grad()
    def backward(self, gradient: torch.Tensor, strength: float, strength_of_numbers: float) -> None:
        """Set the gradients of all parameters.

        Parameters
        ----------
        gradient : torch.Tensor of shape (n, n_outputs)
            Of the loss, with respect to the output.
        strength, strength_of_numbers : float
            Of the divergences of categories and numbers in the loss.
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
            self.embeddings.backward(gradients[0], strength)
        if self.numbers.module.n_columns:
            self.numbers.backward(gradients[-1], strength_of_numbers)

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

    def forward(self, rows):
        m = self.module
        self.rows = m.by_stack(rows)
        looked_up = [
            F.embedding(r, stack.weight).flatten(1)
            for stack, r in zip(m.stacks, self.rows, strict=True)
        ]
        values = looked_up[0] if len(looked_up) == 1 else torch.cat(looked_up, dim=1)
        self.mean, log_deviation = values.index_select(1, m.used).chunk(2, dim=1)
        self.deviation = log_deviation.exp_()
        noise = torch.empty_like(self.mean).normal_(generator=m.generator)
        self.offset = noise.mul_(self.deviation)
        return self.mean + self.offset

    def backward(self, gradient, strength):
        m, (n, dim) = self.module, gradient.shape
        per_visit = [stack.per_visit.take(r) for stack, r in zip(m.stacks, self.rows, strict=True)]
        per_visit = per_visit[0] if len(per_visit) == 1 else torch.cat(per_visit, dim=1)
        paid = per_visit.mul_(strength / n).index_select(1, m.owner)
        apart, log_prior = self.mean, m.log_prior
        if m.has_priors:
            center, log_prior = m.row_priors(self.rows)
            apart = apart.sub_(center)
        per_variance = paid * (-2 * log_prior).exp_()
        # Of means, of deviations, and a zero for what only fills a table up.
        of_values = gradient.new_empty(n, 2 * dim + 1)
        of_mean, of_log_deviation, nothing = of_values.split([dim, dim, 1], dim=1)
        torch.mul(apart, per_variance, out=of_mean)
        torch.mul(self.deviation.square_(), per_variance, out=of_log_deviation).sub_(paid)
        # Of the prior: paid less both squares over its variance.
        of_prior = torch.addcmul(of_log_deviation, apart, of_mean)
        m.log_prior.grad = of_prior.sum(dim=0).neg_()
        if m.has_priors:
            m.log_prior.grad.mul_(m.width_is_learned)
        of_log_deviation.addcmul_(gradient, self.offset)
        of_mean.add_(gradient)
        nothing.zero_()
        self._scatter(of_values.index_select(1, m.place))

    def _scatter(self, of_values):
        """Hand the gradients of what was looked up to the tables."""
        stacks = self.module.stacks
        widths = [2 * stack.width * r.shape[1] for stack, r in zip(stacks, self.rows, strict=True)]
        for stack, rows, part in zip(
            stacks, self.rows, of_values.split(widths, dim=1), strict=True
        ):
            stack.set_gradient(rows.reshape(-1), part.reshape(-1, 2 * stack.width))


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
