"""This module draws the cells of random columns, of many kinds."""

import datetime
import decimal
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

ODD_TEXTS = (
    "",
    " ",
    "a",
    "A",
    "é",
    "e\u0301",
    "nan",
    "None",
    "missing",
    "unknown",
    "0",
    "0.0",
    "1",
    "True",
    "語" * 3,
    "\U0001f600",
    "line\nbreak",
    'a "quote"',
    "<b>",
    "</script>",
    "$x^2$",
    "tab\t",
    "x" * 300,
    "group_0",
)


@dataclass(frozen=True)
class Kind:
    """A kind of column.

    Attributes
    ----------
    draw : callable
        Gets a generator and how many values to draw, and returns distinct or equal ones.
    arrow : pyarrow.DataType or None
        Its type in Arrow; None where Arrow has none for such cells.
    pandas : str or None
        Its dtype in pandas, if no cell is missing; None leaves it to pandas.
    nullable : str or None
        Its nullable dtype in pandas.
    label : bool
        Whether it is embedded only if it is named.
    """

    draw: Any
    arrow: Any
    pandas: str | None = None
    nullable: str | None = None
    label: bool = False


def _texts(rng, n):
    return [str(rng.choice(ODD_TEXTS)) for _ in range(n)]


def _names(rng, n):
    return [f"name {k}" for k in rng.integers(10**6, size=n)]


def _dates(rng, n):
    first = datetime.date(2024, 1, 1)
    return [str(first + datetime.timedelta(days=int(k))) for k in rng.integers(500, size=n)]


def _whole(low, high):
    return lambda rng, n: [int(v) for v in rng.integers(low, high, size=n, endpoint=True)]


def _reals(rng, n):
    return [float(v) for v in rng.normal(size=n)]


def _extremes(rng, n):
    pool = [0.0, -0.0, 5e-324, 1e-300, -1e-5, 1.0, 2.0**53, -1e15, 1e300, -1.7e308]
    return [float(v) for v in rng.choice(pool, n)]


def _narrow(rng, n):
    return [float(v) for v in np.float32(rng.gamma(0.3, 100.0, n))]


def _flags(rng, n):
    return [bool(v) for v in rng.integers(2, size=n)]


def _lists_of(draw):
    return lambda rng, n: [draw(rng, int(rng.integers(4))) for _ in range(n)]


def _constant(rng, n):
    return [7.25] * n


def _same_text(rng, n):
    return ["always"] * n


def _mixed(rng, n):
    pool = ["a", "1", 1, 2.5, True, b"bytes", decimal.Decimal("1.10")]
    return [pool[k] for k in rng.integers(len(pool), size=n)]


def _decimals(rng, n):
    return [decimal.Decimal(int(v)) / 100 for v in rng.integers(-500, 500, size=n)]


KINDS = {
    "text": Kind(_texts, pa.string(), "object", "string"),
    "name": Kind(_names, pa.string(), "object", "string"),
    "date": Kind(_dates, pa.string(), "object", "string"),
    "one level": Kind(_same_text, pa.string(), "object", "string"),
    "category": Kind(_texts, pa.dictionary(pa.int32(), pa.string()), "category", "category"),
    "flag": Kind(_flags, pa.bool_(), "bool", "boolean"),
    "label": Kind(_whole(-20, 20), pa.int64(), "int64", "Int64", label=True),
    "long label": Kind(_whole(-(2**63), 2**63 - 1), pa.int64(), "int64", "Int64", label=True),
    "real label": Kind(_extremes, pa.float64(), "float64", "Float64", label=True),
    "tags": Kind(_lists_of(_texts), pa.list_(pa.string())),
    "sizes": Kind(_lists_of(_whole(0, 9)), pa.list_(pa.int64())),
    "real": Kind(_reals, pa.float64(), "float64", "Float64"),
    "extreme": Kind(_extremes, pa.float64(), "float64", "Float64"),
    "narrow": Kind(_narrow, pa.float32(), "float32", "Float32"),
    "count": Kind(_whole(0, 255), pa.uint8(), "uint8", "UInt8"),
    "whole": Kind(_whole(-1000, 1000), pa.int64(), "int64", "Int64"),
    "constant": Kind(_constant, pa.float64(), "float64", "Float64"),
    "mixed": Kind(_mixed, None, "object", label=True),
    "decimal": Kind(_decimals, None, "object", label=True),
}
LISTS = ("tags", "sizes")
# Kinds whose values a float with missing cells would round.
NEVER_MISSING = ("long label",)


def draw_cells(column, rng, n_rows, n_new):
    """Cells of a column to learn from, and those of new rows, of known and other values.

    Parameters
    ----------
    column : random_tables.Column
    rng : numpy.random.Generator
    n_rows, n_new : int

    Returns
    -------
    tuple of list
        None where missing.
    """
    draw = KINDS[column.kind].draw
    pool = draw(rng, column.n_values or n_rows)
    rows = range(n_rows) if column.n_values is None else rng.integers(len(pool), size=n_rows)
    learned = [pool[k] for k in rows]
    new = [pool[k] for k in rng.integers(len(pool), size=n_new)]
    fresh = draw(rng, n_new)
    new = [other if rng.random() < 0.3 else known for known, other in zip(new, fresh, strict=True)]
    if column.kind in LISTS:  # without any member it would be a column of no kind
        member = draw(rng, 50)
        learned[0] = new[0] = next(cell for cell in member if cell)
    if column.kind in NEVER_MISSING:
        return learned, new
    return _without(learned, column, rng, 0), _without(new, column, rng, 0.1)


def _without(cells, column, rng, at_least):
    share = max(column.missing, at_least)
    first = int(column.kind in LISTS)
    gone = rng.random(len(cells)) < share
    return [None if gone[i] and i >= first else cell for i, cell in enumerate(cells)]


def as_pandas(kind, cells, nullable=False):
    """The cells as a pandas Series, as people hold them.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    cells : list
    nullable : bool
        Whether the dtype is to be one of those with NA.

    Returns
    -------
    pandas.Series
    """
    spec = KINDS[kind]
    if nullable and spec.nullable is not None:
        return pd.Series(cells, dtype=object).astype(spec.nullable)
    if spec.pandas is None:
        return pd.Series(cells, dtype=object)
    if spec.pandas == "category":
        # A level that no row has, and an order that is not the sorted one.
        levels = [*sorted({c for c in cells if c is not None}, reverse=True), "no row has this"]
        return pd.Series(pd.Categorical(cells, categories=levels))
    if None not in cells or spec.pandas in ("object", "float64", "float32"):
        return pd.Series(cells, dtype=spec.pandas)
    # Whole numbers become floats, and flags objects.
    return pd.Series(cells, dtype=object if spec.pandas == "bool" else "float64")
