"""This module makes up tables of Rossmann's shape: seven categorical columns, four numeric."""

import numpy as np
import pandas as pd

LEVELS = [1115, 7, 2, 3, 12, 31, 12]
CATEGORICAL = [f"c{j}" for j in range(len(LEVELS))]
NUMERICAL = [f"n{j}" for j in range(4)]
CONTAINERS = ["object", "str", "category", "polars"]


def arrays(n_rows, seed=0):
    """Level of each cell, numbers, and a target that depends on all of them."""
    rng = np.random.default_rng(seed)
    levels = np.column_stack([rng.integers(m, size=n_rows, dtype=np.int16) for m in LEVELS])
    numbers = rng.normal(size=(n_rows, len(NUMERICAL))).astype(np.float32)
    target = numbers.sum(axis=1)
    for j, m in enumerate(LEVELS):
        target += rng.normal(size=m).astype(np.float32)[levels[:, j]]
    return levels, numbers, target


def integer_table(n_rows):
    """A DataFrame of small integers and float32, and the target."""
    levels, numbers, target = arrays(n_rows)
    table = {name: levels[:, j] for j, name in enumerate(CATEGORICAL)}
    table |= {name: numbers[:, j] for j, name in enumerate(NUMERICAL)}
    return pd.DataFrame(table), target


def string_columns(n_rows, container):
    """The seven categorical columns alone, as strings in one of `CONTAINERS`."""
    levels, _, _ = arrays(n_rows)
    names = [np.array([f"level {k}" for k in range(m)], dtype=object) for m in LEVELS]
    columns = {name: names[j][levels[:, j]] for j, name in enumerate(CATEGORICAL)}
    if container == "polars":
        import polars as pl

        return pl.DataFrame({name: cells.tolist() for name, cells in columns.items()})
    return pd.DataFrame(columns, dtype=object).astype(container)


def full_table(n_rows, container="category"):
    """All eleven columns as a pandas DataFrame, and the target."""
    _, numbers, target = arrays(n_rows)
    numeric = pd.DataFrame(numbers.astype(np.float64), columns=NUMERICAL)
    return pd.concat([string_columns(n_rows, container), numeric], axis=1), target
