"""The weights of a trained network as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._table.vocabulary import MISSING, UNKNOWN
from .table_prior import TablePrior


@dataclass(frozen=True)
class EmbeddingTable:
    """The embedding table of a categorical column: a normal distribution per row.

    Attributes
    ----------
    mean : ndarray of float32, shape (n_rows, embedding_dim)
        The vectors.
    log_deviation : ndarray of float32, shape (n_rows, embedding_dim)
        Logarithm of their posterior standard deviations.
    log_prior : ndarray of float32, shape (embedding_dim,)
        Logarithm of the prior's standard deviation.
    prior : TablePrior or None
        What the rows are drawn to, if that is not 0.
    """

    mean: np.ndarray
    log_deviation: np.ndarray
    log_prior: np.ndarray
    prior: TablePrior | None = None

    @property
    def dim(self) -> int:
        """Number of dimensions of a vector."""
        return self.mean.shape[1]

    def with_special_rows(self, row_counts, *, unknown_is_trained):
        """Give the rows that no training row has reached their meaning.

        An untrained unknown row becomes the mean of the table, weighted by the
        training rows behind each row; missing and infrequent, where training
        had neither, become the unknown row. Where training had nothing but
        missing cells, the unknown row becomes the missing one, so that the
        column is a constant. Any other row without training rows becomes the unknown row, but a row
        whose vector was given stays at it.

        Parameters
        ----------
        row_counts : ndarray of int, shape (n_rows,)
            Training rows behind each row, in all columns that look the table up.
        unknown_is_trained : bool

        Returns
        -------
        EmbeddingTable
        """
        mean = self.mean.copy()
        if row_counts[MISSING] == row_counts.sum():
            mean[UNKNOWN] = mean[MISSING]
        elif not unknown_is_trained:
            mean[UNKNOWN] = np.average(mean, axis=0, weights=row_counts)
        mean[row_counts == 0] = mean[UNKNOWN]
        if self.prior is not None:
            own = self.prior.given & ((row_counts == 0) | self.prior.held)
            mean[own] = self.prior.mean[own]
        return replace(self, mean=mean)


@dataclass(frozen=True)
class NumericTable:
    """The vectors of a number: steps by which they move from bin to bin.

    Attributes
    ----------
    edges : ndarray of float32, shape (n_bins + 1,)
        Of the bins of the scaled number, ascending.
    steps : ndarray of float32, shape (n_bins, dim)
        Means of the steps.
    log_deviation : ndarray of float32, shape (n_bins, dim)
        Logarithm of their posterior standard deviations.
    """

    edges: np.ndarray
    steps: np.ndarray
    log_deviation: np.ndarray


@dataclass(frozen=True)
class Layer:
    """A dense layer: ``x @ kernel + bias``.

    Attributes
    ----------
    kernel : ndarray of float32, shape (n_in, n_out)
    bias : ndarray of float32, shape (n_out,)
    """

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Weights:
    """All weights of a trained network.

    Attributes
    ----------
    tables : tuple of EmbeddingTable
        One per categorical column; columns that share a table have the same one.
    numeric_tables : tuple of NumericTable
        One per scaled number: ordered target encodings first, then numeric columns.
    layers : tuple of Layer
        Hidden layers, then the output layer.
    activation : str
        Of the hidden layers.
    """

    tables: tuple[EmbeddingTable, ...]
    numeric_tables: tuple[NumericTable, ...]
    layers: tuple[Layer, ...]
    activation: str

    @property
    def embedding_dims(self) -> list[int]:
        """Dimensions of the vectors of each categorical column."""
        return [table.dim for table in self.tables]

    @property
    def hidden_layer_sizes(self) -> list[int]:
        """Widths of the hidden layers."""
        return [len(layer.bias) for layer in self.layers[:-1]]

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return len(self.layers[-1].bias)

    @property
    def n_numerical(self) -> int:
        """Numbers that the first layer receives beside the vectors, indicators included."""
        vectors: Sequence[np.ndarray] = [
            *(t.mean for t in self.tables),
            *(t.steps for t in self.numeric_tables),
        ]
        return self.layers[0].kernel.shape[0] - sum(v.shape[1] for v in vectors)

    def in_training(self) -> Weights:
        """Return them with each table in the unit in which it is trained, see `TablePrior`."""
        priors = [table.prior for table in self.tables]
        weights = self._rescaled([p and (p.center, p.unit) for p in priors])
        tables = zip(weights.tables, priors, strict=True)
        return replace(
            weights,
            tables=tuple(replace(table, prior=p and p.in_training()) for table, p in tables),
        )

    def after_training(self) -> Weights:
        """Undo `in_training`."""
        priors = [table.prior for table in self.tables]
        return self._rescaled([p and (-p.center / p.unit, 1 / p.unit) for p in priors])

    def _rescaled(self, scales):
        """Less a center and over a unit, in each table; the first layer undoes it."""
        first = self.layers[0]
        kernel, bias = first.kernel.astype(np.float64), first.bias.astype(np.float64)
        tables, start = [], 0
        for table, scale in zip(self.tables, scales, strict=True):
            rows = slice(start, start := start + table.dim)
            if scale is not None:
                center, unit = scale
                bias += center @ kernel[rows]
                kernel[rows] *= unit[:, None]
                table = replace(
                    table,
                    mean=(table.mean - center) / unit,
                    log_deviation=table.log_deviation - np.log(unit),
                    log_prior=table.log_prior - np.log(unit),
                )
            tables.append(table)
        if all(scale is None for scale in scales):
            return self
        layer = Layer(kernel.astype(np.float32), bias.astype(np.float32))
        return replace(self, tables=tuple(tables), layers=(layer, *self.layers[1:]))
