"""The inputs of a graph: one per column of the table, with a type."""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
from onnx import TensorProto

from .._table.lists import holds_lists
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
    """

    value: str
    type: int

    @property
    def type_name(self) -> str:
        """The type as ONNX writes it."""
        return TensorProto.DataType.Name(self.type).lower()


def type_of_column(name: str, column: nw.Series) -> int:
    """Decide the type of the tensor that holds such cells.

    Raises
    ------
    TypeError
        For lists, for cells of several types, and for those that no tensor holds.
    """
    if holds_lists(column):
        raise refused_lists(name)
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


def refused_lists(name: str) -> TypeError:
    """Return the error for a column of lists."""
    return TypeError(
        f"Column {name!r} holds lists, which are not exported. Fit without this column, or give "
        "the estimator one column for each value that a list may hold."
    )


def _refuse_no_string(name, values):
    other = [value for value in values if not isinstance(value, str)]
    if other:
        raise TypeError(
            f"Column {name!r} holds {other[0]!r}, a {type(other[0]).__name__}. An input of ONNX "
            "holds strings, integers, floats or booleans, and only one of these. Convert the "
            f"column before fit, as in X[{name!r}].astype(str)."
        )


def cells(name: str, column: nw.Series, type_: int, missing_string: str) -> np.ndarray:
    """Read a column as a tensor of shape (n_samples, 1).

    Raises
    ------
    TypeError, ValueError
        For cells that such a tensor does not hold.
    """
    if type_ == TensorProto.STRING:
        codes, values = factorize(name, column)
        _refuse_no_string(name, values)
        strings = np.array([*values, missing_string], dtype=object)
        return strings[codes].reshape(-1, 1)
    if type_ in (TensorProto.INT64, TensorProto.BOOL):
        return _whole_cells(name, column, np.int64 if type_ == TensorProto.INT64 else bool)
    dtype = np.float32 if type_ == TensorProto.FLOAT else np.float64
    return numeric_values(name, column).astype(dtype).reshape(-1, 1)


def _whole_cells(name, column, dtype):
    codes, values = factorize(name, column)
    if (codes < 0).any():
        raise ValueError(
            f"Column {name!r} has a missing value in row {int(np.argmin(codes))}, which an input "
            "of integers or booleans cannot hold. Export the estimator with a table whose column "
            f"is of floats, as in X[{name!r}].astype('float64')."
        )
    for value in values:
        if not isinstance(value, int | np.integer | bool | np.bool_):
            raise TypeError(f"Column {name!r} holds {value!r}; its input is of whole numbers.")
        if value not in (False, True) if dtype is bool else value > np.iinfo(np.int64).max:
            raise ValueError(
                f"Column {name!r} holds {value}, which its input of {np.dtype(dtype)} does not "
                "hold. Export the estimator with a table that holds such values."
            )
    return values.to_numpy().astype(dtype)[codes].reshape(-1, 1)
