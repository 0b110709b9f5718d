"""This module puts random columns into the containers that the library reads."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from .cells import KINDS, as_pandas


class Cells:
    """Columns of Python values, None where missing, and the kind of each.

    Attributes
    ----------
    columns : dict of list
    kinds : dict of str
    """

    def __init__(self, columns, kinds):
        self.columns = columns
        self.kinds = kinds

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def rows(self):
        """The cells row by row."""
        return [list(row) for row in zip(*self.columns.values(), strict=True)]


def _pandas(cells, nullable=False):
    series = {n: as_pandas(cells.kinds[n], c, nullable) for n, c in cells.columns.items()}
    # A frame of a dict refuses no name, also not an empty one.
    return pd.DataFrame(series)


def _pandas_index(cells):
    frame = _pandas(cells)
    return frame.set_axis(np.arange(len(frame))[::-1] % 2, axis=0)


def _arrow(cells):
    arrays = {n: pa.array(c, KINDS[cells.kinds[n]].arrow) for n, c in cells.columns.items()}
    return pa.table(arrays)


def _arrow_chunks(cells):
    table = _arrow(cells)
    half = len(table) // 2
    return pa.concat_tables([table.slice(0, half), table.slice(half), table.slice(0, 0)])


def _polars_categories(cells):
    frame = pl.from_arrow(_arrow(cells))
    texts = [n for n, kind in cells.kinds.items() if KINDS[kind].arrow == pa.string()]
    return frame.with_columns(pl.col(texts).cast(pl.Categorical))


def _numpy(cells):
    array = np.empty((len(cells), len(cells.columns)), dtype=object)
    for j, column in enumerate(cells.columns.values()):
        for i, cell in enumerate(column):
            array[i, j] = cell
    return array


# By name; all of them take what Arrow has a type for.
CONTAINERS = {
    "pandas": _pandas,
    "pandas, index with repeats": _pandas_index,
    "pandas nullable": lambda cells: _pandas(cells, nullable=True),
    "pandas Arrow": lambda cells: _arrow(cells).to_pandas(types_mapper=pd.ArrowDtype),
    "Arrow": _arrow,
    "Arrow in chunks": _arrow_chunks,
    "polars": lambda cells: pl.from_arrow(_arrow(cells)),
    "polars Categorical": _polars_categories,
}
# Containers of cells that Arrow has no type for.
OF_OBJECTS = ("pandas", "pandas, index with repeats", "pandas nullable")
WITHOUT_NAMES = {"NumPy": _numpy, "lists": Cells.rows}


def containers_of(cells):
    """The containers with names that hold these cells."""
    if all(KINDS[kind].arrow is not None for kind in cells.kinds.values()):
        # polars gives a column without a name one.
        return [name for name in CONTAINERS if "" not in cells.columns or "polars" not in name]
    return list(OF_OBJECTS)


def has_arrow(cells):
    """Whether Arrow, and so Parquet, has a type for each column."""
    return len(containers_of(cells)) > len(OF_OBJECTS)
