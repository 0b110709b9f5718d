"""One column becomes distinct values with codes, or numbers, whatever holds it.

A column is a narwhals Series over pandas, polars or pyarrow. Only its distinct
values are ever looked at in Python.
"""

import datetime
from contextlib import suppress
from decimal import Decimal
from numbers import Real
from types import SimpleNamespace

import narwhals as nw
import numpy as np
import pandas as pd

from .._shown import shortened, shown
from .dictionaries import decoded

_TEMPORAL_DTYPES = (nw.Date, nw.Datetime, nw.Time, nw.Duration)
# Maps are newer than the oldest narwhals.
_NESTED_DTYPES = (nw.List, nw.Array, nw.Struct, *filter(None, [getattr(nw, "Map", None)]))
_LABEL_DTYPES = (nw.String, nw.Categorical, nw.Enum, nw.Binary)

_TEMPORAL = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    np.datetime64,
    np.timedelta64,
    pd.Period,
)
_NESTED = (list, tuple, set, frozenset, dict, np.ndarray)

# Names that `pandas.api.types.infer_dtype` gives to numbers.
_NUMERIC_KINDS = ("integer", "floating", "mixed-integer-float", "decimal")

# Cells that tell whether a column of objects repeats them.
_PEEK = 2**16


def _without_half_floats(column):
    """The column itself; of half floats, which narwhals before 2.23 does not know, a single one."""
    if not isinstance(column.dtype, nw.Unknown):
        return column
    native = column.to_native()
    dtype = str(native.dtype if hasattr(native, "dtype") else native.type).lower()
    return column.cast(nw.Float32) if dtype.startswith(("float16", "halffloat")) else column


def is_categorical(column):
    """Decide whether ``"from_dtype"`` takes this column for a category."""
    column = _without_half_floats(column)
    native = column.to_native()
    if isinstance(column.dtype, nw.Object) or _holds_objects(native):
        # narwhals judges an object column by its first rows; here all of them count.
        cells = native if _holds_objects(native) else pd.Series(column.to_list(), dtype=object)
        if any(isinstance(cell, str) for cell in cells.iloc[:100]):
            return True  # without a look at the rest
        return pd.api.types.infer_dtype(cells.dropna()) not in _NUMERIC_KINDS
    return not column.dtype.is_numeric()


def _holds_objects(native):
    return isinstance(native, pd.Series) and pd.api.types.is_object_dtype(native.dtype)


def factorize(name, column):
    """Split a column into integer codes and its distinct values.

    Values are equal as they are to Python: 1, 1.0 and True are one value, "1"
    is another.

    Parameters
    ----------
    name : str
        The column's name, for errors.
    column : narwhals.Series of length n_samples

    Returns
    -------
    codes : ndarray of int, shape (n_samples,)
        Position of each cell's value in `values`, -1 where it is missing.
    values : pandas.Index
        The distinct values, without missing ones, in no particular order. Of
        dtype integer, float, bool or object, whatever held them.

    Raises
    ------
    TypeError
        For dates, complex numbers, and cells that hold several values.
    """
    column = decoded(_without_half_floats(column))
    refuse_dtype(name, column)
    codes, values = _factorize(name, column)
    values = _plain_index(name, values)
    if values.dtype.kind == "f" and not values.is_unique:  # Arrow tells -0.0 from 0.0
        of_value, values = pd.factorize(values)
        codes = np.append(of_value, -1)[codes]
    missing = pd.isna(values)
    if missing.any():
        # NaN is a value to polars, to Arrow and to the nullable dtypes of pandas.
        codes, values = _renumber(~missing)[codes], values[~missing]
    return codes, values


