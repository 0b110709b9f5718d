"""What a fitted estimator makes of a dataset is written to one Parquet file, batch by batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._atomic_file import replacing
from .._estimators.base import BaseEntityEmbedding
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.inside import did_you_mean
from .._shown import listed, shortened, shown
from .._training.rows_bar import rows_bar
from .dataset import Dataset, located, open_dataset, require
from .output_columns import METHODS, columns_of_output, refuse_clash

if TYPE_CHECKING:
    import pyarrow as pa


def predict(
    estimator: BaseEstimator,
    dataset: Any,
    path: str | os.PathLike[str],
    *,
    method: str = "predict",
    keep: str | Sequence[str] = (),
    verbose: int = 0,
) -> Path:
    """Predict the rows of a dataset, and write them to a Parquet file.

    Rows are read, predicted and written in batches, in the order of the dataset, so that
    memory does not grow with their number. The values are those that the method returns
    for the same rows in memory.

    Parameters
    ----------
    estimator : estimator, fitted
        Any of scikit-learn, a pipeline or a search too, that was fitted on a table with
        column names.
    dataset : path, glob, folder, pyarrow dataset, LazyFrame, table or function
        As in `fit`. Columns that the estimator was not fitted on are not read.
    path : str or os.PathLike
        Of the file. One that is there is replaced once all rows are written; it stays as
        it was if anything goes wrong before.
    method : str, default="predict"
        One of "predict", "predict_proba", "predict_log_proba", "decision_function" and
        "transform".
    keep : str or sequence of str, default=()
        Columns of the dataset that are copied to the file, in front, such as identifiers.
    verbose : int, default=0
        Show a bar over rows if positive.

    Returns
    -------
    pathlib.Path
        Of the file. Its columns are those of `keep`, then

        =====================  ============================================================
        method                 columns
        =====================  ============================================================
        ``predict``            ``prediction``; of several targets ``prediction_0``, …
        ``predict_proba``      ``probability_<class>``, of each class
        ``predict_log_proba``  ``log_probability_<class>``, of each class
        ``decision_function``  ``decision``; of several classes ``decision_<class>``
        ``transform``          as ``get_feature_names_out`` names them
        =====================  ============================================================

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    AttributeError
        If the estimator lacks the method.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    FileNotFoundError
        If there are no files, or no folder to write to.
    TypeError, ValueError
        If the dataset lacks a column, if names clash, if the file is one of those that
        are read, or where the estimator refuses a value: then with the file and the rows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor, streaming
    >>> X = pd.DataFrame({"shop": ["north", "south"] * 50, "day": range(100)})
    >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, X["day"] / 100)
    >>> folder = Path(tempfile.mkdtemp())
    >>> X.to_parquet(folder / "days.parquet")
    >>> path = streaming.predict(
    ...     model, folder / "days.parquet", folder / "predicted.parquet", keep="day"
    ... )
    >>> table = pd.read_parquet(path)
    >>> list(table.columns)
    ['day', 'prediction']
    >>> bool((table["prediction"] == model.predict(X)).all())
    True
    """
    require("pyarrow")
    check_is_fitted(estimator)
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}; got {shown(method)}.")
    getattr(estimator, method)  # of which scikit-learn says why it is not there
    source = open_dataset(dataset)
    features = features_of(estimator, source)
    keep, target = check_output(path, keep, source)
    columns = list(dict.fromkeys([*features, *keep]))
    bar = rows_bar(source.n_rows, method) if verbose > 0 else nullcontext()
    with bar as progress:
        write_output(target, _parts(estimator, method, source, features, keep, columns, progress))
    return target


def transform(
    encoder: BaseEstimator,
    dataset: Any,
    path: str | os.PathLike[str],
    *,
    keep: str | Sequence[str] = (),
    verbose: int = 0,
) -> Path:
    """Encode the rows of a dataset, and write them to a Parquet file.

    As `predict` with the method "transform": each row gets the vectors that ``transform``
    returns for it, which for rows that the encoder was fitted on are not those of
    ``fit_transform``.

    Parameters
    ----------
    encoder : transformer, fitted
        Any of scikit-learn, or a pipeline of them, that was fitted on a table with column
        names.
    dataset : path, glob, folder, pyarrow dataset, LazyFrame, table or function
        As in `fit`.
    path : str or os.PathLike
        Of the file; one that is there is replaced at the end.
    keep : str or sequence of str, default=()
        Columns of the dataset that are copied to the file, in front.
    verbose : int, default=0
        Show a bar over rows if positive.

    Returns
    -------
    pathlib.Path
        Of the file, with the columns `keep`, then those of ``get_feature_names_out``.

    Raises
    ------
    ImportError, AttributeError, FileNotFoundError, TypeError, ValueError
        As in `predict`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder, streaming
    >>> X = pd.DataFrame({"shop": ["north", "south"] * 50, "day": range(100)})
    >>> encoder = EntityEmbeddingEncoder(cv=2, random_state=0).fit(X, X["day"] / 100)
    >>> target = Path(tempfile.mkdtemp()) / "vectors.parquet"
    >>> table = pd.read_parquet(streaming.transform(encoder, X, target))
    >>> list(table.columns) == list(encoder.get_feature_names_out())
    True
    """
    return predict(encoder, dataset, path, method="transform", keep=keep, verbose=verbose)


def features_of(estimator: BaseEstimator, source: Any) -> list[str]:
    """Return the columns that an estimator reads; refuse a source that lacks one.

    Parameters
    ----------
    estimator : estimator, fitted
    source : Dataset, or what else has a ``name`` and ``names``

    Raises
    ------
    ValueError
        Also if the estimator was fitted on an array.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on an array, so nobody knows which columns "
            "of the dataset it takes. Fit it on a table with column names."
        )
    refuse_absent(list(names), source, f"{type(estimator).__name__} was fitted on")
    return list(names)


