"""This module says what training costs: bytes, operations, and so seconds, from sizes alone.

The page on scale explains each formula. Numbers of bytes and operations follow from the
network; that of the bytes that small operations move is counted, operation by operation,
and fitted by a line (tests/benchmarks/test_scale_costs.py counts again).
"""

import time
from dataclasses import dataclass

import torch

FLOAT = 4
# A number has a vector of so many dimensions, looked up in so many bins.
NUMBER_DIM, N_BINS = 4, 128
# Of what training holds of a table: mean and deviation; weight, gradient and two moments of each.
BYTES_PER_TABLE_VALUE = 2 * 4 * FLOAT
# Short tables are updated as a whole: rows that one of these tables may have.
MOST_DENSE_ROWS = 10_000
# Bytes that the operations of a step read and write, per row of the batch.
MOVED_PER_HIDDEN_UNIT = 138
MOVED_PER_DIMENSION = 232
MOVED_PER_COLUMN = 91
MOVED_PER_NUMBER = 1004
MOVED_PER_INDICATOR = 16
# Per weight that is updated as a whole: 28 by AdamW, the rest by its gradient.
MOVED_PER_DENSE_WEIGHT = 40
# Per weight of a listed row: its gradient summed, weight and moments read and written.
MOVED_PER_LISTED_WEIGHT = 150
# Short calls that take as long as all that a step does besides: of torch, skorch and Python.
CALLS_PER_STEP, CALLS_FOR_NUMBERS, CALLS_PER_LONG_TABLE = 400, 250, 250


@dataclass(frozen=True)
class Sizes:
    """What the cost of a network depends on; each column has a table of its own.

    Attributes
    ----------
    table_rows, dims : tuple of int
        Of each categorical column.
    n_numbers, n_indicators : int
        Numeric columns, and those of them with missing cells.
    hidden : tuple of int
    n_outputs : int
    weighted : bool
        Whether rows have weights.
    """

    table_rows: tuple
    dims: tuple
    n_numbers: int = 0
    n_indicators: int = 0
    hidden: tuple = (256, 128)
    n_outputs: int = 1
    weighted: bool = False

    @classmethod
    def of(cls, model, weighted=False):
        """Those of a fitted regressor or classifier."""
        network = model.to_torch().network
        tables = [] if network.embeddings is None else network.embeddings.tables
        scaled = network.numeric_embeddings.n_columns
        n_vectors = sum(table.mean.shape[1] for table in tables) + NUMBER_DIM * scaled
        first = network.hidden[0] if len(network.hidden) else network.output
        return cls(
            tuple(len(table.mean) for table in tables),
            tuple(table.mean.shape[1] for table in tables),
            scaled,
            first.in_features - n_vectors - scaled,
            tuple(layer.out_features for layer in network.hidden),
            network.output.out_features,
            weighted,
        )

    @property
    def layers(self):
        """Inputs and outputs of each dense layer."""
        n_in = sum(self.dims) + (NUMBER_DIM + 1) * self.n_numbers + self.n_indicators
        widths = [n_in, *self.hidden, self.n_outputs]
        return list(zip(widths[:-1], widths[1:], strict=True))

    @property
    def layer_weights(self):
        """Weights and biases of the dense layers."""
        return sum((n_in + 1) * n_out for n_in, n_out in self.layers)

    @property
    def number_weights(self):
        """Steps and deviations of the numbers' vectors."""
        return 2 * N_BINS * NUMBER_DIM * self.n_numbers

    @property
    def table_values(self):
        """Values of all vectors."""
        return sum(n * d for n, d in zip(self.table_rows, self.dims, strict=True))

    @property
    def is_long(self):
        """Which tables are updated row by row."""
        return [n > MOST_DENSE_ROWS for n in self.table_rows]

    @property
    def dense_weights(self):
        """Weights that each step updates, all of them."""
        tables = zip(self.table_rows, self.dims, self.is_long, strict=True)
        in_tables = sum(2 * n * d for n, d, is_long in tables if not is_long)
        return self.layer_weights + self.number_weights + in_tables


def record_bytes(sizes, in_folds=False):
    """Bytes of a coded row with its target: in memory and, as it is written, on disk."""
    values = len(sizes.dims) + sizes.n_numbers + sizes.n_indicators + sizes.n_outputs
    return FLOAT * (values + sizes.weighted + in_folds)


def held_bytes_per_row(sizes):
    """Bytes that training in memory holds of a row: the record, and its place in the order."""
    return record_bytes(sizes) + 8


def table_bytes(sizes):
    """Bytes of all tables while they are trained."""
    return BYTES_PER_TABLE_VALUE * sizes.table_values


