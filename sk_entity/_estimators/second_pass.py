"""The second pass over rows that come in batches: they are coded and written to disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._table.coder import TableCoder
from .._table.vocabulary import INFREQUENT
from .._target.examples import Examples
from .._target.smoothed_means import LevelSums, SmoothedMeans, count_levels
from .._training.spill import Layout, SpillWriter
from .first_pass import Units
from .row_batches import RowBatch, RowDraws

if TYPE_CHECKING:
    from .base import BaseEntityEmbedding

TRAINING, VALIDATION = "training", "validation"


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is known of rows on disk before a network is trained from them.

    Attributes
    ----------
    coder : TableCoder
    target : RegressionTarget or ClassificationTarget
    means : tuple of SmoothedMeans
        The effects of each categorical column.
    """

    coder: TableCoder
    target: Any
    means: tuple[SmoothedMeans, ...]


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
        self.estimator, self.units, self.draws, self.folder = estimator, units, draws, folder
        self.writers: dict[str, SpillWriter] = {}
        self.sums: list[list[LevelSums]] = [[] for _ in range(draws.n_folds)]
        # How often each row of each column's table is looked up, by fold.
        self.counts = [
            [
                np.zeros(column.vocabulary.n_rows, dtype=np.int64)
                for column in units.coder.categorical
            ]
            for _ in range(draws.n_folds)
        ]

    def add(self, number: int, batch: RowBatch) -> None:
        """Add a batch of rows.

        Parameters
        ----------
        number : int
            Of the batch, for the draws.
        batch : RowBatch
        """
        draws = self.draws.of_batch(number, len(batch.y))
        coded = self.units.coder.code(batch.frame)
        for kind, chosen in ((TRAINING, ~draws.held_out), (VALIDATION, draws.held_out)):
            self._add(kind, batch, coded, chosen, draws)

    def add_validation(self, batch: RowBatch) -> None:
        """Add a batch of rows that are all there to validate on."""
        y = self.estimator._check_further_target(batch.y, len(batch.y), self.units.target)
        chosen = np.ones(len(y), dtype=bool)
        checked = RowBatch(batch.frame, y, batch.sample_weight)
        coded = self.units.coder.code(batch.frame)
        self._add(VALIDATION, checked, coded, chosen, self.draws.of_batch(0, len(y)))

    def _add(self, kind, batch, coded, chosen, draws):
        weight = self.units.weigh(batch.y, batch.sample_weight)
        rows = np.flatnonzero(chosen if weight is None else chosen & (weight > 0))
        if len(rows) == 0:
            return
        target = self.units.target.code(batch.y[rows])
        examples = Examples(coded[rows], target, None if weight is None else weight[rows])
        folds = None if draws.folds is None or kind == VALIDATION else draws.folds[rows]
        if kind == TRAINING:
            self._count(examples, folds)
        self._write(kind, examples, draws.rng, folds)

    def finish(self) -> list[Prepared]:
        """Close the files; return what is known of all rows, then of those outside of each fold."""
        for writer in self.writers.values():
            writer.close().save()
        folds = [None] if len(self.sums) == 1 else [None, *range(len(self.sums))]
        return [self._prepared(without) for without in folds]

    def _prepared(self, without):
        kept = [of_fold for fold, of_fold in enumerate(self.sums) if fold != without]
        sums = [reduce(add, of_column) for of_column in zip(*kept, strict=True)]
        if sums and sums[0].n_samples < 2:
            raise ValueError(
                f"Found {sums[0].n_samples} row(s) of positive weight to train on outside of one "
                f"of cv={len(self.sums)} folds, which are drawn row by row, while a minimum of 2 "
                "is required. Lower cv, or use cv=None."
            )
        means = tuple(map(SmoothedMeans.of, sums))
        counts = [of_fold for fold, of_fold in enumerate(self.counts) if fold != without]
        row_counts = [sum(of_column) for of_column in zip(*counts, strict=True)]
        columns = [
            replace(column, vocabulary=_with_infrequent(column.vocabulary, n[INFREQUENT]))
            for column, n in zip(self.units.coder.categorical, row_counts, strict=True)
        ]
        coder = replace(self.units.coder, categorical=tuple(columns)).recounted(row_counts)
        return Prepared(coder, self.units.target, means)

    def _count(self, examples, folds):
        columns, target = self.units.coder.categorical, self.units.target
        for fold, so_far in enumerate(self.sums):
            rows = examples if folds is None else examples[folds == fold]
            sums = count_levels(columns, target, rows)
            self.sums[fold] = list(map(add, so_far, sums)) if so_far else sums
            occurrences = rows.coded.occurrences()
            for counts, (codes, _) in zip(self.counts[fold], occurrences, strict=True):
                counts += np.bincount(codes, minlength=len(counts))

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


def _with_infrequent(vocabulary, n_rows):
    """The vocabulary with infrequent categories of so many rows together, as without a fold."""
    infrequent = np.flatnonzero(vocabulary.rows == INFREQUENT)
    if len(infrequent) == 0:
        return vocabulary
    # Of each of them nobody knows, and only the sum counts.
    before = np.cumsum(vocabulary.counts[infrequent])
    counts = vocabulary.counts.copy()
    counts[infrequent] = np.diff(before * n_rows // max(1, before[-1]), prepend=0)
    return replace(vocabulary, counts=counts)
