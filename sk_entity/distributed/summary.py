"""The first pass: blocks are summed up wherever they lie, and the sums add up."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from .._estimators.first_pass import FirstPass
from .._shown import shortened
from ..streaming.dataset import located
from .cluster import fetch
from .rows import Task

if TYPE_CHECKING:
    from ray.data import Dataset

# Summaries that are added up at once, before the rest is added up here.
SUMMARIES_AT_ONCE = 16
COLUMN = "summary"


def summarise(dataset: Dataset, task: Task, reference: Any) -> FirstPass:
    """Sum the rows of a dataset up.

    Parameters
    ----------
    dataset : ray.data.Dataset
    task : Task
    reference : ray.ObjectRef
        Of the task.

    Raises
    ------
    ValueError, TypeError
        For a row that cannot be learned from.
    """
    total = task.first_pass()
    summaries = dataset.select_columns(task.roles.all).map_batches(
        _of_block,  # type: ignore[arg-type]  # its further argument follows
        batch_size=None,
        batch_format="pyarrow",
        fn_args=(reference,),
    )
    summaries = summaries.map_batches(
        _together, batch_size=SUMMARIES_AT_ONCE, batch_format="pyarrow"
    )
    for batch in summaries.iter_batches(batch_size=None, batch_format="pyarrow"):
        for found in _read(batch):
            if isinstance(found, Exception):
                raise found
            total.merge(found)
    return total


def _of_block(block, reference):
    """The summary of a block, or what is wrong with it, which Ray would bury."""
    found: Any
    try:
        task = fetch(reference)
        found = task.first_pass()
        with located("a block of the dataset"):
            for number, batch in task.batches(block):
                found.add(number, batch)
    except (ImportError, TypeError, ValueError) as error:
        found = error
    except Exception as error:  # of a parameter that cannot be read here, Ray makes one of its own
        found = RuntimeError(f"The estimator cannot be used in Ray's processes: {shortened(error)}")
    return _written(found)


def _together(table):
    total, *others = _read(table)
    for other in others:
        if isinstance(total, Exception):
            break
        if isinstance(other, Exception):
            total = other
        else:
            total.merge(other)
    return _written(total)


def _written(found):
    import pyarrow as pa

    return pa.table({COLUMN: pa.array([pickle.dumps(found)], pa.large_binary())})


def _read(table):
    # Written by the processes of this fit, and read by none but these.
    return [pickle.loads(found.as_py()) for found in table[COLUMN]]
