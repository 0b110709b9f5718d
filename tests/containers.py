"""The same small table in every container that the library reads, and how it reads it."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from sklearn.base import BaseEstimator

from sk_entity._estimators.validation import read_table

ARROW_TYPES = {"text": pa.string(), "truth": pa.bool_(), "whole": pa.int64(), "real": pa.float64()}
NULLABLE = {"text": "string", "truth": "boolean", "whole": "Int64", "real": "Float64"}


def read(X, **kwargs):
    """Read a table as an estimator does."""
    return read_table(X, estimator=BaseEstimator(), **kwargs)


class Table:
    """Columns of Python values, None where missing, and their kinds.

    Attributes
    ----------
    columns : dict of list
    kinds : dict of str
        "text", "truth" (booleans), "whole" or "real" (floats), by column name.
    """

    def __init__(self, columns, kinds):
        self.columns = columns
        self.kinds = kinds

    def __repr__(self):
        return f"Table({self.columns!r})"

    def named(self, *kinds):
        """Names of the columns of these kinds."""
        return [name for name, kind in self.kinds.items() if kind in kinds]

    def __getitem__(self, rows):
        return Table({n: [c[i] for i in rows] for n, c in self.columns.items()}, self.kinds)

    def map(self, column, function):
        """The table with the present values of one column changed."""
        changed = [None if v is None else function(v) for v in self.columns[column]]
        return Table({**self.columns, column: changed}, self.kinds)


def _arrow(table):
    return pa.table({n: pa.array(c, ARROW_TYPES[table.kinds[n]]) for n, c in table.columns.items()})


def _polars(table):
    return pl.from_arrow(_arrow(table))


def _text_as(dtype):
    def convert(table):
        frame = _polars(table)
        return frame.with_columns(pl.col(table.named("text")).cast(dtype(table)))

    return convert


def _labels(table):
    return {v for name in table.named("text") for v in table.columns[name] if v is not None}


def _pandas_category(table, ordered=False):
    frame = pd.DataFrame(table.columns)
    for name in table.named("text"):
        # Levels that no row has, and an order that is not the sorted one.
        levels = [*sorted(_labels(table), reverse=True), "no row has this level"]
        frame[name] = pd.Categorical(frame[name], categories=levels, ordered=ordered)
    return frame


def _arrow_dictionary(table):
    arrow = _arrow(table)
    for i, name in enumerate(arrow.column_names):
        if table.kinds[name] == "text":
            arrow = arrow.set_column(i, name, arrow[name].dictionary_encode())
    return arrow


def _arrow_chunks(table):
    """One row per chunk, each with a dictionary of its own."""
    arrow = _arrow(table)
    rows = [_arrow_dictionary(table[[i]]) for i in range(len(arrow))]
    return pa.concat_tables(rows)


def _arrow_loose_dictionary(table):
    """Dictionaries that hold each value twice and a null, as other programs may write them."""
    arrow = _arrow(table)
    for i, name in enumerate(arrow.column_names):
        if table.kinds[name] == "text":
            values = sorted(_labels(table))
            doubled = pa.array([*values, None, *values], pa.string())
            n, cells = len(values), table.columns[name]
            place = [
                n if v is None else values.index(v) + (k % 2) * (n + 1) for k, v in enumerate(cells)
            ]
            loose = pa.DictionaryArray.from_arrays(pa.array(place, pa.int32()), doubled)
            arrow = arrow.set_column(i, name, pa.chunked_array([loose[:1], loose[1:]]))
    return arrow


def _numpy_object(table):
    return np.array(_rows(table), dtype=object)


def _rows(table):
    return [list(row) for row in zip(*table.columns.values(), strict=True)]


def _real_missing(missing):
    """Columns of objects in which this marks a missing value."""

    def convert(table):
        columns = {n: [missing if v is None else v for v in c] for n, c in table.columns.items()}
        return pd.DataFrame(columns, dtype=object)

    return convert


def _pandas_index(table):
    frame = pd.DataFrame(table.columns)
    return frame.set_axis(np.arange(len(frame))[::-1] % 2, axis=0)


CONTAINERS = {
    "pandas": lambda table: pd.DataFrame(table.columns),
    "pandas, index with repeats": _pandas_index,
    "pandas object, None": _real_missing(None),
    "pandas object, NaN": _real_missing(float("nan")),
    "pandas object, NA": _real_missing(pd.NA),
    "pandas object, NaT": _real_missing(pd.NaT),
    "pandas nullable": lambda table: pd.DataFrame(table.columns, dtype=object).astype(
        {n: NULLABLE[k] for n, k in table.kinds.items()}
    ),
    "pandas Arrow": lambda table: _arrow(table).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas category": _pandas_category,
    "pandas ordered category": lambda table: _pandas_category(table, ordered=True),
    "polars": _polars,
    "polars Categorical": _text_as(lambda table: pl.Categorical),
    "polars Enum": _text_as(lambda table: pl.Enum(sorted(_labels(table)))),
    "polars NaN": lambda table: _polars(table).with_columns(
        pl.col(table.named("real")).fill_null(float("nan"))
    ),
    "Arrow": _arrow,
    "Arrow dictionary": _arrow_dictionary,
    "Arrow dictionaries in chunks": _arrow_chunks,
    "Arrow loose dictionaries": _arrow_loose_dictionary,
    "pandas Arrow loose dictionaries": lambda table: _arrow_loose_dictionary(table).to_pandas(
        types_mapper=pd.ArrowDtype
    ),
    "Arrow record batch": lambda table: pa.record_batch(
        [c.combine_chunks() for c in _arrow(table).columns], list(table.columns)
    ),
    "NumPy": _numpy_object,
    "lists": _rows,
}

# Those with column names.
NAMED = [name for name in CONTAINERS if name not in ("NumPy", "lists")]
