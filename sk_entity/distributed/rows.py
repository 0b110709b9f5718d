"""Rows of a Ray Dataset: what is to be learned from them, their dtypes, what is drawn for them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from .._estimators.base import BaseEntityEmbedding
from .._estimators.first_pass import FirstPass
from .._estimators.row_batches import Draws, Roles, RowBatch, RowDraws
from .._shown import shortened, shown
from ..streaming.plan import Tail

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

ROWS_PER_BATCH = 2**16
# Tell rows by their first ones, as blocks of one dataset hardly ever begin alike.
ROWS_TO_TELL_BY = 16
# What is drawn for rows travels beside them.
HELD_OUT, FOLD = "sk_entity held out", "sk_entity fold"


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be learned from which columns.

    Attributes
    ----------
    network : BaseEntityEmbedding
    roles : Roles
    schema : pyarrow.Schema
        Of the columns in use.
    first : RowBatch
        Some rows.
    draws : RowDraws
    tail : Tail
        What becomes of rare values.
    """

    network: BaseEntityEmbedding
    roles: Roles
    schema: pa.Schema
    first: RowBatch
    draws: RowDraws
    tail: Tail

    def first_pass(self) -> FirstPass:
        """Make a first pass over no rows yet."""
        return FirstPass(self.network, self.first, self.draws, self.tail.max_counted)

    @property
    def is_drawn(self) -> bool:
        """Whether rows are held out or in folds."""
        return self.draws.validation_fraction > 0 or self.draws.n_folds > 1

    def batches(self, block: pa.Table) -> Iterator[tuple[int, RowBatch]]:
        """Read the rows of a block in batches, each with a number to draw by."""
        for start in range(0, len(block), ROWS_PER_BATCH):
            table = block.slice(start, ROWS_PER_BATCH)
            frame = nw.from_native(conform(table, self.schema), eager_only=True)
            yield number_of(table), self.roles.read(self.network, frame)


def conform(block: pa.Table, schema: pa.Schema) -> pa.Table:
    """Bring a block to the dtypes of others.

    Raises
    ------
    ValueError
        For values that these do not hold.
    """
    for place, field in enumerate(schema):
        column = block[field.name]
        if column.type == field.type:
            continue
        try:
            block = block.set_column(place, field, column.cast(field.type))
        except (ValueError, NotImplementedError) as error:
            raise ValueError(
                f"Column {shown(field.name)} has dtype {column.type} in one block of the dataset "
                f"and {field.type} in others: {shortened(error)}. Give it one dtype in all files."
            ) from None
    return block


def number_of(table: pa.Table) -> int:
    """Return a number that is the same for the same rows, in whatever process they are read."""
    some = table.slice(0, ROWS_TO_TELL_BY).to_pydict()
    return zlib.crc32(repr((len(table), some)).encode())


def marked(dataset: Dataset, task: Task, keep: Sequence[str] = ()) -> Dataset:
    """Select the columns in use, and add what is drawn for each row, if anything is.

    Parameters
    ----------
    dataset : ray.data.Dataset
    task : Task
    keep : sequence of str
        Further columns to select.
    """
    more = [name for name in keep if name not in task.roles.all]
    columns = dataset.select_columns([*task.roles.all, *more])
    if not task.is_drawn:
        return columns
    return columns.map_batches(
        _mark,  # type: ignore[arg-type]  # its further arguments follow
        batch_size=None,
        batch_format="pyarrow",
        fn_args=(task.draws, task.roles.all),
    )


def _mark(block, draws, columns):
    held_out, folds = [], []
    for start in range(0, len(block), ROWS_PER_BATCH):
        table = block.select(columns).slice(start, ROWS_PER_BATCH)
        drawn = draws.of_batch(number_of(table), len(table))
        held_out.append(drawn.held_out)
        folds.append(np.zeros(len(table), int) if drawn.folds is None else drawn.folds)
    block = block.append_column(HELD_OUT, [np.concatenate(held_out)])
    return block.append_column(FOLD, [np.concatenate(folds)])


class MarkedDraws:
    """What was drawn for the rows of a batch, read from its columns.

    Parameters
    ----------
    draws : RowDraws
    rank : int
        Of the worker, for draws of its own.
    """

    def __init__(self, draws: RowDraws, rank: int):
        self.n_folds = draws.n_folds
        self.rng = np.random.default_rng([draws.seed, rank])
        self.table: Any = None

    def of_batch(self, number: int, n_samples: int) -> Draws:
        """Return what was drawn for `table`, which is set before."""
        held_out, folds = np.zeros(n_samples, dtype=bool), None
        if HELD_OUT in self.table.column_names:
            held_out = self.table[HELD_OUT].to_numpy()
            folds = self.table[FOLD].to_numpy() if self.n_folds > 1 else None
        return Draws(held_out, folds, self.rng)
