"""The forward pass in NumPy, so that prediction needs no torch.

A row's prediction has the same bits whatever rows stand beside it. Libraries
of linear algebra choose their order of summation by the shape of a product, so
here all products of a layer have one shape: that of a block of few rows.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .._table.coder import CodedTable
from .blocks import for_each_block
from .numbers import NumberVectors
from .weights import Weights

# As many as a processor's second cache holds.
ROWS_PER_PASS = 512
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


def forward(weights: Weights, coded: CodedTable) -> np.ndarray:
    """Compute the output of the network, float64 of shape (n_samples, n_outputs)."""
    output = np.empty((len(coded), weights.n_outputs))
    # Made anew each time: to keep it would be to store the steps twice.
    numbers = NumberVectors(weights.numeric_tables)
    *hidden, last = weights.layers
    activation = ACTIVATIONS[weights.activation]

    def predict(rows):
        x = _blocks(first_input(weights, numbers, coded[rows]))
        for layer in hidden:
            x = activation(_dense(x, layer))
        x = _dense(x, last)
        output[rows] = x.reshape(-1, output.shape[1])[: len(output[rows])]

    for_each_block(predict, len(coded), ROWS_PER_PASS)
    return output


def first_input(weights: Weights, numbers: NumberVectors, coded: CodedTable) -> np.ndarray:
    """Look up what the first dense layer receives, float32 (n_samples, n_in).

    These are the vectors of categories, the vectors of numbers, then the
    numbers themselves.
    """
    vectors = coded.look_up([table.mean for table in weights.tables])
    return np.concatenate([*vectors, numbers.look_up(coded.numerical), coded.numerical], axis=1)


def _blocks(x):
    """Rows in blocks, (n_blocks, ROWS_PER_BLOCK, n_in); the last one is filled with rows of x."""
    n_blocks = -(-len(x) // ROWS_PER_BLOCK)
    filled = np.resize(x, (n_blocks * ROWS_PER_BLOCK, x.shape[1]))
    return filled.reshape(n_blocks, ROWS_PER_BLOCK, x.shape[1])


def _dense(x, layer):
    """``x @ kernel + bias``, block by block."""
    kernel, bias = layer.kernel, layer.bias
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