def _factorize(name, column):
    """As `factorize`, with values as the column's library gives them."""
    native, dtype = column.to_native(), column.dtype
    if isinstance(native, pd.Series):
        return _factorize_pandas(name, native)
    if isinstance(dtype, nw.Categorical | nw.Enum) and hasattr(native, "to_physical"):
        codes, _ = _factorize_numbers(nw.from_native(native.to_physical(), series_only=True))
        present = codes >= 0
        return codes, native.filter(present)[_first_rows(codes[present])].to_list()
    if isinstance(dtype, _LABEL_DTYPES):
        if str(getattr(native, "type", "")).endswith("_view"):
            column = column.cast(dtype)  # few of Arrow's functions know views
        values = column.drop_nulls().unique().to_list()
        if not values:
            return np.full(len(column), -1), values
        positions = list(range(len(values)))
        codes = column.replace_strict(values, positions, default=-1, return_dtype=nw.Int32)
        return codes.to_numpy(), values
    # What NumPy has no dtype for comes as Python objects.
    wide = isinstance(dtype, nw.Decimal | nw.Int128 | nw.UInt128)
    if isinstance(dtype, nw.Boolean) or (dtype.is_numeric() and not wide):
        return _factorize_numbers(column)
    return _factorize_pandas(name, pd.Series(column.to_list(), dtype=object))


def _factorize_numbers(column):
    # Without its nulls an integer column stays one: no integer is rounded to a float.
    if not column.null_count():
        return pd.factorize(column.to_numpy())
    codes = np.full(len(column), -1)
    present = ~column.is_null().to_numpy()
    codes[present], values = pd.factorize(column.drop_nulls().to_numpy())
    return codes, values


def _factorize_pandas(name, series):
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _factorize_category(series.cat)
    if not _holds_objects(series) and getattr(dtype, "storage", None) != "python":
        return pd.factorize(series)
    try:
        return _factorize_objects(series.to_numpy(dtype=object))
    except TypeError:
        cell = next(v for v in series if getattr(type(v), "__hash__", None) is None)
        raise _refuse_nested(name, f"{shown(cell)}, a {type(cell).__name__}") from None


def _factorize_category(category):
    codes, values = category.codes.to_numpy(), category.categories
    # Not even int8 overflows: pandas keeps it for fewer than 127 categories.
    used = np.bincount(codes + 1, minlength=len(values) + 1)[1:] > 0
    if used.all():
        return codes, values
    return _renumber(used)[codes], values[used]


