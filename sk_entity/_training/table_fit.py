"""The tables of a trained network are fitted anew to some of the rows.

The layers stay as they are. So the vectors of a row's categories know the target of the
row only if it is among the rows that were fitted, and vectors are cross-fitted at the
price of one network.

A step is one of Gauss and Newton: to first order, outputs move linearly with the vectors
and a loss is a sum of squares, so that a step solves least squares in all vectors at
once, under the prior of the tables. As training does, a step looks at vectors drawn
around those of the tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from .._network.bags import BagColumns
from .._network.embeddings import UNKNOWN
from .._network.layers import NEW
from .._network.losses import Loss
from .._network.module import EntityEmbeddingNetwork
from .._target.examples import Examples
from .batches import Rows
from .forks import refuse_threads_of_parent
from .lookups import BagLookup, SingleLookup
from .net import PRIOR_STRENGTH

# After two, nothing is left of a target that only the start knew of.
N_STEPS = 2
# Few rows are drawn several times, so that chance weighs little.
ROWS_TO_DRAW, MOST_DRAWS = 4000, 4
ROWS_PER_PASS = 2048
# Of more outputs, curvature is taken along so many directions drawn at random, so that many classes
# take no more time and memory than these.
MOST_DIRECTIONS = 8
# Of conjugate gradients: the residual to leave, relative to the first, and iterations at most.
TOLERANCE, MOST_ITERATIONS = 0.1, 50


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
        refuse_threads_of_parent()
        self.network, self.loss, self.dispersion = network, loss, dispersion
        self.rows = Rows(examples, "cpu")
        self.rows.draw_encodings(torch.Generator("cpu").manual_seed(0))
        self.n_draws = min(MOST_DRAWS, max(1, ROWS_TO_DRAW // len(self.rows)))
        embeddings = network.embeddings
        assert embeddings is not None
        self.columns, self.dims = embeddings.columns, embeddings.dims
        self.start = [table.mean.clone() for table in embeddings.tables]
        self.deviations = [table.log_deviation.exp() for table in embeddings.tables]
        self.priors = [
            RowsPrior(mean, PRIOR_STRENGTH * torch.exp(-2 * log_deviation), free)
            for mean, log_deviation, free in embeddings.priors
        ]
        # All fits begin at the same tables.
        self.first = self._linearise(self.start, torch.arange(len(self.rows), device="cpu"), step=0)

    def fit(self, among: np.ndarray) -> list[np.ndarray]:
        """Fit the tables to the rows of a mask.

        Rows of a table that none of these reach go to the mean of their prior. Those of unknown
        categories, and those that are held, stay as they are.

        Returns
        -------
        list of ndarray of float32, shape (n_rows, dim)
        """
        chosen = torch.from_numpy(among)
        tables = self.first.among(chosen).solve(self.start, self.priors)
        for step in range(1, N_STEPS):
            problem = self._linearise(tables, chosen.nonzero()[:, 0], step)
            tables = problem.solve(tables, self.priors)
        return [table.numpy() for table in tables]

    def log_deviations(self) -> list[np.ndarray]:
        """Find the logarithm of the posterior deviations of all tables, given all rows.

        Returns
        -------
        list of ndarray of float32, shape (n_rows, dim)
        """
        diagonals = self.first.diagonals(self.start, self.priors)
        return [(-0.5 * torch.log(d / PRIOR_STRENGTH)).numpy() for d in diagonals]

    def _linearise(self, tables, rows, step):
        """The problem of least squares around these tables."""
        gradients, jacobians = [], []
        for draw in range(self.n_draws):
            # The same for all fits, and for all rows: fits to other rows differ by nothing else.
            generator = torch.Generator("cpu").manual_seed(step * MOST_DRAWS + draw)
            noise = torch.empty(len(self.rows), sum(self.dims), **NEW).normal_(generator=generator)
            for block in rows.split(self.network.rows_to_linearise(ROWS_PER_PASS)):
                residual, jacobian = self._pass(tables, block, noise)
                gradients.append((residual.unsqueeze(1) @ jacobian)[:, 0])
                jacobians.append(_along_few_directions(jacobian, generator))
        return LeastSquares(
            self.columns,
            self._lookups(rows.repeat(self.n_draws)),
            [part.contiguous() for part in torch.cat(gradients).split(self.dims, dim=1)],
            [part.contiguous() for part in torch.cat(jacobians).split(self.dims, dim=2)],
        )

    def _lookups(self, rows):
        """What each column looks up in these rows."""
        singles = self.rows.X["categorical"][rows].long().unbind(1)
        bags = self.rows.X.get("bags", BagColumns()).index_select(0, rows)
        return [*map(SingleLookup, singles), *map(BagLookup, bags)]

    def _pass(self, tables, rows, noise):
        """Residuals of some rows and their derivatives by the vectors, so that squares add up."""
        numerical = self.rows.X["numerical"][rows]
        lookups = list(zip(self.columns, self._lookups(rows), strict=True))
        vectors = torch.cat([look.take(tables[t]) for t, look in lookups], dim=1)
        deviations = [look.deviation(self.deviations[t]) for t, look in lookups]
        vectors += torch.cat(deviations, dim=1).mul_(noise[rows])
        x = self.network.beside_numbers([vectors], numerical)
        output, jacobian = self.network.linearise(x, vectors.shape[1])
        residual, jacobian = self.loss.least_squares(output, self.rows.y[rows], jacobian)
        weight = residual.new_full((len(rows), 1), 1 / (self.dispersion * self.n_draws))
        if "sample_weight" in self.rows.X:
            weight *= self.rows.X["sample_weight"][rows].unsqueeze(1)
        root = weight.sqrt_()
        return residual * root, jacobian.mul_(root.unsqueeze(2))


def _along_few_directions(jacobian, generator):
    """The derivatives of few sums of the outputs, whose squares have the same expectation."""
    n_outputs = jacobian.shape[1]
    if n_outputs <= MOST_DIRECTIONS:
        return jacobian
    shape = len(jacobian), MOST_DIRECTIONS, n_outputs
    signs = (
        torch.randint(2, shape, generator=generator, dtype=jacobian.dtype, device=jacobian.device)
        .mul_(2)
        .sub_(1)
    )
    return (signs / MOST_DIRECTIONS**0.5) @ jacobian


class RowsPrior(NamedTuple):
    """What the rows of a table are drawn to: all of shape (n_rows or 1, dim or 1).

    Attributes
    ----------
    mean, precision : torch.Tensor
    free : torch.Tensor
        0 for rows that are held, else 1.
    """

    mean: torch.Tensor
    precision: torch.Tensor
    free: torch.Tensor


@dataclass
class LeastSquares:
    """Half the sum of squares of ``residual + jacobian @ step``, where a step moves tables.

    Attributes
    ----------
    columns : sequence of int
        The table of each column of data.
    lookups : sequence of SingleLookup or BagLookup
        What each column looks up.
    gradients : sequence of torch.Tensor of shape (n, dim)
        Of half the square of a row's residuals, by what each column looks up.
    jacobians : sequence of torch.Tensor of shape (n, n_residuals, dim)
    """

    columns: Sequence[int]
    lookups: Sequence[SingleLookup | BagLookup]
    gradients: list
    jacobians: list

    def among(self, chosen):
        """Count some of the rows only; `chosen` is a mask over those that were drawn."""
        kept = chosen.repeat(len(self.gradients[0]) // len(chosen))
        lookups = [lookup.among(kept) for lookup in self.lookups]
        arrays = ([array[kept] for array in each] for each in (self.gradients, self.jacobians))
        return LeastSquares(self.columns, lookups, *arrays)

    def diagonals(self, tables, priors):
        """Second derivatives by each parameter, under these priors."""
        squares = (j.square().sum(dim=1) for j in self.jacobians)
        sums = self._sums(squares, tables, squared=True)
        return [s + prior.precision for s, prior in zip(sums, priors, strict=True)]

    def solve(self, tables, priors):
        """Return the tables after the best step, under these priors of their rows.

        Conjugate gradients (Hestenes & Stiefel 1952), each parameter in units of its own
        second derivative.
        """
        shapes = [table.shape for table in tables]
        sizes = [table.numel() for table in tables]
        precisions = [p.precision.expand(s) for p, s in zip(priors, shapes, strict=True)]
        prior = torch.cat([p.flatten() for p in precisions])

        def as_tables(step):
            return [s.view(shape) for s, shape in zip(step.split(sizes), shapes, strict=True)]

        def flat(parts):
            moving = [part * p.free for part, p in zip(parts, priors, strict=True)]
            for part in moving:
                part[UNKNOWN] = 0  # it stays
            return torch.cat([part.flatten() for part in moving])

        def second_derivative(step):
            moved = as_tables(step)
            response = self._response(moved).unsqueeze(2)
            pulls = ((j * response).sum(dim=1) for j in self.jacobians)
            return flat(self._sums(pulls, moved)) + prior * step

        diagonal = torch.cat([d.flatten() for d in self.diagonals(tables, priors)])
        gradient = flat(self._sums(self.gradients, tables))
        gradient += prior * flat([t - p.mean for t, p in zip(tables, priors, strict=True)])
        step = _conjugate_gradients(second_derivative, -gradient, diagonal)
        return [table + s for table, s in zip(tables, as_tables(step), strict=True)]

    def _response(self, tables):
        """How a step in these directions moves the residuals, (n, n_outputs)."""
        parts = zip(self.jacobians, self.columns, self.lookups, strict=True)
        return sum((j * look.take(tables[t]).unsqueeze(1)).sum(dim=2) for j, t, look in parts)

    def _sums(self, values, tables, *, squared=False):
        """Sums of values, (n, dim) for each column, over the rows that look a row up."""
        sums = [torch.zeros_like(table) for table in tables]
        for of_rows, t, lookup in zip(values, self.columns, self.lookups, strict=True):
            add = lookup.add_squares_to if squared else lookup.add_to
            add(sums[t], of_rows)
        return sums


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
