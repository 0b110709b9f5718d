"""The sizes of the network: embedding dimensions, layers, batches, memory."""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from .._shown import listed, shown
from .._table.columns import CategoricalColumn
from .memory import available_memory

MAX_AUTO_DIM = 16
# Mean and deviation; of each the weight, its gradient and the two moments of Adam, in float32.
TRAINING_BYTES_PER_WEIGHT = 32


def auto_embedding_dim(n_levels: int) -> int:
    """Return ``min(16, round(1.6 * n_levels ** 0.56))``, and less than `n_levels`.

    Up to the limit it is fastai's rule of thumb; centered vectors of n categories
    span n - 1 dimensions, so that more would be redundant.

    Parameters
    ----------
    n_levels : int
        Categories with a row of their own, and hashed rows.

    Returns
    -------
    int

    Examples
    --------
    >>> from sk_entity._estimators.sizing import auto_embedding_dim
    >>> [auto_embedding_dim(n) for n in (2, 7, 31, 1115)]
    [1, 5, 11, 16]
    """
    return max(1, min(n_levels - 1, round(1.6 * n_levels**0.56), MAX_AUTO_DIM))


def resolve_embedding_dims(embedding_dim: Any, columns: Sequence[CategoricalColumn]) -> list[int]:
    """Decide the dimension of each column's vectors.

    Parameters
    ----------
    embedding_dim : "auto", int, dict of int by column name, or callable
    columns : sequence of CategoricalColumn

    Returns
    -------
    list of int
    """
    if isinstance(embedding_dim, dict):
        names = [column.name for column in columns]
        unknown = [n for n in embedding_dim if n not in names]
        if unknown:
            raise ValueError(
                f"embedding_dim names {shown(unknown[0])}, which is not an embedded column: "
                f"{listed(names)}."
            )
    dims = []
    for column in columns:
        dim = embedding_dim
        n_levels = column.vocabulary.n_levels + column.vocabulary.n_hashed
        if isinstance(dim, dict):
            dim = dim.get(column.name, "auto")
        if dim == "auto":
            dim = auto_embedding_dim
        if callable(dim):
            dim = dim(n_levels)
        if not isinstance(dim, Integral) or isinstance(dim, bool) or dim < 1:
            raise ValueError(
                f"embedding_dim gives {shown(dim)} for column {shown(column.name)} ({n_levels} "
                "levels): it must be a whole number of at least 1."
            )
        dims.append(int(dim))
    _refuse_several_dims(columns, dims)
    return dims


def _refuse_several_dims(columns, dims):
    for column, dim in zip(columns, dims, strict=True):
        if dim != dims[column.owner]:
            other = columns[column.owner].name
            raise ValueError(
                f"embedding_dim gives {dim} for column {shown(column.name)} and "
                f"{dims[column.owner]} for {shown(other)}, which share a table: give both the "
                "same number."
            )


def resolve_hidden_layer_sizes(hidden_layer_sizes: Any) -> list[int]:
    """Return the widths of the dense layers as a list of int; one number is one layer."""
    alone = isinstance(hidden_layer_sizes, Integral)
    sizes = [hidden_layer_sizes] if alone else list(hidden_layer_sizes)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(
                f"hidden_layer_sizes holds {shown(size)}: each must be a whole number of at least "
                "1."
            )
    return [int(size) for size in sizes]


def resolve_batch_size(batch_size: int | str, n_samples: int) -> int:
    """Return the rows per step, at most all of them.

    "auto" is the power of two nearest to ``sqrt(2 * n_samples)``, from 16 to
    1024: a table of four times the rows has twice the steps per epoch, each of
    twice the rows.

    Examples
    --------
    >>> from sk_entity._estimators.sizing import resolve_batch_size
    >>> [resolve_batch_size("auto", n) for n in (150, 2_000, 30_000, 1_000_000)]
    [16, 64, 256, 1024]
    """
    if isinstance(batch_size, str):  # "auto"
        return min(1024, max(16, 2 ** round(math.log2(2 * n_samples) / 2)), n_samples)
    return min(batch_size, n_samples)


def resolve_max_iter(max_iter: int | str, n_samples: int) -> tuple[int, int]:
    """Return the epochs to train for: if the target is all noise, and if it has little.

    A number is both. "auto" is from ``30 * (2000 / n_samples) ** 0.25`` to twice as
    many: a table of four times the rows has twice the steps per epoch, and needs seven
    tenths of the epochs.

    Examples
    --------
    >>> from sk_entity._estimators.sizing import resolve_max_iter
    >>> [resolve_max_iter("auto", n) for n in (150, 2_000, 30_000, 1_000_000)]
    [(57, 115), (30, 60), (15, 30), (6, 13)]
    """
    if isinstance(max_iter, str):  # "auto"
        least = 30 * (2000 / n_samples) ** 0.25
        return round(least), round(2 * least)
    return max_iter, max_iter


def check_memory(
    columns: Sequence[CategoricalColumn], dims: list[int], available: int | None = None
) -> None:
    """Refuse tables whose training would not fit in memory.

    Raises
    ------
    MemoryError
        Naming the largest table.
    """
    available = available_memory() if available is None else available
    weights = [
        c.vocabulary.n_rows * dim if c.owner == j else 0  # one table may serve several
        for j, (c, dim) in enumerate(zip(columns, dims, strict=True))
    ]
    needed = sum(weights) * TRAINING_BYTES_PER_WEIGHT
    if available is None or needed <= available:
        return
    largest = max(range(len(weights)), key=weights.__getitem__)
    column = columns[largest]
    raise MemoryError(
        f"Training the embedding tables needs {needed / 2**30:,.1f} GiB, more than the "
        f"{available / 2**30:,.1f} GiB of this machine or container. The largest is column "
        f"{shown(column.name)}: {_rows_in_words(column.vocabulary)} of {dims[largest]:,} "
        "dimensions. Set min_frequency or max_categories, lower embedding_dim, or take the column "
        "out of "
        "categorical_features."
    )


def _rows_in_words(vocabulary):
    hashed = f" and {vocabulary.n_hashed:,} hashed rows" if vocabulary.n_hashed else ""
    return f"{vocabulary.n_levels:,} categories{hashed}"
