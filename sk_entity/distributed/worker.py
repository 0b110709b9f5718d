"""What each worker of Ray Train does: it writes its rows to disk, and trains with the others."""

from __future__ import annotations

import pickle
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._estimators.first_pass import Units
from .._estimators.second_pass import TRAINING, VALIDATION, SecondPass
from .._estimators.spilled_fit import Seeds, train_from_spill
from .._estimators.state import FittedNetwork
from .._table.coder import CodedTable
from .._training.progress import shared_bar
from .._training.spill import MANIFEST, Spill
from .._vectors.encoding import background_sample
from ..streaming.dataset import located
from .cluster import fetch, import_ray
from .rows import ROWS_PER_BATCH, MarkedDraws, Task

if TYPE_CHECKING:
    from .._training.exchange import Exchange


@dataclass(frozen=True, eq=False)
class Training:
    """What workers need to know.

    Attributes
    ----------
    task : Task
    units : Units
    seeds : Seeds
    validated : bool
        Whether there are rows for validation beside those to train on.
    seconds_between_checkpoints : float
    """

    task: Task
    units: Units
    seeds: Seeds
    validated: bool
    seconds_between_checkpoints: float


@dataclass(frozen=True, eq=False)
class Trained:
    """What workers have learned.

    Attributes
    ----------
    networks : list of FittedNetwork
        Of all rows, then of those outside of each fold.
    background : CodedTable
        Some rows.
    """

    networks: list[FittedNetwork]
    background: CodedTable


def train(config: dict[str, Any]) -> bytes | Exception | None:
    """Train with the other workers; return the outcome, in the first worker: `Trained`, pickled.

    An error in the rows is returned: raised, it would be taken for a failure of the worker,
    and all would begin anew.

    Parameters
    ----------
    config : dict
        With a reference to the `Training`.
    """
    import_ray()
    from ray import train as ray_train

    from .._training.exchange import Exchange

    training, rank = fetch(config["training"]), ray_train.get_context().get_world_rank()
    with _folder(f"sk_entity-{rank}") as folder:
        kept = folder / "checkpoints"
        _restore(kept)
        exchange = Exchange()
        exchange.report = Reports(kept, exchange, training.seconds_between_checkpoints).report
        second_pass, error = _second_pass(training, rank, folder)
        errors = [found for found in exchange.everything(error) if found is not None]
        if errors:
            return errors[0]
        second_pass.sums = _added_up(exchange.everything(second_pass.sums))
        second_pass.counts = _added_up(exchange.everything(second_pass.counts))
        try:
            return _train_networks(training, second_pass.finish(), folder, exchange)
        except ValueError as diverged:  # in all workers
            return diverged


def _second_pass(training, rank, folder):
    """Code the rows of this worker, and write them; or tell what is wrong with one."""
    from ray import train as ray_train

    task = training.task
    draws: Any = MarkedDraws(task.draws, rank)
    n_workers = ray_train.get_context().get_world_size()
    units = replace(training.units, n_samples=-(-training.units.n_samples // n_workers))
    second_pass = SecondPass(task.network, units, draws, folder)
    try:
        for name in (TRAINING, VALIDATION)[: 1 + training.validated]:
            shard = ray_train.get_dataset_shard(name)
            for table in shard.iter_batches(batch_size=ROWS_PER_BATCH, batch_format="pyarrow"):
                draws.table = table
                with located("a block of the dataset"):
                    for number, batch in task.batches(table):
                        if name == VALIDATION:
                            second_pass.add_validation(batch)
                        else:
                            second_pass.add(number, batch)
        if TRAINING not in second_pass.writers:
            raise ValueError(
                f"Worker {rank} of {n_workers} got no row to train on: lower num_workers."
            )
    except (TypeError, ValueError) as error:
        return second_pass, error
    return second_pass, None


def _added_up(of_workers):
    """The sums over the rows of all workers, by fold and column."""
    return [
        [reduce(add, of_column) for of_column in zip(*of_fold, strict=True)]
        for of_fold in zip(*of_workers, strict=True)
    ]


def _train_networks(training, prepared, folder, exchange):
    spill, validation = Spill.load(folder / TRAINING), None
    if (folder / VALIDATION / MANIFEST).exists():
        validation = Spill.load(folder / VALIDATION)
    network = copy(training.task.network)
    shown = network.verbose > 0 and exchange.rank == 0
    network.verbose = 0
    networks = []
    with shared_bar(len(prepared), RayBar) if shown else nullcontext():
        for number, of_network in enumerate(prepared):
            networks.append(
                train_from_spill(
                    network,
                    of_network,
                    replace(spill, without=number - 1) if number else spill,
                    validation,
                    training.seeds,
                    folder / "checkpoints" / f"network-{number:03}.pt",
                    exchange,
                )
            )
    if exchange.rank:
        return None
    coded = spill.read(0).coded
    # As bytes: arrays that Ray passes on cannot be written to.
    return pickle.dumps(Trained(networks, coded[background_sample(len(coded))]))


@contextmanager
def _folder(name) -> Iterator[Path]:
    """A folder for rows in the one that Ray gives the worker."""
    folder = Path.cwd() / name
    # Of a worker before, that was killed.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _restore(folder):
    """Copy the last checkpoint into a new folder, if there is one."""
    from ray import train as ray_train

    folder.mkdir()
    checkpoint = ray_train.get_checkpoint()
    if checkpoint is not None:
        with checkpoint.as_directory() as kept:
            shutil.copytree(kept, folder, dirs_exist_ok=True)


class Reports:
    """Hands the state of the first worker over to Ray, which keeps it where all find it.

    Parameters
    ----------
    folder : Path
        With the files of the networks so far.
    exchange : Exchange
    seconds : float
        From one report to the next, at least.
    """

    def __init__(self, folder: Path, exchange: Exchange, seconds: float):
        self.folder, self.exchange, self.seconds = folder, exchange, seconds
        self.due = time.monotonic() + seconds

    def report(self, path: Path) -> None:
        """Report if the first worker finds that it is time."""
        from ray import train as ray_train

        is_first = self.exchange.rank == 0
        if not self.exchange.sum(is_first and time.monotonic() >= self.due)[0]:
            return
        checkpoint = ray_train.Checkpoint.from_directory(str(self.folder)) if is_first else None
        ray_train.report({}, checkpoint=checkpoint)
        self.due = time.monotonic() + self.seconds


def RayBar(**kwargs: Any) -> Any:  # noqa: N802
    """Make a bar that is shown where `fit` was called, with the few words that Ray's bars know."""
    from ray.experimental.tqdm_ray import tqdm

    class Shown(tqdm):
        def set_postfix(self, values, refresh=True):
            self.set_description(", ".join(f"{name}={value}" for name, value in values.items()))

    return Shown(total=0, **kwargs)
