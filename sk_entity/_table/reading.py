"""Any two-dimensional container becomes a narwhals DataFrame with column names."""

import os
from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from .._shown import shortened, shown

# Ends a sentence that says how to get rows.
_OR_STREAM = "or see sk_entity.streaming, for rows that do not fit in memory"


def as_frame(X: Any) -> nw.DataFrame | None:
    """Wrap a data frame, or return None for what is no data frame, such as an array.

    Parameters
    ----------
    X : pandas, polars or pyarrow table, or anything else

    Returns
    -------
    narwhals.DataFrame or None
        Its columns are named x0, x1, … where X numbers them.

    Raises
    ------
    ValueError, TypeError
        For column names that are repeated or no strings, for what has no rows yet, such as
        lazy frames, and for a column of a dtype that its own library cannot read.
    """
    if type(X).__name__ == "RecordBatch":  # which narwhals does not know
        X = _table_of_batch(X)
    try:
        frame = nw.from_native(X, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(
            f"Column names must be unique; rename or drop some. {shortened(error)}"
        ) from None
    if isinstance(frame, nw.DataFrame):
        _refuse_unreadable_dtypes(frame.to_native())
        return _with_string_names(frame)
    if isinstance(frame, nw.LazyFrame) or hasattr(X, "collect"):
        raise _no_rows_yet(X)
    return None


def refuse_other_containers(X: Any) -> None:
    """Raise TypeError for what is neither a data frame nor an array, and say what to pass instead.

    Parameters
    ----------
    X : object
        For which `as_frame` returns None.
    """
    kind = type(X).__name__
    if hasattr(X, "read_all"):
        raise TypeError(f"X is a {kind}, which is read once. Pass X.read_all(), {_OR_STREAM}.")
    if hasattr(X, "to_table"):
        raise TypeError(f"X is a {kind}, which has no rows yet. Pass X.to_table(), {_OR_STREAM}.")
    if isinstance(X, Iterator):
        raise TypeError(
            f"X is a {kind}, which is used up after one pass. Pass list(X) if it gives rows, or a "
            f"table made of it, {_OR_STREAM}."
        )
    if isinstance(X, str | bytes | os.PathLike):
        raise TypeError(
            f"X is a {kind}, and no table. Read it first, as by pandas.read_parquet, {_OR_STREAM}."
        )
    of_dicts = isinstance(X, list | tuple) and len(X) > 0 and isinstance(X[0], Mapping)
    named = isinstance(X, np.ndarray) and X.dtype.names is not None
    # Some of scipy's sparse arrays are mappings, too.
    by_name = isinstance(X, Mapping) and not hasattr(X, "shape")
    if of_dicts or named or by_name:
        form = "an array with named fields" if named else f"a {kind}{' of dicts' * of_dicts}"
        raise TypeError(f"X is {form}. Pass pandas.DataFrame(X), which has columns and rows.")
    if hasattr(X, "to_pandas") and hasattr(X, "columns"):
        raise TypeError(f"X is a {_full_name(X)}, which is not read. Pass X.to_pandas().")
    if hasattr(X, "columns") or (hasattr(X, "__dataframe__") and not hasattr(X, "__array__")):
        raise TypeError(
            f"X is a {_full_name(X)}, which is not read. Pass a table of pandas, polars or pyarrow."
        )
    if hasattr(X, "__arrow_c_stream__") and not hasattr(X, "__array__"):
        raise TypeError(f"X is a {_full_name(X)}. Pass pyarrow.table(X), {_OR_STREAM}.")


def frame_of_array(array: np.ndarray) -> nw.DataFrame:
    """Give the columns of a two-dimensional array the names x0, x1, …."""
    if array.dtype.kind == "S":
        array = array.astype(object)  # pandas has no columns of fixed-width bytes
    names = _default_names(array.shape[1])
    try:
        frame = pd.DataFrame(array, columns=names, copy=False)
    except UnicodeEncodeError:  # of half a surrogate pair, which Arrow's strings do not hold
        frame = pd.DataFrame(array.astype(object), columns=names, dtype=object, copy=False)
    return nw.from_native(frame, eager_only=True)


def column_at(frame: nw.DataFrame, position: int) -> nw.Series:
    """Return the column at a position, in a time that does not grow with the number of columns."""
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        column = native.iloc[:, position]
    elif frame.implementation.is_polars():
        column = native.to_series(position)
    elif frame.implementation.is_pyarrow():
        column = native.column(position)
    else:
        return frame[:, position]
    return nw.from_native(column, series_only=True)


def without_mask(X: Any) -> Any:
    """Put a missing value in the place of each masked cell of a masked array."""
    if not isinstance(X, np.ma.MaskedArray):
        return X
    mask = np.ma.getmaskarray(X)
    if not mask.any():
        return X.data
    if X.dtype.kind == "f":
        return X.filled(np.nan)
    cells = X.data.astype(object)  # no integer is rounded, no truth value becomes a number
    cells[mask] = None
    return cells


def half_pair(texts: Iterable[Any]) -> str | None:
    """Find a string with half of a surrogate pair, which UTF-8 cannot write; None if none has."""
    for text in texts:
        if isinstance(text, str) and not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                return text
    return None


def with_column(frame: nw.DataFrame, name: str, values: list) -> nw.DataFrame:
    """Append a column to a narwhals DataFrame."""
    column = nw.new_series(name, values, backend=frame.implementation)
    if frame.implementation.is_pandas():
        column = nw.from_native(
            column.to_native().set_axis(frame.to_native().index), series_only=True
        )
    return frame.with_columns(column)


def column_names(native: Any) -> list:
    """Return the names of the columns of a pandas, polars or pyarrow table."""
    return list(native.column_names if hasattr(native, "column_names") else native.columns)


def _with_string_names(frame):
    native = frame.to_native()
    names = column_names(native)
    other = [n for n in names if not isinstance(n, str)]
    if not other:
        wrong = half_pair(names)
        if wrong is not None:
            raise ValueError(
                f"The column name {shown(wrong)} holds half of a surrogate pair, which no file and "
                "no other library takes. Rename the column."
            )
        return frame
    # Integers alone, as pd.DataFrame(array) sets them, are no names, as in scikit-learn.
    if not all(isinstance(n, Integral) for n in names):
        raise TypeError(
            f"Column names must be strings; got {shown(other[0])} of type "
            f"{type(other[0]).__name__}. Use X.columns = [str(name) for name in X.columns]."
        )
    return nw.from_native(native.set_axis(_default_names(len(names)), axis=1), eager_only=True)


def _table_of_batch(batch):
    import pyarrow as pa

    return pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch


def _refuse_unreadable_dtypes(native):
    """Refuse those of Arrow that pandas can hold, and knows nothing of."""
    if not isinstance(native, pd.DataFrame):
        return
    for position, dtype in enumerate(native.dtypes):
        if not isinstance(dtype, pd.ArrowDtype):
            continue
        try:
            dtype.type  # noqa: B018
        except NotImplementedError:
            raise TypeError(
                f"Column {shown(native.columns[position])} has dtype {dtype.pyarrow_dtype}, which "
                "pandas cannot read. Pass the table of pyarrow instead of pandas, or cast the "
                "column before it becomes one of pandas, as to pyarrow.string()."
            ) from None


def _no_rows_yet(X):
    if hasattr(X, "collect"):
        what, calls = "lazy frame", "X.collect()"
    elif hasattr(X, "df") and hasattr(X, "pl"):
        what, calls = f"{type(X).__name__} of DuckDB", "X.df() or X.pl()"
    else:
        what, calls = _full_name(X), "X.to_pandas()" if hasattr(X, "to_pandas") else "a table of it"
    return TypeError(f"A {what} has no rows yet: pass {calls} instead, {_OR_STREAM}.")


def _full_name(X):
    return f"{type(X).__module__}.{type(X).__qualname__}"


def _default_names(n_features):
    return [f"x{i}" for i in range(n_features)]