def flops_per_row(sizes):
    """Floating-point operations of a row in a step: products of dense layers, there and back."""
    products = 6 * sum(n_in * n_out for n_in, n_out in sizes.layers)
    # Of what is data, no gradient is taken.
    data = sizes.n_numbers + sizes.n_indicators
    return products - 2 * data * sizes.layers[0][1]


def moved_bytes_per_row(sizes):
    """Bytes that a step reads and writes for a row, in the caches or beyond."""
    return (
        MOVED_PER_HIDDEN_UNIT * sum(sizes.hidden)
        + MOVED_PER_DIMENSION * sum(sizes.dims)
        + MOVED_PER_COLUMN * len(sizes.dims)
        + MOVED_PER_NUMBER * sizes.n_numbers
        + MOVED_PER_INDICATOR * sizes.n_indicators
        + 2 * MOVED_PER_LISTED_WEIGHT * _long_dims(sizes)
    )


def moved_bytes_per_step(sizes):
    """Bytes that a step reads and writes whatever its batch: weights updated as a whole."""
    return MOVED_PER_DENSE_WEIGHT * sizes.dense_weights


def calls_per_step(sizes):
    """What a step takes on few rows, counted in calls of torch on few values."""
    for_numbers = CALLS_FOR_NUMBERS * (sizes.n_numbers > 0)
    return CALLS_PER_STEP + for_numbers + CALLS_PER_LONG_TABLE * sum(sizes.is_long)


@dataclass(frozen=True)
class Rates:
    """What a machine does in a second.

    Attributes
    ----------
    flops : float
        Floating-point operations in products of matrices, in float32.
    moved : float
        Bytes read and written by simple operations on arrays of a batch.
    call : float
        Seconds of a call of torch on a few values.
    """

    flops: float
    moved: float
    call: float


def seconds_per_row(sizes, batch_size, rates):
    """Predicted seconds of training, per row and epoch, by cause."""
    per_step = moved_bytes_per_step(sizes) / rates.moved
    return {
        "products": flops_per_row(sizes) / rates.flops,
        "small operations": moved_bytes_per_row(sizes) / rates.moved,
        "whole tables and layers": per_step / batch_size,
        "calls": calls_per_step(sizes) * rates.call / batch_size,
    }


def exchanged_bytes(sizes, batch_size, n_workers, rows_touched=None):
    """Bytes that a worker sends in a step: dense weights, and listed rows of long tables.

    The dense part is an all-reduce in a ring; of tables, a worker sends the rows in its
    batch to each of the others: eight bytes for the position, then the gradient.

    Parameters
    ----------
    rows_touched : sequence of int or None
        Different rows of each long table in a batch; None for one per row of the batch.
    """
    dense = 2 * (n_workers - 1) / n_workers * FLOAT * sizes.dense_weights
    dims = [d for d, is_long in zip(sizes.dims, sizes.is_long, strict=True) if is_long]
    touched = [batch_size] * len(dims) if rows_touched is None else rows_touched
    rows = sum(n * (8 + 2 * FLOAT * d) for n, d in zip(touched, dims, strict=True))
    return dense + (n_workers - 1) * rows


def measure_rates(sizes, batch_size):
    """Measure this machine at arrays of this network's shape, in a second or two."""
    products = [
        _fastest(lambda x=x, g=g, w=w: (x @ w, g @ w.t(), g.t() @ x))
        for x, g, w in (
            (torch.randn(batch_size, a), torch.randn(batch_size, b), torch.randn(a, b))
            for a, b in sizes.layers[:-1]
        )
    ]
    flops = sum(6 * a * b for a, b in sizes.layers[:-1]) * batch_size
    small, moved = _small_operations(batch_size, sum(sizes.hidden), sum(sizes.dims))
    few = torch.ones(8)
    return Rates(flops / sum(products), moved / _fastest(small), _fastest(lambda: few.add_(1)))


def _small_operations(n, n_units, n_dims):
    """What is done to hidden units and to vectors, in short, and the bytes that it moves."""
    units, slope = torch.randn(2, n, n_units)
    words = torch.empty(-(-n * n_units // 4), dtype=torch.int64)
    mean, log_deviation = torch.zeros(2, n, n_dims)

    def run():
        gate = torch.sigmoid(units, out=slope)
        units.mul_(gate)
        keep = words.random_(-(2**63), None).view(torch.int16)[: units.numel()]
        units.mul_(keep.view(units.shape).float().ge_(0).mul_(1.1)).clamp_(-1, 1)
        deviation = log_deviation.exp()
        return torch.empty_like(mean).normal_().mul_(deviation).add_(mean)

    return run, FLOAT * (14.0 * units.numel() + 9.0 * mean.numel())


def _fastest(function, seconds=0.3):
    """Seconds of a call, in the best of many."""
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def _long_dims(sizes):
    return sum(d for d, is_long in zip(sizes.dims, sizes.is_long, strict=True) if is_long)