def _factorize_objects(cells):
    """Compare where the objects lie before what they are.

    Most columns hold few objects many times, and an address is read without a
    visit to the object. Equal objects at several addresses are merged after.
    """
    addresses = _addresses(cells)
    peek = addresses[:: max(1, len(cells) // _PEEK)]
    if len(cells) < _PEEK or 2 * len(pd.unique(peek)) > len(peek):
        return pd.factorize(cells)
    by_address, _ = pd.factorize(addresses)
    codes, values = pd.factorize(cells[_first_rows(by_address)])
    return codes[by_address], values


def _addresses(cells):
    """The pointers of an array of objects as integers, in the same memory."""
    interface = cells.__array_interface__
    same = {key: interface[key] for key in ("version", "shape", "strides", "data")}
    pointers = SimpleNamespace(__array_interface__=same | {"typestr": np.dtype(np.intp).str})
    return np.asarray(pointers)


def _first_rows(codes):
    """First row of each code, where codes are in order of appearance and none is negative."""
    highest = np.maximum.accumulate(codes)
    return highest.searchsorted(np.arange(highest[-1] + 1 if len(codes) else 0))


def _renumber(kept):
    """New code by old one: -1 for values that are not kept and for code -1."""
    return np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)


def _plain_index(name, values):
    """Values as an Index whose dtype does not depend on where they came from."""
    if getattr(getattr(values, "dtype", None), "kind", "O") not in "iufb":
        values = list(values)
        _refuse_cells(name, values)
        values = pd.Index(values, dtype=object)
        if pd.api.types.infer_dtype(values) in ("boolean", "integer", "floating"):
            with suppress(OverflowError):  # pandas before 3 does not leave huge integers alone
                values = values.infer_objects()
    kind = values.dtype.kind
    if kind == "f":
        return pd.Index(np.asarray(values, dtype=np.float64))
    if kind in "iu":
        values = np.asarray(values)
        fits = kind == "i" or not len(values) or values.max() <= np.iinfo(np.int64).max
        return pd.Index(values.astype(np.int64 if fits else np.uint64))
    plain = bool if kind == "b" else object
    return pd.Index(np.asarray(values, dtype=plain), dtype=plain)


def _refuse_cells(name, values):
    for kind in set(map(type, values)):
        value = next(v for v in values if type(v) is kind)
        if issubclass(kind, _TEMPORAL):
            raise _refuse_temporal(name, repr(value))
        if issubclass(kind, _NESTED):
            raise _refuse_nested(name, f"{shown(value)}, a {kind.__name__}")
        if issubclass(kind, complex | np.complexfloating):
            raise _refuse_complex(name, repr(value))


def refuse_dtype(name, column):
    """Raise TypeError if no cell of such a column can be a number or a category."""
    dtype = column.dtype
    if isinstance(dtype, _TEMPORAL_DTYPES):
        raise _refuse_temporal(name, dtype)
    if isinstance(dtype, _NESTED_DTYPES):
        raise _refuse_nested(name, dtype)
    # A column of nulls may have no dtype at all.
    if isinstance(dtype, nw.Unknown) and column.null_count() < len(column):
        native = column.to_native()
        dtype = str(native.dtype if hasattr(native, "dtype") else native.type)
        if dtype.startswith("period"):
            raise _refuse_temporal(name, dtype)
        if dtype.startswith("complex"):
            raise _refuse_complex(name, dtype)
        sparse = dtype.startswith("Sparse")
        raise TypeError(
            f"Column {shown(name)} has dtype {shortened(dtype)}, which is not supported. "
            + ("Use X.sparse.to_dense()." if sparse else "Convert it to float64 or to strings.")
        )


def _refuse_temporal(name, found):
    return TypeError(
        f"Column {shown(name)} holds dates or times ({shortened(found)}), which are neither a "
        "number nor a category. Use what matters about them instead, such as df[column].dt.month, "
        ".dt.dayofweek or days since a fixed date, or convert them to strings if every date is "
        "a category of its own."
    )


def _refuse_nested(name, found):
    return TypeError(
        f"Column {shown(name)} holds {shortened(found)}: a cell must be a single value, such as a "
        "string or a number, or all cells must be lists of such values, which are embedded if "
        "categorical_features names the column. Else give each element a column of its own."
    )


def _refuse_complex(name, found):
    return TypeError(
        f"Column {shown(name)} holds complex numbers ({shortened(found)}). Give the real and the "
        "imaginary part a column each."
    )


def numeric_values(name, column):
    """Read a numeric column as float64 with NaN where it is missing.

    Raises
    ------
    ValueError
        For infinities and strings.
    TypeError
        For what `factorize` refuses.
    """
    values = _as_float(name, _without_half_floats(column))
    infinite = np.isinf(values)
    if infinite.any():
        row = int(np.argmax(infinite))
        raise ValueError(
            f"Column {shown(name)} contains infinity ({values[row]} in row {row}; "
            f"{infinite.sum()} in all). Replace it with a large finite value or with NaN, which "
            "counts as missing."
        )
    return values


def _as_float(name, column):
    if _holds_objects(column.to_native()):
        # Of numbers only, it has a faster dtype.
        column = nw.from_native(column.to_native().infer_objects(), series_only=True)
    if column.dtype.is_numeric() or isinstance(column.dtype, nw.Boolean):
        return _rounded(column)
    codes, values = factorize(name, column)
    other = [p for p, value in enumerate(values) if not isinstance(value, Real | Decimal)]
    if other:
        row = int(np.isin(codes, other).argmax())
        raise ValueError(
            f"Column {shown(name)} is numeric, but row {row} holds {shown(values[codes[row]])}. "
            "Convert it to a number, or name the column in categorical_features before fit."
        )
    return np.append(values.to_numpy(np.float64), np.nan)[codes]


def _rounded(column):
    """Numbers as float64, each the nearest one."""
    try:
        return column.cast(nw.Float64).to_numpy().astype(np.float64, copy=False)
    except ValueError:  # of Arrow, which does not round integers beyond 2**53
        present = ~column.is_null().to_numpy()
        out = np.full(len(column), np.nan)
        out[present] = column.drop_nulls().to_numpy()
        return out
