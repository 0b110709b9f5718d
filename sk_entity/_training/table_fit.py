"""The tables of a trained network are fitted anew to some of the rows.

The layers stay as they are. So the vectors of a row's categories know the target of the
row only if it is among the rows that were fitted, and vectors are cross-fitted at the
price of one network.

A step is one of Gauss and Newton: to first order, outputs move linearly with the vectors
and a loss is a sum of squares, so that a step solves least squares in all vectors at
once, under the prior of the tables. As training does, a step looks at vectors drawn
around those of the tables.
"""

from dataclasses import dataclass

import numpy as np
import torch

from .._network.embeddings import UNKNOWN
from .._network.losses import Loss
from .._network.module import EntityEmbeddingNetwork
from .._target.examples import Examples
from .batches import Rows
from .net import PRIOR_STRENGTH

# After two, nothing is left of a target that only the start knew of.
N_STEPS = 2
# Few rows are drawn several times, so that chance weighs little.
ROWS_TO_DRAW, MOST_DRAWS = 4000, 4
ROWS_PER_PASS = 2048
# Of conjugate gradients: the residual to leave, relative to the first, and iterations at most.
TOLERANCE, MOST_ITERATIONS = 0.05, 50


class TableFit:
    """Fits the tables of a trained network to rows, from where training has left them.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
        In evaluation mode; it is not changed.
    examples : Examples
    loss : Loss
    dispersion : float
        What the loss was divided by at the end of training.
    """

    def __init__(
        self,
        network: EntityEmbeddingNetwork,
        examples: Examples,
        loss: Loss,
        dispersion: float,
    ):
        self.network, self.loss, self.dispersion = network, loss, dispersion
        self.rows = Rows(examples, "cpu")
        self.rows.draw_encodings(torch.Generator().manual_seed(0))
        self.n_draws = min(MOST_DRAWS, max(1, ROWS_TO_DRAW // len(self.rows)))
        self.start = [table.mean.clone() for table in network.embeddings.tables]
        self.deviations = [table.log_deviation.exp() for table in network.embeddings.tables]
        priors = network.embeddings.log_prior.detach().split(network.embeddings.dims)
        self.precisions = [PRIOR_STRENGTH * torch.exp(-2 * prior) for prior in priors]
        # All fits begin at the same tables.
        self.first = self._linearise(self.start, torch.arange(len(self.rows)), step=0)

    def fit(self, among: np.ndarray) -> list[np.ndarray]:
        """Fit the tables to the rows of a mask.

        Rows of a table that none of these reaches are of no meaning, and those of unknown
        categories stay as they are.

        Returns
        -------
        list of ndarray of float32, shape (n_rows, dim)
        """
        chosen = torch.from_numpy(among)
        tables = self.first.among(chosen).solve(self.start, self.precisions)
        for step in range(1, N_STEPS):
            problem = self._linearise(tables, chosen.nonzero()[:, 0], step)
            tables = problem.solve(tables, self.precisions)
        return [table.numpy() for table in tables]

    def _linearise(self, tables, rows, step):
        """The problem of least squares around these tables."""
        dims, parts = [table.shape[1] for table in tables], []
        for draw in range(self.n_draws):
            # The same for all fits and for all rows, so that fits to other rows differ by nothing else.
            generator = torch.Generator().manual_seed(step * MOST_DRAWS + draw)
            noise = torch.empty(len(self.rows), sum(dims)).normal_(generator=generator)
            parts += [self._pass(tables, block, noise) for block in rows.split(ROWS_PER_PASS)]
        output, jacobian = (torch.cat(arrays) for arrays in zip(*parts, strict=True))
        rows = rows.repeat(self.n_draws)
        residual, jacobian = self.loss.least_squares(output, self.rows.y[rows], jacobian)
        weight = residual.new_full((len(rows), 1), 1 / (self.dispersion * self.n_draws))
        if "sample_weight" in self.rows.X:
            weight *= self.rows.X["sample_weight"][rows].unsqueeze(1)
        root = weight.sqrt_()
        codes = self.rows.X["categorical"][rows].long().unbind(1)
        jacobians = jacobian.mul_(root.unsqueeze(2)).split(dims, dim=2)
        return LeastSquares(codes, [j.contiguous() for j in jacobians], residual * root)

    def _pass(self, tables, rows, noise):
        """Outputs and their derivatives by the vectors, for some rows."""
        codes = self.rows.X["categorical"][rows].long().unbind(1)
        numerical = self.rows.X["numerical"][rows]
        means = [t[c] for t, c in zip(tables, codes, strict=True)]
        deviations = [t[c] for t, c in zip(self.deviations, codes, strict=True)]
        vectors = torch.cat(means, dim=1)
        vectors += torch.cat(deviations, dim=1).mul_(noise[rows])
        x = self.network.beside_numbers([vectors], numerical)
        return self.network.linearise(x, vectors.shape[1])


@dataclass
class LeastSquares:
    """Half the sum of squares of ``residual + jacobian @ step``, where a step moves tables.

    Attributes
    ----------
    codes : sequence of torch.Tensor of shape (n,)
        For each table, the row that is looked up.
    jacobians : sequence of torch.Tensor of shape (n, n_outputs, dim)
    residual : torch.Tensor of shape (n, n_outputs)
    """

    codes: list
    jacobians: list
    residual: torch.Tensor

    def among(self, chosen):
        """Count some of the rows only; `chosen` is a mask over those that were drawn."""
        kept = chosen.repeat(len(self.residual) // len(chosen))
        codes = [c[kept] for c in self.codes]
        return LeastSquares(codes, [j[kept] for j in self.jacobians], self.residual[kept])

    def solve(self, tables, precisions):
        """Return the tables after the best step, under the prior of these precisions.

        Conjugate gradients (Hestenes & Stiefel 1952), each parameter in units of its own
        second derivative.
        """
        shapes = [table.shape for table in tables]
        sizes = [table.numel() for table in tables]
        prior = torch.cat([p.expand(s).flatten() for p, s in zip(precisions, shapes, strict=True)])

        def as_tables(step):
            return [s.view(shape) for s, shape in zip(step.split(sizes), shapes, strict=True)]

        def flat(parts):
            for part in parts:
                part[UNKNOWN] = 0  # it stays
            return torch.cat([part.flatten() for part in parts])

        def second_derivative(step):
            moved = as_tables(step)
            return flat(self._pull(self._response(moved), moved)) + prior * step

        diagonal = flat(self._diagonal(tables)) + prior
        gradient = flat(self._pull(self.residual, tables))
        gradient += prior * flat([table.clone() for table in tables])
        step = _conjugate_gradients(second_derivative, -gradient, diagonal)
        return [table + s for table, s in zip(tables, as_tables(step), strict=True)]

    def _response(self, tables):
        """How a step in these directions moves the residuals, (n, n_outputs)."""
        parts = zip(self.jacobians, tables, self.codes, strict=True)
        return sum((j * table[c].unsqueeze(1)).sum(dim=2) for j, table, c in parts)

    def _pull(self, values, tables):
        """The gradient by each table of the sum of these values times the residuals."""
        values = values.unsqueeze(2)
        return [
            torch.zeros_like(table).index_add_(0, c, (j * values).sum(dim=1))
            for j, table, c in zip(self.jacobians, tables, self.codes, strict=True)
        ]

    def _diagonal(self, tables):
        return [
            torch.zeros_like(table).index_add_(0, c, j.square().sum(dim=1))
            for j, table, c in zip(self.jacobians, tables, self.codes, strict=True)
        ]


def _conjugate_gradients(matrix, right_side, diagonal):
    """Solve ``matrix(x) = right_side`` for a positive definite matrix with about this diagonal."""
    x, residual = torch.zeros_like(right_side), right_side
    direction = scaled = residual / diagonal
    square = first = residual @ scaled
    for _ in range(MOST_ITERATIONS):
        if not square > TOLERANCE**2 * first:
            break
        moved = matrix(direction)
        length = square / (direction @ moved)
        x = x + length * direction
        residual = residual - length * moved
        scaled = residual / diagonal
        before, square = square, residual @ scaled
        direction = scaled + square / before * direction
    return x
