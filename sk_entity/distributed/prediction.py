"""Predictions and vectors for the rows of a Ray Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._shown import shown
from ..streaming.output import container, features_of, refuse_absent
from ..streaming.output_columns import METHODS, columns_of_output, refuse_clash
from .cluster import fetch, import_ray

if TYPE_CHECKING:
    from ray.data import Dataset


def predict(
    estimator: BaseEstimator,
    dataset: Dataset,
    *,
    method: str = "predict",
    keep: str | Sequence[str] = (),
    batch_size: int = 65_536,
) -> Dataset:
    """Predict the rows of a Ray Dataset.

    The estimator is sent to each machine once, and rows are predicted in batches wherever
    they lie. Nothing is computed before the result is read or written, such as by
    ``write_parquet``.

    Parameters
    ----------
    estimator : estimator, fitted
        Any of scikit-learn, a pipeline or a search too, that was fitted on a table with
        column names.
    dataset : ray.data.Dataset
        Columns that the estimator was not fitted on are not looked at.
    method : str, default="predict"
        One of "predict", "predict_proba", "predict_log_proba", "decision_function" and
        "transform".
    keep : str or sequence of str, default=()
        Columns of the dataset to keep, in front, such as identifiers.
    batch_size : int, default=65,536
        Rows that are predicted at once.

    Returns
    -------
    ray.data.Dataset
        With the columns `keep`, then those that `sk_entity.streaming.predict` writes.

    Raises
    ------
    ImportError
        If Ray is not installed.
    AttributeError
        If the estimator lacks the method.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    ValueError
        If the dataset lacks a column, or names clash. What the estimator refuses in some
        row is raised by Ray, when the result is read.

    Examples
    --------
    >>> from sk_entity import distributed
    >>> predicted = distributed.predict(model, dataset, keep="order")  # doctest: +SKIP
    >>> predicted.write_parquet("predicted/")  # doctest: +SKIP
    """
    ray = import_ray()
    check_is_fitted(estimator)
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}; got {shown(method)}.")
    getattr(estimator, method)  # of which scikit-learn says why it is not there
    source = Columns("The dataset", columns_of(dataset))
    keep = [keep] if isinstance(keep, str) else list(keep)
    features = features_of(estimator, source)
    refuse_absent(keep, source, "keep names")
    read = list(dict.fromkeys([*features, *keep]))
    return dataset.select_columns(read).map_batches(
        _predict_batch,  # type: ignore[arg-type]  # its further arguments follow
        batch_size=batch_size,
        batch_format="pyarrow",
        fn_args=(ray.put(estimator), method, features, keep),
    )


def transform(
    encoder: BaseEstimator,
    dataset: Dataset,
    *,
    keep: str | Sequence[str] = (),
    batch_size: int = 65_536,
) -> Dataset:
    """Encode the rows of a Ray Dataset.

    As `predict` with the method "transform": each row gets the vectors that ``transform``
    returns for it. For the rows that the encoder was fitted on, `fit_transform` has vectors
    that do not know their targets.

    Parameters
    ----------
    encoder : transformer, fitted
        Any of scikit-learn, or a pipeline of them, that was fitted on a table with column
        names.
    dataset : ray.data.Dataset
    keep : str or sequence of str, default=()
        Columns of the dataset to keep, in front.
    batch_size : int, default=65,536
        Rows that are encoded at once.

    Returns
    -------
    ray.data.Dataset
        With the columns `keep`, then those of ``get_feature_names_out``.

    Raises
    ------
    ImportError, AttributeError, ValueError
        As in `predict`.

    Examples
    --------
    >>> from sk_entity import distributed
    >>> vectors = distributed.transform(encoder, dataset, keep="delay")  # doctest: +SKIP
    """
    return predict(encoder, dataset, method="transform", keep=keep, batch_size=batch_size)


class Columns(NamedTuple):
    """What errors call a dataset, and the names of its columns."""

    name: str
    names: list[str]


def columns_of(dataset: Dataset) -> list[str]:
    """Return the names of the columns of a Ray Dataset.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If it has none.
    """
    import_ray()
    from ray.data import Dataset

    if not isinstance(dataset, Dataset):
        raise TypeError(
            f"{type(dataset).__name__} is no Ray Dataset. Make one by ray.data.read_parquet or "
            "ray.data.from_pandas; sk_entity.streaming reads other datasets on one machine."
        )
    names = dataset.columns()
    if not names:
        raise ValueError("The dataset has no column.")
    return list(names)


def _predict_batch(table, reference, method, features, keep):
    """The output for a batch, in a process of Ray."""
    import pyarrow as pa

    estimator, frame = fetch(reference), nw.from_native(table, eager_only=True)
    output = getattr(estimator, method)(container(estimator, frame.select(features)))
    found = columns_of_output(estimator, method, output)
    refuse_clash(keep, found)
    return pa.table({name: table[name] for name in keep} | found)
