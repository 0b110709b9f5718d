"""The second pass over rows that come in batches: they are coded and written to disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._target.examples import Examples
from .._target.smoothed_means import LevelSums, SmoothedMeans, count_levels
from .._training.spill import Layout, Spill, SpillWriter
from .batches import RowBatch, RowDraws
from .first_pass import Units

if TYPE_CHECKING:
    from .base import BaseEntityEmbedding

TRAINING, VALIDATION = "training", "validation"


@dataclass(frozen=True)
class SpilledTable:
    """Rows on disk, with what is known of them.

    Attributes
    ----------
    units : Units
    spill : Spill
        Rows to train on.
    validation : Spill or None
    sums : list of list of LevelSums
        By fold, then by categorical column.
    """

    units: Units
    spill: Spill
    validation: Spill | None
    sums: list[list[LevelSums]]

    def means(self, without: int | None = None) -> tuple[SmoothedMeans, ...]:
        """Compute the effects of each column, without the rows of a fold if one is given."""
        kept = [of_fold for fold, of_fold in enumerate(self.sums) if fold != without]
        of_columns = zip(*kept, strict=True)
        return tuple(SmoothedMeans.of(reduce(add, of_column)) for of_column in of_columns)


class SecondPass:
    """Codes rows and writes them.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
    units : Units
    draws : RowDraws
    folder : Path
    """

    def __init__(self, estimator: BaseEntityEmbedding, units: Units, draws: RowDraws, folder: Path):
        self.estimator, self.units, self.draws = estimator, units, draws
        self.folder, self.writers = folder, {}
        self.sums: list[list[LevelSums]] = [[] for _ in range(draws.n_folds)]

    def add(self, number: int, batch: RowBatch, *, validation: bool = False) -> None:
        """Add a batch of rows to train on, or of others to validate on.

        Parameters
        ----------
        number : int
            Of the batch, for the draws.
        batch : RowBatch
        validation : bool
            Whether none of the rows is for training.
        """
        draws = self.draws.of_batch(number, len(batch.y))
        weight = self.units.weigh(batch.y, batch.sample_weight)
        held_out = np.ones(len(batch.y), dtype=bool) if validation else draws.held_out
        kept = np.ones(len(batch.y), dtype=bool) if weight is None else weight > 0
        coded = self.units.coder.code(batch.frame)
        for kind, chosen in ((TRAINING, kept & ~held_out), (VALIDATION, kept & held_out)):
            rows = np.flatnonzero(chosen)
            if len(rows) == 0:
                continue
            examples = Examples(
                coded[rows],
                self.units.target.code(batch.y[rows]),
                None if weight is None else weight[rows],
            )
            folds = None if draws.folds is None or kind == VALIDATION else draws.folds[rows]
            if kind == TRAINING:
                self._count(examples, folds)
            self._write(kind, examples, draws.rng, folds)

    def finish(self) -> SpilledTable:
        """Return what was written."""
        spills = {kind: writer.close() for kind, writer in self.writers.items()}
        for spill in spills.values():
            spill.save()
        return SpilledTable(self.units, spills[TRAINING], spills.get(VALIDATION), self.sums)

    def _count(self, examples, folds):
        columns, target = self.units.coder.categorical, self.units.target
        for fold, so_far in enumerate(self.sums):
            rows = examples if folds is None else examples[folds == fold]
            sums = count_levels(columns, target, rows)
            self.sums[fold] = [a + b for a, b in zip(so_far, sums, strict=True)] or sums

    def _write(self, kind, examples, rng, folds):
        if kind not in self.writers:
            self.writers[kind] = self._writer(kind, examples)
        weight = examples.sample_weight
        if weight is not None:
            weight = weight / self.units.mean_weight
        self.writers[kind].write(replace(examples, sample_weight=weight), rng, folds)

    def _writer(self, kind, examples):
        coded, n_outputs = examples.coded, self.units.target.n_outputs
        of_classes = examples.target.dtype.kind == "i"
        n_folds = 1 if kind == VALIDATION else self.draws.n_folds
        layout = Layout(
            n_single=coded.categorical.shape[1],
            n_bags=len(coded.bags),
            n_numerical=coded.numerical.shape[1],
            n_outputs=1 if of_classes else n_outputs,
            of_classes=of_classes,
            weighted=examples.sample_weight is not None,
            in_folds=n_folds > 1,
        )
        return SpillWriter(self.folder / kind, layout, self.units.n_samples, n_folds)
