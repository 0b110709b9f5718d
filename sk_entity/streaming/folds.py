"""An encoder is fitted to a stream, and its rows get vectors that do not know their target."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from .._estimators.cross_fitting import epochs_of_folds, set_alike
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.spilled_fit import keep_vectors, look_up_outside, train_from_spill
from .._estimators.state import FittedNetwork
from .._shown import shown
from .._training.progress import shared_bar
from .dataset import located
from .job import Job, open_job
from .output import check_output, write_output
from .output_columns import columns_of_output, refuse_clash_with_vectors
from .plan import Plan, Tail

if TYPE_CHECKING:
    import pyarrow as pa


def fit_transform(
    encoder: EntityEmbeddingEncoder,
    dataset: Any,
    path: str | os.PathLike[str],
    target: str | list[str] = "y",
    sample_weight: str | None = None,
    validation: Any = None,
    *,
    keep: str | Sequence[str] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    max_counted: int | None = None,
    n_hashed: int | dict[str, int] = 0,
) -> Path:
    """Fit an encoder, and write vectors of its rows, each of a network that has not seen the row.

    Each row is put into one of `cv` folds at random, and a network is trained for each
    fold on the rows outside of it, as with ``cross_fit="networks"``: so a model that learns
    from the vectors does not trust them too much. It takes about ``1 + 0.7 * cv`` times
    as long as `fit`.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
        It is fitted in place, as by `fit`. Its `cv` is a number of folds, or None to
        give all rows the vectors that have seen them.
    dataset : path, glob, folder, list of paths, pyarrow dataset, LazyFrame, table or function
        See `fit`.
    path : str or os.PathLike
        Of the Parquet file to write; one that is there is replaced at the end.
    target, sample_weight, validation
        See `fit`.
    keep : str or sequence of str, default=()
        Columns of the dataset that are copied to the file, in front, such as the target.
    checkpoint, max_counted, n_hashed
        See `fit`.

    Returns
    -------
    pathlib.Path
        Of the file, with the columns `keep`, then those of ``get_feature_names_out``, and
        the rows in the order of the dataset.

    Raises
    ------
    ImportError, ValueError, TypeError, OSError, MemoryError
        As in `fit` and in `predict`. A name of `keep` that the vectors may have is refused before
        anything is learned.

    See Also
    --------
    fit, transform

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder, streaming
    >>> sales = pd.DataFrame({"shop": ["north", "south", "east"] * 50, "day": range(150)})
    >>> sales["y"] = sales["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5})
    >>> encoder = EntityEmbeddingEncoder(cv=2, random_state=0)
    >>> path = Path(tempfile.mkdtemp()) / "vectors.parquet"
    >>> path = streaming.fit_transform(encoder, sales, path, keep="y")
    >>> pd.read_parquet(path).columns.tolist()[:2]
    ['y', 'shop_effect']
    """
    n_folds = number_of_folds(encoder)
    tail = Tail(max_counted, n_hashed)
    plan = Plan.make(encoder, dataset, target, sample_weight, validation, tail, n_folds)
    kept, path = check_output(path, keep, plan.data)
    refuse_clash_with_vectors(kept, encoder, plan.network, plan.first.frame)
    with open_job(checkpoint, encoder, plan.network, plan.description()) as job:
        if job.is_done(encoder):
            if not path.exists():
                raise ValueError(
                    f"The folder {shown(str(job.folder))} holds a fit that is done, and its output "
                    f"{shown(str(path))} is gone. Empty the folder to begin anew, or use transform."
                )
            return path
        networks, spill = _train(plan, job)
        first = plan.first.frame.to_native()
        measured = keep_vectors(encoder, plan.network, first, networks, spill.read(0).coded)
        write_output(path, _parts(encoder, measured, plan, job, kept))
        job.finish(encoder)
    return path


def number_of_folds(encoder: Any) -> int:
    """Return the folds of an encoder, 1 if there are none.

    Raises
    ------
    TypeError
        For an estimator of another kind.
    ValueError
        For folds that are not drawn at random.
    """
    if not isinstance(encoder, EntityEmbeddingEncoder):
        raise TypeError(
            "fit_transform takes an EntityEmbeddingEncoder; got "
            f"{type(encoder).__name__}. A regressor and a classifier have `fit`."
        )
    if encoder.cv is None:
        return 1
    if isinstance(encoder.cv, int) and encoder.cv >= 2:
        return encoder.cv
    raise ValueError(
        f"cv={shown(encoder.cv)}: the folds of a stream are drawn row by row. Use a whole number "
        "of at least 2, or None for no cross-fitting."
    )


def _train(plan, job):
    """Train the network of all rows, then one for each fold."""
    prepared = job.prepared() or plan.prepare(job)
    spill, held_out = job.spills()
    estimator = clone(plan.network)
    networks: list[FittedNetwork] = []
    with shared_bar(len(prepared)) if plan.verbose else nullcontext():
        for number, of_rows in enumerate(prepared):
            if number == 1:
                set_alike(estimator, len(spill))
                estimator.set_params(max_iter=epochs_of_folds(networks[0].n_iter))
            rows = spill if number == 0 else replace(spill, without=number - 1)
            checkpoint = job.checkpoint(number)
            networks.append(
                train_from_spill(estimator, of_rows, rows, held_out, job.seeds, checkpoint)
            )
    return networks, spill


def _parts(
    encoder: EntityEmbeddingEncoder, measured: Any, plan: Plan, job: Job, keep: list[str]
) -> Iterator[tuple[str, pa.Table]]:
    """The vectors of each batch, and where the batch is from."""
    import pyarrow as pa

    draws, features = plan.draws(job), list(plan.roles.features)
    columns = list(dict.fromkeys([*features, *keep]))
    for number, (frame, where) in plan.batches(plan.data, "transforming", columns):
        with located(where):
            folds = draws.of_batch(number, len(frame)).folds
            out = look_up_outside(encoder, measured, frame.select(features).to_native(), folds)
            kept = frame.select(keep).to_arrow()
            vectors = columns_of_output(encoder, "transform", out)
            table = pa.table({name: kept[name] for name in keep} | vectors)
        yield where, table
