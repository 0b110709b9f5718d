"""Tables in the container that `set_output` asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from .._shown import shown
from .._table.reading import as_frame, half_pair
from .._table.series import numeric_values
from .sklearn_compat import output_container


def in_container(estimator: Any, name: str, frame: pd.DataFrame) -> Any:
    """Return a pandas table as it is, or as the polars one that `set_output` asks for.

    Parameters
    ----------
    estimator : estimator
    name : str
        Of the column that the table is of, for messages.
    frame : pandas.DataFrame
    """
    if output_container(estimator) != "polars":
        return frame
    import polars as pl

    # By way of lists, as polars reads other columns of pandas with the help of pyarrow only.
    cells = {c: frame[c].astype(object).where(frame[c].notna(), None).tolist() for c in frame}
    numbers = {c: frame[c].to_numpy() for c in frame if frame[c].dtype.kind == "f"}
    wrong = half_pair(frame["category"]) if "category" in frame else None
    if wrong is not None:
        raise ValueError(
            f"Column {shown(name)} has the category {shown(wrong)} with half of a surrogate pair, "
            "which polars does not hold. Use set_output(transform='pandas')."
        )
    try:
        return pl.DataFrame(cells | numbers)
    except TypeError:
        raise ValueError(
            f"Column {shown(name)} has categories of several types, which no column of polars "
            "holds. Use set_output(transform='pandas')."
        ) from None


def with_labels(
    estimator: Any,
    X: Any,
    frame: nw.DataFrame[Any],
    labelled: Mapping[int, tuple[np.ndarray, Sequence[str]]],
) -> Any:
    """Return a table with labels in some columns, in its container or that of `set_output`.

    Parameters
    ----------
    estimator : estimator
    X : data frame or array-like of shape (n_samples, n_features)
    frame : narwhals.DataFrame
        X, read.
    labelled : dict
        By position of the column: the position of each cell's label, and the labels.
    """
    wanted = output_container(estimator)
    if wanted == "default" and as_frame(X) is None:
        return _array_with_labels(frame, labelled)
    if wanted == "pandas" and not frame.implementation.is_pandas():
        frame = nw.from_native(frame.to_pandas(), eager_only=True)
    elif wanted == "polars" and not frame.implementation.is_polars():
        frame = nw.from_native(frame.to_polars(), eager_only=True)
    names = frame.columns
    columns = [
        _series_of_labels(frame, names[position], *found) for position, found in labelled.items()
    ]
    return frame.with_columns(*columns).to_native() if columns else frame.to_native()


def _array_with_labels(frame, labelled):
    if not labelled and frame.to_numpy().dtype == object:
        # Of nested lists; all columns are numbers.
        return np.column_stack([numeric_values(name, frame[name]) for name in frame.columns])
    out = frame.to_numpy()
    if labelled:
        out = out.astype(object)
    for position, (found, labels) in labelled.items():
        out[:, position] = np.array(labels, dtype=object)[found]
    return out


def _series_of_labels(frame, name, found, labels):
    """A column of labels, as a category where the container has such a type."""
    if frame.implementation.is_pandas():
        values = pd.Categorical.from_codes(found, categories=list(labels), ordered=True)
        series = pd.Series(values, index=frame.to_native().index, name=name)
        return nw.from_native(series, series_only=True)
    cells = np.array(labels, dtype=object)[found].tolist()
    series = nw.new_series(name, cells, dtype=nw.String, backend=frame.implementation)
    return series.cast(nw.Enum(list(labels))) if frame.implementation.is_polars() else series
