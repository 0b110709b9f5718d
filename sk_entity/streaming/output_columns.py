"""What a method of an estimator returns becomes named columns."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from .._shown import listed, shown
from .._table.reading import as_frame
from .._table.selection import select_categorical

if TYPE_CHECKING:
    import pyarrow as pa

# What a column is called in front of its class or number, by method.
METHODS = {
    "predict": "prediction",
    "predict_proba": "probability",
    "predict_log_proba": "log_probability",
    "decision_function": "decision",
    "transform": "transform",
}


def columns_of_output(estimator: Any, method: str, output: Any) -> dict[str, pa.ChunkedArray]:
    """Name the columns that a method has returned.

    Parameters
    ----------
    estimator : estimator
    method : str
        One of `METHODS`.
    output : array of shape (n_samples,) or (n_samples, n_columns), list of these, or table

    Returns
    -------
    dict of pyarrow.Array
        By name.

    Raises
    ------
    TypeError
        For sparse matrices.
    """
    import pyarrow as pa

    if hasattr(output, "toarray"):
        raise TypeError(
            f"{type(estimator).__name__}.{method} returns a sparse matrix, and Parquet has none: "
            "set sparse_output=False, sparse_threshold=0 or the like."
        )
    if isinstance(output, list):  # of probabilities, for each of several targets
        return {
            name: column
            for j, (array, classes) in enumerate(zip(output, estimator.classes_, strict=True))
            for name, column in _named(array, _names(METHODS[method], classes, f"{j}_")).items()
        }
    frame = None if isinstance(output, np.ndarray) else as_frame(output)
    if isinstance(frame, nw.DataFrame):
        table = frame.to_arrow()
        return {name: table[name] for name in frame.columns}
    output = np.asarray(output)
    if output.ndim == 1:
        return {METHODS[method]: pa.array(output)}
    return _named(output, _names_of_columns(estimator, method, output.shape[1]))


def refuse_clash(keep: Sequence[str], found: Container[str]) -> None:
    """Raise ValueError if a column to keep is one of the output, too."""
    clash = [name for name in keep if name in found]
    if clash:
        raise ValueError(
            f"keep names {shown(clash[0])}, which is a column of the output too. Rename it in the "
            "dataset, or leave it out."
        )


def refuse_clash_with_vectors(
    keep: Sequence[str], encoder: Any, network: Any, frame: nw.DataFrame
) -> None:
    """Raise ValueError if a column to keep is named as an encoder may name one of its own.

    Parameters
    ----------
    keep : sequence of str
    encoder : EntityEmbeddingEncoder
        It need not be fitted: how many axes it will have is not known, so none is kept.
    network : BaseEntityEmbedding
        That it fits.
    frame : narwhals.DataFrame
        Some rows of the features.
    """
    chosen = select_categorical(frame, network.categorical_features, named=True)
    embedded = {frame.columns[position] for position in chosen}
    passed = set() if encoder.remainder == "drop" else set(frame.columns) - embedded
    vectors = [re.fullmatch(r"(.*)_(effect(_\d+)?|axis_\d+)", name, re.DOTALL) for name in keep]
    refuse_clash(keep, passed | {match[0] for match in vectors if match and match[1] in embedded})


def _names_of_columns(estimator, method, n_columns):
    if method == "transform" and hasattr(estimator, "get_feature_names_out"):
        return [str(name) for name in estimator.get_feature_names_out()]
    classes = getattr(estimator, "classes_", ())
    if method == "predict" or len(classes) != n_columns:
        classes = range(n_columns)
    return _names(METHODS[method], classes)


def _names(word, classes, target=""):
    return [f"{word}_{target}{value}" for value in classes]


def _named(array, names):
    import pyarrow as pa

    columns = {name: pa.array(array[:, j]) for j, name in enumerate(names)}
    if len(columns) < len(names):
        raise ValueError(f"Columns of the output have the same name: {listed(names)}.")
    return columns
