"""The forward pass in NumPy: prediction needs no torch.

Weights are kept in float32, as trained. The pass runs in float64, so that a
row's prediction does not depend on the rows beside it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from ._vocabulary import INFREQUENT, MISSING, UNKNOWN

ROWS_AT_A_TIME = 4096


def _selu(x):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


ACTIVATIONS = {
    "identity": lambda x: x,
    "logistic": expit,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "selu": _selu,
    "silu": lambda x: x * expit(x),
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

    def numeric_input(self, numerical):
        """Bins of the scaled numbers, then all numbers, float32 (n_samples, n_numeric_input)."""
        lower, width = self.edges[:, :-1], np.diff(self.edges, axis=1)
        per_width = np.divide(1, width, out=np.zeros_like(width), where=width > 0)
        scaled = numerical[:, : len(self.edges), None]
        bins = np.clip((scaled - lower) * per_width, 0, 1)
        return np.concatenate([bins.reshape(len(numerical), lower.size), numerical], axis=1)

    def first_input(self, coded):
        """What the first dense layer receives, float32 (n_samples, n_in)."""
        vectors = [table[coded.categorical[:, j]] for j, table in enumerate(self.tables)]
        return np.concatenate([*vectors, self.numeric_input(coded.numerical)], axis=1)

    def forward(self, coded):
        """Output of the network, float64 of shape (n_samples, n_outputs)."""
        kernels = [kernel.astype(np.float64) for kernel in self.kernels]
        output = np.empty((len(coded), kernels[-1].shape[1]))
        for start in range(0, len(coded), ROWS_AT_A_TIME):
            rows = slice(start, start + ROWS_AT_A_TIME)
            x = self.first_input(coded[rows]).astype(np.float64)
            for kernel, bias in zip(kernels[:-1], self.biases[:-1], strict=True):
                x = ACTIVATIONS[self.activation](x @ kernel + bias)
            output[rows] = x @ kernels[-1] + self.biases[-1]
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
