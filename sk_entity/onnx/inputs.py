"""The inputs of a graph: one per column of the table, with a type."""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
from onnx import TensorProto

from .._shown import shown
from .._table.bags import Bags
from .._table.lists import flatten, holds_lists
from .._table.series import factorize, numeric_values

INTEGERS = (
    *(TensorProto.INT8, TensorProto.INT16, TensorProto.INT32),
    *(TensorProto.UINT8, TensorProto.UINT16, TensorProto.UINT32),
)
_LABELS = (nw.String, nw.Categorical, nw.Enum, nw.Object, nw.Unknown)


@dataclass(frozen=True)
class Input:
    """A column as a tensor of shape (n_samples, 1).

    Attributes
    ----------
    value : str
        Its name in the graph.
    type : int
        Of ``onnx.TensorProto``: STRING, INT64, BOOL, FLOAT or DOUBLE.
    in_lists : bool
        Whether it holds lists: then the tensor, STRING or DOUBLE, is as wide as the longest,
        and filled up with missing values.
    """

    value: str
    type: int
    in_lists: bool = False

    @property
    def type_name(self) -> str:
        """The type as ONNX writes it."""
        return TensorProto.DataType.Name(self.type).lower()


def input_of_column(name: str, column: nw.Series) -> Input:
    """Decide the tensor that holds such cells.

    Raises
    ------
    TypeError
        For cells of several types, and for those that no tensor holds.
    ValueError
        For a name that ONNX does not have.
    """
    if not name:
        raise ValueError(
            "The name of a column is the empty string, and every input of ONNX has a name. Rename "
            "the column before fit, as in X.rename(columns={'': 'x'})."
        )
    if not holds_lists(column):
        return Input(name, _type_of_cells(name, column))
    type_ = _type_of_cells(name, flatten(name, column)[0])
    # What fills up is NaN, which integers do not have.
    type_ = type_ if type_ == TensorProto.STRING else TensorProto.DOUBLE
    return Input(name, type_, in_lists=True)


def _type_of_cells(name, column):
    if column.dtype == nw.Float32:
        return TensorProto.FLOAT
    if column.dtype == nw.Float64:
        return TensorProto.DOUBLE
    codes, values = factorize(name, column)
    if not len(values):
        return TensorProto.STRING if isinstance(column.dtype, _LABELS) else TensorProto.DOUBLE
    kind = values.dtype.kind
    if kind == "O":
        _refuse_no_string(name, values)
        return TensorProto.STRING
    if kind in "ib" and (codes >= 0).all():
        return TensorProto.INT64 if kind == "i" else TensorProto.BOOL
    return TensorProto.DOUBLE


def _refuse_no_string(name, values):
    other = [value for value in values if not isinstance(value, str)]
    if other:
        raise TypeError(
            f"Column {shown(name)} holds {shown(other[0])}, a {type(other[0]).__name__}. An input "
            "of ONNX holds strings, integers, floats or booleans, and only one of these. Convert "
            f"the column before fit, as in X[{shown(name)}].astype(str)."
        )


def cells(x: Input, column: nw.Series, missing_string: str) -> np.ndarray:
    """Read a column as a tensor of shape (n_samples, 1), or (n_samples, longest) of lists.

    Raises
    ------
    TypeError, ValueError
        For cells that such a tensor does not hold.
    """
    name, type_ = x.value, x.type
    if x.in_lists != holds_lists(column) and column.null_count() < len(column):
        kinds = "single values", "lists"
        raise TypeError(
            f"Column {shown(name)} holds {kinds[not x.in_lists]}, but its input is of "
            f"{kinds[x.in_lists]}."
        )
    if x.in_lists:
        return _padded(x, column, missing_string)
    if type_ == TensorProto.STRING:
        codes, values = factorize(name, column)
        _refuse_no_string(name, values)
        strings = np.array([*values, missing_string], dtype=object)
        return strings[codes].reshape(-1, 1)
    if type_ in (TensorProto.INT64, TensorProto.BOOL):
        return _whole_cells(name, column, np.int64 if type_ == TensorProto.INT64 else bool)
    dtype = np.float32 if type_ == TensorProto.FLOAT else np.float64
    return numeric_values(name, column).astype(dtype).reshape(-1, 1)


def _padded(x, column, missing_string):
    """Lists side by side, filled up with what is missing."""
    members, lengths = flatten(x.value, column)
    flat = cells(Input(x.value, x.type), members, missing_string)[:, 0]
    missing = flat == missing_string if x.type == TensorProto.STRING else np.isnan(flat)
    if missing.any():
        row = int(np.repeat(np.arange(len(lengths)), lengths)[np.argmax(missing)])
        raise ValueError(
            f"Column {shown(x.value)} has a list with a missing member in row {row}, which cannot "
            "be told from what fills lists up. Take it out of the list."
        )
    # The last one is missing: it fills up, and is all that an empty list has.
    filled = np.append(flat, np.array([missing_string if flat.dtype == object else np.nan]))
    places = Bags.of(np.arange(len(flat), dtype=np.int32), lengths).padded()
    return filled[places]


def _whole_cells(name, column, dtype):
    codes, values = factorize(name, column)
    if (codes < 0).any():
        raise ValueError(
            f"Column {shown(name)} has a missing value in row {int(np.argmin(codes))}, which an "
            "input of integers or booleans cannot hold. Export the estimator with a table whose "
            f"column is of floats, as in X[{shown(name)}].astype('float64')."
        )
    for value in values:
        if not isinstance(value, int | np.integer | bool | np.bool_):
            raise TypeError(
                f"Column {shown(name)} holds {shown(value)}; its input is of whole numbers."
            )
        if value not in (False, True) if dtype is bool else value > np.iinfo(np.int64).max:
            raise ValueError(
                f"Column {shown(name)} holds {value}, which its input of {np.dtype(dtype)} does "
                "not hold. Export the estimator with a table that holds such values."
            )
    return values.to_numpy().astype(dtype)[codes].reshape(-1, 1)
