"""The rows that an encoder is fitted to get vectors that do not know their targets."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import asdict
from numbers import Integral
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from .._estimators.encoder import EntityEmbeddingEncoder
from .._vectors.lookup import look_up
from ..streaming.output import container, refuse_absent
from ..streaming.output_columns import columns_of_output
from .cluster import fetch, import_ray
from .fitting import Plan, Run, fit
from .prediction import Columns, columns_of, transform
from .rows import FOLD, marked

if TYPE_CHECKING:
    from ray.data import Dataset


def fit_transform(
    encoder: EntityEmbeddingEncoder,
    dataset: Dataset,
    target: str | list[str] = "y",
    sample_weight: str | None = None,
    *,
    keep: str | Sequence[str] = (),
    num_workers: int = 2,
    storage_path: str | None = None,
    max_failures: int = 3,
    seconds_between_checkpoints: float = 60.0,
) -> Dataset:
    """Fit an encoder to the rows of a Ray Dataset, and encode them: a model may learn from these.

    Rows are put into folds at random. The workers train a network on all rows, and one on
    the rows outside of each fold, one after the other; and a row gets the vectors of the
    network that has not seen it.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
        With a number of folds as `cv`; with None this is `fit`, then `transform`.
    dataset : ray.data.Dataset
        It is held by Ray's object store, or its disk, as the fold of a row must stay the same.
    target, sample_weight
        See `fit`.
    keep : str or sequence of str, default=()
        Columns of the dataset to keep, in front, such as the target.
    num_workers, storage_path, max_failures, seconds_between_checkpoints
        See `fit`.

    Returns
    -------
    ray.data.Dataset
        With the columns `keep`, then those of ``get_feature_names_out``.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As in `fit`, and for a `cv` that is no number.

    Examples
    --------
    >>> from sk_entity import EntityEmbeddingEncoder, distributed
    >>> encoder = EntityEmbeddingEncoder(cv=5, random_state=0)
    >>> vectors = distributed.fit_transform(  # doctest: +SKIP
    ...     encoder, dataset, target="delay", keep="delay"
    ... )
    >>> vectors.write_parquet("vectors/")  # doctest: +SKIP
    """
    ray = import_ray()
    if not isinstance(encoder, EntityEmbeddingEncoder):
        raise TypeError(
            f"fit_transform takes an EntityEmbeddingEncoder; got {type(encoder).__name__}."
        )
    source = Columns("The dataset", columns_of(dataset))
    keep = [keep] if isinstance(keep, str) else list(keep)
    refuse_absent(keep, source, "keep names")
    run = Run(num_workers, storage_path, max_failures, seconds_between_checkpoints)
    if encoder.cv is None:
        fit(encoder, dataset, target, sample_weight, **asdict(run))
        return transform(encoder, dataset, keep=keep)
    if not isinstance(encoder.cv, Integral) or encoder.cv < 2:
        raise ValueError(
            f"cv={encoder.cv!r}: in a stream rows are put into folds at random, so that cv must be "
            "a number of at least 2, or None."
        )
    plan = Plan.of(encoder, dataset, target, sample_weight, None, run, int(encoder.cv))
    rows = marked(dataset, plan.task, keep).materialize()
    measured = plan.keep(encoder, plan.train(rows, None, run))
    tables = [[column.table for column in of_fold] for of_fold in measured]
    # Its rows were learned from, so that no value of them is to be refused.
    lenient = copy(encoder)
    lenient.handle_unknown = "ignore"
    features = list(plan.task.roles.features)
    return rows.map_batches(
        _encode_batch,
        batch_format="pyarrow",
        fn_args=(ray.put((lenient, tables)), features, keep),
    )


def _encode_batch(table, reference, features, keep):
    """The vectors of a batch, each row's from the tables of its fold."""
    import pyarrow as pa

    encoder, tables = fetch(reference)
    frame = nw.from_native(table, eager_only=True).select(features)
    out = np.array(encoder.transform(container(encoder, frame)))
    coded, folds = encoder.estimator_.state_.coder.code(frame), table[FOLD].to_numpy()
    for fold, of_fold in enumerate(tables):
        rows = np.flatnonzero(folds == fold)
        vectors = look_up(of_fold, coded[rows], np.empty((len(rows), 0), dtype=np.float32))
        out[rows, : vectors.shape[1]] = vectors
    found: dict[str, Any] = columns_of_output(encoder, "transform", out)
    return pa.table({name: table[name] for name in keep} | found)