def check_output(path: Any, keep: Any, source: Dataset) -> tuple[list[str], Path]:
    """Return the columns to copy and the path to write to, if the dataset allows for both."""
    keep = [keep] if isinstance(keep, str) else list(keep)
    refuse_absent(keep, source, "keep names")
    if len(set(keep)) < len(keep):
        raise ValueError(f"keep names a column twice: {keep}.")
    return keep, _target(path, source)


def refuse_absent(names: Sequence[str], source: Any, who: str) -> None:
    """Raise a ValueError for the first name that the source lacks; `who` says who wants it."""
    absent = [name for name in names if name not in source.names]
    if absent:
        hint = did_you_mean(absent[0], source.names) or f"It has {listed(source.names)}."
        raise ValueError(f"{source.name} lacks the column {shown(absent[0])}, which {who}. {hint}")


def _target(path, source):
    """The path to write to, which must not be read from."""
    target = Path(os.fsdecode(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {shown(str(target.parent))} to write to.")
    read = {os.path.realpath(file) for file in source.files}
    if os.path.realpath(target) in read:
        raise ValueError(
            f"{shown(str(target))} is one of the files that are read. Give the output another name."
        )
    return target


def _parts(
    estimator: BaseEstimator,
    method: str,
    source: Dataset,
    features: list[str],
    keep: list[str],
    columns: list[str],
    bar: Any,
) -> Iterator[tuple[str, pa.Table]]:
    """The output of each batch, and where the batch is from."""
    import pyarrow as pa

    for frame, where in source.batches(columns):
        with located(where):
            output = getattr(estimator, method)(container(estimator, frame.select(features)))
            found = columns_of_output(estimator, method, output)
            refuse_clash(keep, found)
            kept = frame.select(keep).to_arrow() if keep else pa.table({})
            table = pa.table({name: kept[name] for name in keep} | found)
        yield where, table
        if bar is not None:
            bar.update(len(frame))


def container(estimator: BaseEstimator, frame: nw.DataFrame[Any]) -> Any:
    """Return the table as the estimator takes it: scikit-learn's know nothing of pyarrow."""
    ours = isinstance(estimator, BaseEntityEmbedding | EntityEmbeddingEncoder)
    if frame.implementation.is_pyarrow() and not ours:
        return frame.to_pandas()
    return frame.to_native()


def write_output(path: Path, parts: Iterator[tuple[str, pa.Table]]) -> None:
    """Write tables as the row groups of a file, of the dtypes of the first.

    Parameters
    ----------
    path : Path
        Of the file, which is replaced at the end.
    parts : iterator of tuple of str and pyarrow.Table
        Where a table is from, and the table.
    """
    from pyarrow import parquet

    writer = None
    with replacing(path) as file:
        try:
            for where, table in parts:
                if writer is None:
                    writer = parquet.ParquetWriter(file, table.schema)
                with located(where):
                    writer.write_table(_cast(table, writer.schema))
        finally:
            if writer is not None:
                writer.close()


def _cast(table, schema):
    for field, column in zip(schema, table.columns, strict=True):
        if column.type == field.type:
            continue
        try:
            column.cast(field.type)
        except (ValueError, NotImplementedError) as error:
            raise ValueError(
                f"Column {shown(field.name)} of the output has dtype {column.type}, but "
                f"{field.type} in the batches before, and not all values fit: {shortened(error)}. "
                "Give it one dtype in all of the dataset."
            ) from None
    return table.cast(schema)
