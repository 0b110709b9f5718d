"""An estimator is fitted to more rows than memory holds."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from sklearn.frozen import FrozenEstimator

from .._estimators.base import BaseEntityEmbedding
from .._estimators.batches import Roles, RowDraws
from .._estimators.choice import choose_estimator
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.first_pass import FirstPass
from .._estimators.second_pass import Prepared, SecondPass
from .._estimators.spilled_fit import (
    check_network,
    holds_out,
    keep_network,
    keep_vectors,
    train_from_spill,
)
from .._estimators.types import TableLike
from .dataset import Batch, Dataset, located, open_dataset
from .job import Job, open_job


def fit(
    estimator: Any,
    dataset: Any,
    target: str | list[str] = "y",
    sample_weight: str | None = None,
    validation: Any = None,
    *,
    checkpoint: Any = None,
) -> Any:
    """Fit an estimator to more rows than memory holds."""
    plan = Plan.of(estimator, dataset, target, sample_weight, validation)
    with open_job(checkpoint, estimator, plan.network, plan.description()) as job:
        fitted = job.fitted()
        if fitted is not None:
            vars(estimator).update(vars(fitted))
            return estimator
        prepared = job.prepared() or plan.prepare(job)
        spill, held_out = job.spills()
        state = train_from_spill(
            plan.network, prepared[0], spill, held_out, job.seeds, job.checkpoint()
        )
        first = plan.first.frame.to_native()
        if plan.network is estimator:
            keep_network(estimator, first, state)
        else:
            keep_vectors(estimator, plan.network, first, [state], spill)
        job.finish(estimator)
    return estimator


class Plan:
    """What is to be fitted to which columns of which rows.

    Parameters
    ----------
    network : BaseEntityEmbedding
    data : Dataset
    roles : Roles
    validation : Dataset or None
    first : RowBatch
    """

    def __init__(self, network, data, roles, validation, first):
        self.network, self.data, self.roles = network, data, roles
        self.validation, self.first = validation, first
        self.n_folds = 1

    @classmethod
    def of(cls, estimator, dataset, target, sample_weight, validation):
        """Open the datasets, and find out what their columns are."""
        data = open_dataset(dataset)
        roles = Roles.choose(data.names, target, sample_weight)
        if validation is not None:
            validation = open_dataset(validation, "validation")
        batch = next(data.batches(roles.all))
        network = _network(estimator, batch, roles)
        check_network(network)
        with located(batch.where):
            first = roles.read(network, batch.frame)
        return cls(network, data, roles, validation, first)

    def description(self) -> dict[str, Any]:
        """What decides what is learned, beside parameters."""
        validation = None if self.validation is None else self.validation.identity
        return {
            "dataset": self.data.identity,
            "validation": validation,
            "columns": list(self.roles.features),
            "target": list(self.roles.target),
            "sample_weight": self.roles.sample_weight,
            "n_folds": self.n_folds,
        }

    def prepare(self, job: Job) -> list[Prepared]:
        """Pass over the rows twice: to learn how to code them, and to code them."""
        draws = self._draws(job)
        first_pass = FirstPass(self.network, self.first, draws)
        for number, batch in enumerate(self.data.batches(self.roles.all)):
            with located(batch.where):
                first_pass.add(number, self.roles.read(self.network, batch.frame))
        units = first_pass.finish(self.network)
        second_pass = SecondPass(self.network, units, draws, job.folder)
        for number, batch in enumerate(self.data.batches(self.roles.all)):
            with located(batch.where):
                second_pass.add(number, self.roles.read(self.network, batch.frame))
        if self.validation is not None:
            for number, batch in enumerate(self.validation.batches(self.roles.all)):
                with located(batch.where):
                    rows = self.roles.read(self.network, batch.frame)
                    second_pass.add(number, rows, validation=True)
        prepared = second_pass.finish()
        job.keep_prepared(prepared)
        return prepared

    def _draws(self, job):
        fraction = holds_out(self.network, self.validation is not None)
        return RowDraws(job.seeds.draws, fraction, self.n_folds)


def _network(estimator, batch, roles):
    if isinstance(estimator, BaseEntityEmbedding):
        return estimator
    if not isinstance(estimator, EntityEmbeddingEncoder):
        raise TypeError(
            "streaming.fit takes EntityEmbeddingRegressor, EntityEmbeddingClassifier or "
            f"EntityEmbeddingEncoder; got {type(estimator).__name__}."
        )
    if isinstance(estimator.estimator, FrozenEstimator):
        raise ValueError(
            "A frozen estimator has learned already, so that there is nothing to stream: call "
            "the encoder's own fit on a sample of the rows."
        )
    return choose_estimator(estimator, roles.target_of(batch.frame))
