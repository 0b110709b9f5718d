"""What is to be fitted to which columns of which rows, and the two passes over these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator

from .._estimators.base import BaseEntityEmbedding
from .._estimators.choice import choose_estimator
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.first_pass import FirstPass
from .._estimators.row_batches import Roles, RowBatch, RowDraws
from .._estimators.second_pass import Prepared, SecondPass
from .._estimators.spilled_fit import check_network, holds_out
from .._shown import shown
from .._training.rows_bar import rows_bar
from .dataset import Batch, Dataset, located, open_dataset, require
from .job import Job


@dataclass(frozen=True)
class Tail:
    """What becomes of values beyond the most frequent ones.

    Attributes
    ----------
    max_counted : int or None
    n_hashed : int or dict of int
        See `fit`.
    """

    max_counted: int | None = None
    n_hashed: int | dict[str, int] = 0

    def check(self, names: tuple[str, ...]) -> None:
        """Refuse what means nothing, given the names of the features."""
        if self.max_counted is not None and not _is_number(self.max_counted, 1):
            raise ValueError(
                f"max_counted={shown(self.max_counted)}: use a whole number of at least 1, or "
                "None to count all values."
            )
        by_column = self.n_hashed if isinstance(self.n_hashed, dict) else {"": self.n_hashed}
        for name, n in by_column.items():
            if name and name not in names:
                raise ValueError(f"n_hashed names column {shown(name)}, which is no feature.")
            if not _is_number(n, 0):
                raise ValueError(
                    f"n_hashed={shown(self.n_hashed)}: use a whole number of at least 0, or a "
                    "dict of such by column."
                )


def _is_number(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


@dataclass(frozen=True)
class Plan:
    """What is to be fitted, to which columns of which rows.

    Attributes
    ----------
    network : BaseEntityEmbedding
        The estimator, or the network that an encoder fits.
    data : Dataset
    roles : Roles
    validation : Dataset or None
    first : RowBatch
        Of the first rows, which tell of what kind the columns are.
    tail : Tail
    n_folds : int
        Folds of an encoder; 1 if there are none.
    verbose : int
    """

    network: BaseEntityEmbedding
    data: Dataset
    roles: Roles
    validation: Dataset | None
    first: RowBatch
    tail: Tail
    n_folds: int
    verbose: int

    @classmethod
    def make(
        cls,
        estimator: Any,
        dataset: Any,
        target: Any,
        sample_weight: str | None,
        validation: Any,
        tail: Tail,
        n_folds: int = 1,
    ) -> Plan:
        """Open the datasets, and find out what their columns are."""
        require("crick")
        data = open_dataset(dataset)
        roles = Roles.choose(data.names, target, sample_weight)
        tail.check(roles.features)
        if validation is not None:
            validation = open_dataset(validation, "validation")
            Roles.choose(validation.names, target, sample_weight).check_like(roles)
        batch = next(data.batches(roles.all))
        with located(batch.where):
            network = choose_network(estimator, roles.target_of(batch.frame))
            check_network(network)
            first = roles.read(network, batch.frame)
        verbose = estimator.verbose
        return cls(network, data, roles, validation, first, tail, n_folds, verbose)

    def description(self) -> dict[str, Any]:
        """Say what decides what is learned, beside parameters."""
        return {
            "dataset": self.data.identity,
            "validation": None if self.validation is None else self.validation.identity,
            "target": list(self.roles.target),
            "sample_weight": self.roles.sample_weight,
            "columns": list(self.roles.features),
            "max_counted": self.tail.max_counted,
            "n_hashed": self.tail.n_hashed,
            "n_folds": self.n_folds,
        }

    def draws(self, job: Job) -> RowDraws:
        """Return what is drawn for the rows."""
        fraction = holds_out(self.network, self.validation is not None)
        return RowDraws(job.seeds.draws, fraction, self.n_folds)

    def prepare(self, job: Job) -> list[Prepared]:
        """Pass over the rows twice: to learn how to code them, and to code them."""
        draws = self.draws(job)
        first_pass = FirstPass(self.network, self.first, draws, self.tail.max_counted)
        for number, batch in self.batches(self.data, "counting"):
            with located(batch.where):
                first_pass.add(number, self.roles.read(self.network, batch.frame))
        units = first_pass.finish(self.network, self.tail.n_hashed)
        second_pass = SecondPass(self.network, units, draws, job.folder)
        for number, batch in self.batches(self.data, "coding"):
            with located(batch.where):
                second_pass.add(number, self.roles.read(self.network, batch.frame))
        if self.validation is not None:
            for _, batch in self.batches(self.validation, "coding validation rows"):
                with located(batch.where):
                    second_pass.add_validation(self.roles.read(self.network, batch.frame))
        prepared = second_pass.finish()
        job.keep_prepared(prepared)
        return prepared

    def batches(
        self, data: Dataset, what: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, Batch]]:
        """Pass over batches with their numbers, and show a bar over rows."""
        bar = rows_bar(data.n_rows, what) if self.verbose else nullcontext()
        with bar as progress:
            for number, batch in enumerate(data.batches(columns or self.roles.all)):
                yield number, batch
                if progress is not None:
                    progress.update(len(batch.frame))


def choose_network(estimator: Any, y: np.ndarray) -> BaseEntityEmbedding:
    """Return the estimator itself, or the one whose network an encoder reads.

    Parameters
    ----------
    estimator : estimator
    y : ndarray
        Some targets, which tell classes from numbers.

    Raises
    ------
    TypeError
        For an estimator of another kind.
    ValueError
        For a frozen one.
    """
    if isinstance(estimator, BaseEntityEmbedding):
        return estimator
    if not isinstance(estimator, EntityEmbeddingEncoder):
        raise TypeError(
            "A stream is fitted by EntityEmbeddingRegressor, EntityEmbeddingClassifier or "
            f"EntityEmbeddingEncoder; got {type(estimator).__name__}. Of a pipeline, fit the step."
        )
    if isinstance(estimator.estimator, FrozenEstimator):
        raise ValueError(
            "A frozen estimator has learned already, so that there is nothing to stream: call "
            "the encoder's own fit on a sample of the rows."
        )
    return choose_estimator(estimator, y)
