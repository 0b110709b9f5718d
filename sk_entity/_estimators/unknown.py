"""What becomes of values that no training row held: `handle_unknown` of the estimators."""

import warnings
from typing import Any

import narwhals as nw

from .._shown import shown
from .._table.coder import CodedTable, TableCoder
from .._table.unseen import of_other_types, rows_not_known, values_of_rows
from .._table.vocabulary import UNKNOWN
from .sklearn_compat import StrOptions, validate_params
from .validation import read_further_table

HANDLE_UNKNOWN = [StrOptions({"ignore", "warn", "error"})]
# Columns that a message names, and values of each that it shows.
_FEW = 5


def warn_of_other_types(coder: TableCoder, frame: nw.DataFrame, coded: CodedTable) -> None:
    """Warn of columns whose values have another type than in fit, so that none is known.

    Parameters
    ----------
    coder : TableCoder
    frame : narwhals.DataFrame of shape (n_samples, n_features)
    coded : CodedTable
        What the coder has made of it.
    """
    found = of_other_types(coder, frame, coded)
    if not found:
        return
    parts = [
        f"column {shown(column.name)} holds {shown(value)} of type {type(value).__name__}, and "
        f"held {shown(known)} of type {type(known).__name__} in fit"
        for column, value, known in found[:_FEW]
    ]
    if len(found) > _FEW:
        parts.append(f"and {len(found) - _FEW:,} more columns")
    warnings.warn(
        f"No value is known in some columns: {'; '.join(parts)}. Values of several types are "
        "never equal, and all rows get the vector of unknown values there. Convert such a column "
        "to what it was in fit.",
        UserWarning,
        stacklevel=2,
    )


def handle_unknown(estimator: Any, coder: TableCoder, X: Any, coded: CodedTable) -> None:
    """Warn of what no training row held, or refuse it, as the estimator's parameter says.

    Parameters
    ----------
    estimator : estimator
        Its `handle_unknown` is not "ignore".
    coder : TableCoder
    X : data frame or array-like of shape (n_samples, n_features)
        Read only if there is something to report.
    coded : CodedTable
        What the coder has made of X.

    Raises
    ------
    ValueError
        If the parameter is "error" and there is such a cell.
    """
    if estimator.handle_unknown not in ("warn", "error"):
        validate_params(estimator)  # set after fit, which would have refused it
    found = rows_not_known(coder, coded)
    if not found:
        return
    frame = read_further_table(estimator, X)
    if estimator.handle_unknown == "error":
        raise _refusal(frame, *found[0])
    parts = [_report(frame, column, rows, len(coded)) for column, rows in found[:_FEW]]
    if len(found) > _FEW:
        parts.append(f"and {len(found) - _FEW:,} more columns")
    warnings.warn(
        f"Found unknown categories, which no training row holds: {'; '.join(parts)}. They get the "
        "vector of unknown values. Use handle_unknown='ignore' if that is as it should be.",
        UserWarning,
        stacklevel=2,
    )


def _refusal(frame, column, rows):
    values = list(values_of_rows(column, frame, rows[:1], UNKNOWN))
    empty = "an empty list" if column.holds_lists else "a missing value"
    what = shown(values[0]) if values else empty
    more = f" ({len(rows)} such rows in all)" if len(rows) > 1 else ""
    return ValueError(
        f"Found unknown categories in column {shown(column.name)}: row {rows[0]} holds {what}, as "
        f"no training row does{more}. Correct it, learn from rows that hold it (fit or "
        "partial_fit), or set handle_unknown='ignore' to give it the vector of unknown values. "
        "sk_entity.inspection.unseen lists all such values."
    )


def _report(frame, column, rows, n_samples):
    values = values_of_rows(column, frame, rows, UNKNOWN)
    first = [shown(value) for value in list(values)[:_FEW]]
    if sum(values.values()) < len(rows):
        first.append("missing")
    if len(values) > _FEW:
        first.append(f"and {len(values) - _FEW} more")
    return f"column {shown(column.name)} in {len(rows)} of {n_samples} rows ({', '.join(first)})"
