"""The forward pass in NumPy: prediction needs no torch.

A row's prediction has the same bits whatever rows stand beside it. Libraries
of linear algebra choose their order of summation by the shape of a product, so
here all products of a layer have one shape: that of a block of few rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ._blocks import for_each_block
from ._vocabulary import INFREQUENT, MISSING, UNKNOWN

# As many as a processor's second cache holds.
ROWS_AT_A_TIME = 512
# A multiple of the rows that a kernel of OpenBLAS takes at once, so that each position in a block
# is treated alike. Of 16 rows, the kernel for AVX2 takes 12 one way and 4 another.
ROWS_PER_BLOCK = 8
# Multiplications up to which OpenBLAS starts no threads: for blocks they cost more than they save.
LARGEST_PRODUCT = 2**19


def _selu(x):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _silu(x):
    # By tanh, which is as fast as exp and does not overflow.
    x *= 0.5
    out = np.tanh(x)
    out += 1
    out *= x
    return out


ACTIVATIONS: dict[str, Callable] = {
    "identity": lambda x: x,
    "logistic": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "selu": _selu,
    "silu": _silu,
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
}


@dataclass(frozen=True)
class Weights:
    """A trained network as arrays.

    Attributes
    ----------
    tables : list of ndarray of float32, shape (n_rows, embedding_dim)
        Means of the rows.
    log_deviations : list of ndarray of float32, shape (n_rows, embedding_dim)
        Logarithm of their standard deviations.
    log_priors : list of ndarray of float32, shape (embedding_dim,)
        Logarithm of the prior's standard deviation.
    steps : list of ndarray of float32, shape (n_bins, dim)
        Of each scaled number: means of the steps by which its vector moves across the bins.
    log_step_deviations : list of ndarray of float32, shape (n_bins, dim)
        Logarithm of their standard deviations.
    kernels : list of ndarray of float32, shape (n_in, n_out)
        Hidden layers, then the output layer.
    biases : list of ndarray of float32, shape (n_out,)
    edges : ndarray of float32, shape (n_scaled, n_bins + 1)
        Bins of the scaled numbers.
    activation : str
    """

    tables: list
    log_deviations: list
    log_priors: list
    steps: list
    log_step_deviations: list
    kernels: list
    biases: list
    edges: np.ndarray
    activation: str

    @property
    def embedding_dims(self):
        """Dimensions of each table."""
        return [table.shape[1] for table in self.tables]

    @property
    def hidden_layer_sizes(self):
        """Widths of the hidden layers."""
        return [kernel.shape[1] for kernel in self.kernels[:-1]]

    def positions(self, numerical):
        """Of the scaled numbers within their bins, from -1/2 to 1/2: (n_samples, n_all_bins)."""
        own, share = (x[..., None] for x in Bins(self.edges).place(numerical))
        bins = np.arange(self.edges.shape[1] - 1)
        found = (bins < own) + np.where(bins == own, share, 0) - 0.5
        return found.astype(np.float32).reshape(len(numerical), len(self.edges) * len(bins))

    @property
    def number_vectors(self):
        """Made anew each time: to keep it would be to store the steps twice."""
        return NumberVectors(self.edges, self.steps)

    def first_input(self, coded, number_vectors):
        """What the first dense layer receives, float32 (n_samples, n_in)."""
        codes = coded.categorical.T
        vectors = [t.take(c, axis=0) for t, c in zip(self.tables, codes, strict=True)]
        numbers = number_vectors.look_up(coded.numerical)
        return np.concatenate([*vectors, numbers, coded.numerical], axis=1)

    def forward(self, coded):
        """Output of the network, float64 of shape (n_samples, n_outputs)."""
        output = np.empty((len(coded), len(self.biases[-1])))
        number_vectors = self.number_vectors

        def predict(rows):
            x = _blocks(self.first_input(coded[rows], number_vectors))
            for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
                x = ACTIVATIONS[self.activation](_dense(x, kernel, bias))
            x = _dense(x, self.kernels[-1], self.biases[-1])
            output[rows] = x.reshape(-1, output.shape[1])[: len(output[rows])]

        for_each_block(predict, len(coded), ROWS_AT_A_TIME)
        return output

    def with_special_rows(self, row_counts, *, unknown_is_trained):
        """Give the rows that no training row has reached their meaning.

        An untrained unknown row becomes the mean of its table, weighted by the
        training rows behind each; missing and infrequent, where training had
        none, become the unknown row.

        Parameters
        ----------
        row_counts : list of ndarray of int, shape (n_rows,)
        unknown_is_trained : bool

        Returns
        -------
        Weights
        """
        tables = []
        for table, counts in zip(self.tables, row_counts, strict=True):
            table = table.copy()
            if not unknown_is_trained:
                table[UNKNOWN] = np.average(table, axis=0, weights=counts)
            for row in (MISSING, INFREQUENT):
                if counts[row] == 0:
                    table[row] = table[UNKNOWN]
            tables.append(table)
        return replace(self, tables=tables)


class Bins:
    """Where numbers lie in the bins of their columns; edges as in `Weights`."""

    def __init__(self, edges):
        self.inner = edges[:, 1:-1]
        self.lower, width = edges[:, :-1], np.diff(edges)
        self.per_width = np.divide(1, width, out=np.zeros_like(width), where=width > 0)
        self.first = np.arange(len(edges)) * width.shape[1]

    def place(self, numerical):
        """The bin of each number, and which share of it lies below, both (n_samples, n_scaled)."""
        x = numerical[:, : len(self.first)]  # then indicators
        own = np.empty(x.shape, dtype=np.intp)
        for j, inner in enumerate(self.inner):
            own[:, j] = inner.searchsorted(x[:, j], side="right")
        bins = own + self.first
        share = (x - self.lower.take(bins)) * self.per_width.take(bins)
        return own, np.clip(share, 0, 1, out=share)


class NumberVectors(Bins):
    """Vectors of numbers as sums of steps, all of them looked up at once."""

    def __init__(self, edges, steps):
        super().__init__(edges)
        step = np.stack(steps) if steps else np.empty((0, 0, 0), dtype=np.float32)
        start = step.cumsum(axis=1) - step - step.sum(axis=1, keepdims=True) / 2
        n_columns, n_bins, dim = step.shape
        self.start_and_step = np.stack([start, step], axis=2).reshape(n_columns * n_bins, 2, dim)

    def look_up(self, numerical):
        """float32 (n_samples, n_scaled * dim)."""
        own, share = self.place(numerical)
        found = self.start_and_step.take(own + self.first, axis=0)
        vectors = found[:, :, 0] + share[..., None] * found[:, :, 1]
        return vectors.reshape(len(vectors), vectors.shape[1] * vectors.shape[2])


def _blocks(x):
    """Rows in blocks, (n_blocks, ROWS_PER_BLOCK, n_in); the last one is filled with rows of x."""
    n_blocks = -(-len(x) // ROWS_PER_BLOCK)
    filled = np.resize(x, (n_blocks * ROWS_PER_BLOCK, x.shape[1]))
    return filled.reshape(n_blocks, ROWS_PER_BLOCK, x.shape[1])


def _dense(x, kernel, bias):
    """``x @ kernel + bias``, block by block."""
    n_in, n_out = kernel.shape
    if n_out == 1:
        # OpenBLAS has a routine of its own for one column; its result depends on the address.
        return np.einsum("nbi,io->nbo", x, kernel) + bias
    n_parts = -(-ROWS_PER_BLOCK * n_in * n_out // LARGEST_PRODUCT)
    edges = [n_out * part // n_parts for part in range(n_parts + 1)]
    out = np.empty((*x.shape[:2], n_out), dtype=np.float32)
    for start, stop in pairwise(edges):
        np.matmul(x, kernel[:, start:stop], out=out[..., start:stop])
    out += bias
    return out
