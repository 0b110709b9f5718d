"""An estimator is fitted to more rows than memory holds."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Any

from .._estimators.spilled_fit import keep_network, keep_vectors, train_from_spill
from .._training.progress import shared_bar
from .job import open_job
from .plan import Plan, Tail


def fit(
    estimator: Any,
    dataset: Any,
    target: str | list[str] = "y",
    sample_weight: str | None = None,
    validation: Any = None,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    max_counted: int | None = None,
    n_hashed: int | dict[str, int] = 0,
) -> Any:
    """Fit an estimator to more rows than memory holds.

    The dataset is read twice, batch by batch: first values are counted, numbers summed up,
    and the target measured; then rows are coded and written to disk, each to a part drawn
    at random. Epochs then read these parts, one after another, and shuffle each.

    Parameters
    ----------
    estimator : EntityEmbeddingRegressor, EntityEmbeddingClassifier or EntityEmbeddingEncoder
        It is fitted in place, and is afterwards what its own `fit` makes of it, for all
        that one does with it.
    dataset : path, glob, folder, list of paths, pyarrow dataset, LazyFrame, table or function
        Where the rows are, in columns:

        - Parquet files, by a path, a glob such as ``"flights/*.parquet"``, a folder, or a
          list of paths;
        - a ``pyarrow.dataset.Dataset``, from any filesystem that pyarrow reads;
        - a polars LazyFrame, a DuckDB relation, or any object with
          ``__arrow_c_stream__``: its result is written to a temporary file first;
        - a function without arguments that returns an iterable of tables of pandas,
          polars or pyarrow, the same ones at each call.
    target : str or list of str, default="y"
        Column of the target; several columns for a regressor of several outputs.
    sample_weight : str, default=None
        Column of the weights. All others are features.
    validation : as `dataset`, default=None
        Validation rows, with the same columns. Without them, a random part of the rows is
        held out if the estimator's `early_stopping` is True.
    checkpoint : str or os.PathLike, default=None
        A folder to keep what is done in, and the rows on disk: an empty one, or one of the
        same call. After an end by force, by Ctrl+C or by an error, the same call goes on from
        there, and the result is the same bit for bit, with one thread. Once all is done, the
        folder holds nothing but the fitted estimator, which the same call returns. None keeps
        the rows in a temporary folder and nothing else.
    max_counted : int, default=None
        Distinct values of a column to count at most. Beyond, the rarest are dropped (Misra &
        Gries 1982): a value that has a part of more than ``1 / max_counted`` of the rows is
        never lost, and memory is bounded. None counts all.
    n_hashed : int or dict of int by column name, default=0
        Rows of the table of a column for the values without a row of their own, be they rare
        (by the estimator's `min_frequency` and `max_categories`, and `max_counted`) or new:
        each looks up the one that its hash says (Weinberger et al. 2009), where otherwise all
        have the infrequent one. A number is for every column with such values.

    Returns
    -------
    estimator
        The same object.

    Raises
    ------
    ImportError
        If pyarrow or crick is not installed.
    ValueError, TypeError
        For input that cannot be learned from; the message names the file, the rows, the
        column, the value and the way out. Also for a checkpoint of another fit, or one that
        is damaged. Nothing in it is run.
    OSError
        If a file cannot be read, or the rows cannot be written.
    MemoryError
        If a table of vectors would not fit in memory.

    Warns
    -----
    UserWarning
        If `ordered_target_encoding` of a classifier is True: it needs all rows at once and
        is left out.

    See Also
    --------
    fit_transform : Of an encoder: vectors that do not know a row's own target.
    predict, transform

    Notes
    -----
    *What is the same.* Categories and their counts, effects, weights of rows, validation and
    early stopping, vectors and their uncertainty. With up to 65,536 distinct values, the
    scale of a number is exact; beyond, it is that of a t-digest (Dunning & Ertl 2019), whose
    ranks were wrong by at most 0.1 % in what we have measured. ``class_weight`` has no
    part in the scale of numbers.

    *What is not.* ordered target encodings are left out. The vectors of an encoder
    are those of training, as with ``cross_fit="networks"``; `support_` knows no spread.
    ``target_type="auto"`` and the kinds of the columns are decided by the first 65,536 rows.
    Callbacks get no rows in memory.

    *Memory.* Of rows, some batches and a few parts of 32 MB; of categories, as `fit`.
    *Disk.* 4 bytes for each category, number and target of a row, in `checkpoint` or in the
    folder of the variable TMPDIR.

    References
    ----------
    T. Dunning and O. Ertl, "Computing Extremely Accurate Quantiles Using t-Digests",
    2019, arXiv:1902.04023.

    J. Misra and D. Gries, "Finding repeated elements", Science of Computer Programming
    2(2), 1982.

    K. Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009,
    arXiv:0902.2206.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor, streaming
    >>> folder = Path(tempfile.mkdtemp())
    >>> for month in range(3):
    ...     sales = pd.DataFrame({"shop": ["north", "south", "east"] * 20, "month": month})
    ...     sales["y"] = sales["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + month
    ...     sales.to_parquet(folder / f"{month}.parquet")
    >>> model = EntityEmbeddingRegressor(random_state=0)
    >>> model = streaming.fit(model, folder / "*.parquet")
    >>> shops = pd.DataFrame({"shop": ["north", "east"], "month": 1})
    >>> model.predict(shops).round().tolist()
    [2.0, 6.0]
    """
    tail = Tail(max_counted, n_hashed)
    plan = Plan.make(estimator, dataset, target, sample_weight, validation, tail)
    with open_job(checkpoint, estimator, plan.network, plan.description()) as job:
        if job.is_done(estimator):
            return estimator
        prepared = job.prepared() or plan.prepare(job)
        spill, held_out = job.spills()
        with shared_bar(1) if plan.verbose else nullcontext():
            state = train_from_spill(
                plan.network, prepared[0], spill, held_out, job.seeds, job.checkpoint()
            )
        first = plan.first.frame.to_native()
        if plan.network is estimator:
            keep_network(estimator, first, state)
        else:
            keep_vectors(estimator, plan.network, first, [state], spill.read(0).coded)
        job.finish(estimator)
    return estimator
