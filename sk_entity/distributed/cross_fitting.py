"""The rows that an encoder is fitted to get vectors that do not know their targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.spilled_fit import look_up_outside
from ..streaming.folds import number_of_folds
from ..streaming.output import refuse_absent
from ..streaming.output_columns import columns_of_output, refuse_clash_with_vectors
from ..streaming.plan import Tail
from .cluster import fetch, import_ray
from .fitting import Plan, Run
from .prediction import Columns, columns_of
from .rows import FOLD, marked

if TYPE_CHECKING:
    from ray.data import Dataset


def fit_transform(
    encoder: EntityEmbeddingEncoder,
    dataset: Dataset,
    target: str | list[str] = "y",
    sample_weight: str | None = None,
    validation: Dataset | None = None,
    *,
    keep: str | Sequence[str] = (),
    num_workers: int = 2,
    storage_path: str | None = None,
    max_failures: int = 3,
    seconds_between_checkpoints: float = 60.0,
    max_counted: int | None = None,
    n_hashed: int | dict[str, int] = 0,
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
    target, sample_weight, validation
        See `fit`.
    keep : str or sequence of str, default=()
        Columns of the dataset to keep, in front, such as the target.
    num_workers, storage_path, max_failures, seconds_between_checkpoints, max_counted, n_hashed
        See `fit`.

    Returns
    -------
    ray.data.Dataset
        With the columns `keep`, then those of ``get_feature_names_out``.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As in `fit`, for a `cv` that is no number, and if `keep` names a column of the vectors.

    Examples
    --------
    >>> from sk_entity import EntityEmbeddingEncoder, distributed
    >>> encoder = EntityEmbeddingEncoder(cv=5, random_state=0)
    >>> vectors = distributed.fit_transform(  # doctest: +SKIP
    ...     encoder, dataset, target="delay", keep="delay"
    ... )
    >>> vectors.write_parquet("vectors/")  # doctest: +SKIP
    """
    ray, n_folds = import_ray(), number_of_folds(encoder)
    source = Columns("The dataset", columns_of(dataset))
    keep = [keep] if isinstance(keep, str) else list(keep)
    refuse_absent(keep, source, "keep names")
    run = Run(num_workers, storage_path, max_failures, seconds_between_checkpoints)
    tail = Tail(max_counted, n_hashed)
    plan = Plan.of(encoder, dataset, target, sample_weight, validation, run, tail, n_folds)
    refuse_clash_with_vectors(keep, encoder, plan.task.network, plan.task.first.frame)
    rows = marked(dataset, plan.task, keep).materialize()
    measured = plan.keep(encoder, plan.train(rows, validation, run))
    return rows.map_batches(
        _encode_batch,
        batch_format="pyarrow",
        fn_args=(ray.put((encoder, measured)), list(plan.task.roles.features), keep),
    )


def _encode_batch(table, reference, features, keep):
    """The vectors of a batch, each row's from the tables of its fold."""
    import pyarrow as pa

    encoder, measured = fetch(reference)
    folds = table[FOLD].to_numpy() if len(measured) else None
    out = look_up_outside(encoder, measured, table.select(features), folds)
    found: dict[str, Any] = columns_of_output(encoder, "transform", out)
    return pa.table({name: table[name] for name in keep} | found)
