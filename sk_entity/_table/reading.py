"""Any two-dimensional container becomes a narwhals DataFrame with column names."""

from numbers import Integral
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd


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
        For column names that are repeated or no strings, and for lazy frames.
    """
    try:
        frame = nw.from_native(X, eager_only=True, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(f"Column names must be unique; rename or drop some. {error}") from None
    if isinstance(frame, nw.DataFrame):
        return _with_string_names(frame)
    if hasattr(X, "collect"):
        raise TypeError("A lazy frame has no rows yet: pass X.collect() instead.")
    return None


def frame_of_array(array: np.ndarray) -> nw.DataFrame:
    """Give the columns of a two-dimensional array the names x0, x1, …."""
    if array.dtype.kind == "S":
        array = array.astype(object)  # pandas has no columns of fixed-width bytes
    names = _default_names(array.shape[1])
    return nw.from_native(pd.DataFrame(array, columns=names, copy=False), eager_only=True)


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
        return frame
    # Integers alone, as pd.DataFrame(array) sets them, are no names, as in scikit-learn.
    if not all(isinstance(n, Integral) for n in names):
        raise TypeError(
            f"Column names must be strings; got {other[0]!r} of type {type(other[0]).__name__}. "
            "Use X.columns = [str(name) for name in X.columns]."
        )
    return nw.from_native(native.set_axis(_default_names(len(names)), axis=1), eager_only=True)


def _default_names(n_features):
    return [f"x{i}" for i in range(n_features)]
