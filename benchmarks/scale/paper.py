"""This module computes what no machine here can measure: ten billion rows, a billion categories."""

from dataclasses import replace

from . import made_up
from .cost_model import (
    BYTES_PER_TABLE_VALUE,
    FLOAT,
    Sizes,
    exchanged_bytes,
    flops_per_row,
    held_bytes_per_row,
    record_bytes,
)

ROWS = tuple(10**k for k in range(5, 11))
CATEGORIES = tuple(10**k for k in range(5, 10))
DIM, SPECIAL = 16, 3
HASHED = 2**22
WORKERS = (2, 8, 32)
BATCHES = (1024, 65_536)


def made_up_sizes():
    """Those of the made-up table of the benchmark."""
    levels = made_up.LEVELS.values()
    dims = tuple(min(DIM, round(1.6 * n**0.56), n - 1) for n in levels)
    return Sizes(tuple(n + SPECIAL for n in levels), dims, len(made_up.NUMBERS))


def of_rows(sizes, rows, seconds_per_row):
    """Bytes in memory and on disk, operations and seconds of an epoch."""
    return {
        "memory": rows * held_bytes_per_row(sizes),
        "disk": rows * record_bytes(sizes),
        "operations": rows * flops_per_row(sizes),
        "seconds": rows * seconds_per_row,
    }


def of_categories(n):
    """Bytes of a table of so many categories: in training, fitted, hashed and composed.

    A hashed table has a stated number of rows. A composed one adds two vectors, one by the
    quotient and one by the remainder of the category's number: twice the root of its rows.
    """
    root = round(n**0.5)
    return {
        "training": n * DIM * BYTES_PER_TABLE_VALUE,
        "fitted": n * DIM * 2 * FLOAT,
        "hashed": min(n, HASHED) * DIM * BYTES_PER_TABLE_VALUE,
        "composed": (root + -(-n // root)) * DIM * BYTES_PER_TABLE_VALUE,
    }


def of_workers(sizes, batch_size, n_workers):
    """Bytes that a worker sends in a step, and per row of its batch."""
    sent = exchanged_bytes(sizes, batch_size, n_workers)
    return sent, sent / batch_size


def widened(sizes, n_categories):
    """The same table with one long column of so many categories."""
    return replace(sizes, table_rows=(*sizes.table_rows[:-1], n_categories + SPECIAL))
