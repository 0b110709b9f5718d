"""An estimator is fitted by several workers to the rows of a Ray Dataset."""

from __future__ import annotations

import pickle
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw

from .._estimators.row_batches import Roles, RowDraws
from .._estimators.second_pass import TRAINING, VALIDATION
from .._estimators.spilled_fit import Seeds, check_network, holds_out, keep_network, keep_vectors
from .._shown import shortened
from .._vectors.encoding import MeasuredColumn
from ..streaming.plan import Tail, choose_network
from .cluster import check_cpus, import_ray
from .prediction import columns_of
from .rows import Task, marked
from .summary import summarise
from .worker import Trained, Training, train

if TYPE_CHECKING:
    from ray.data import Dataset

# Of the rows that tell which columns are which.
FIRST_ROWS = 1000


def fit(
    estimator: Any,
    dataset: Dataset,
    target: str | list[str] = "y",
    sample_weight: str | None = None,
    validation: Dataset | None = None,
    *,
    num_workers: int = 2,
    storage_path: str | None = None,
    max_failures: int = 3,
    seconds_between_checkpoints: float = 60.0,
    max_counted: int | None = None,
    n_hashed: int | dict[str, int] = 0,
) -> Any:
    """Fit an estimator to the rows of a Ray Dataset, on several workers.

    Tasks of Ray Data sum the rows up where they lie: categories and their counts, the
    distribution of each number, the target. Then Ray Train starts the workers. Each codes
    its part of the rows and writes them to its own disk, and in each step all compute the
    gradient of a part of the batch and exchange it, so that a step is that of one machine.
    Of the tables, only the rows that a batch has reached are exchanged.

    What comes back is the plain estimator: it predicts, is pickled and saved as any other,
    and needs no Ray.

    Parameters
    ----------
    estimator : EntityEmbeddingRegressor, EntityEmbeddingClassifier or EntityEmbeddingEncoder
        Its parameters count as in ``fit``; `batch_size` is that of all workers together.
        Ordered target encodings are left out. Vectors of the encoder are cross-fitted by
        `fit_transform` only.
    dataset : ray.data.Dataset
    target : str or list of str, default="y"
        The column to learn; a list for several outputs.
    sample_weight : str, default=None
        The column that holds the weights.
    validation : ray.data.Dataset, default=None
        Rows to validate on, of the same columns. Without it `early_stopping=True` holds a
        random part of the dataset out.
    num_workers : int, default=2
        Processes that train. Ray needs a logical CPU for each, and one more to read rows.
    storage_path : str, default=None
        Folder or address for checkpoints that all machines reach. None for a temporary
        folder, which several machines do not have in common.
    max_failures : int, default=3
        How often workers may fail, such as by an end by force or with their machine. Then
        all start again, and training goes on from the last checkpoint.
    seconds_between_checkpoints : float, default=60.0
        At least; checkpoints are made at the end of an epoch, or within one that lasts for
        more than a minute. Each takes Ray up to two seconds, and the time to copy the weights.
    max_counted, n_hashed
        For columns of very many values, see `sk_entity.streaming.fit`.

    Returns
    -------
    The estimator, fitted.

    Raises
    ------
    ImportError
        If Ray is not installed.
    ValueError, TypeError
        For parameters or rows that cannot be learned from; if there are too few logical
        CPUs; if training diverges.
    RuntimeError
        If workers failed more often than `max_failures`.

    Notes
    -----
    Workers get equally many rows, so that up to ``num_workers - 1`` rows of a dataset are
    not trained on. Which rows a worker gets is up to Ray: results differ a little between
    two calls, as they do between seeds. After a failure `callbacks` begin anew.

    Examples
    --------
    >>> import ray.data  # doctest: +SKIP
    >>> from sk_entity import EntityEmbeddingRegressor, distributed
    >>> dataset = ray.data.read_parquet("flights/")  # doctest: +SKIP
    >>> model = distributed.fit(  # doctest: +SKIP
    ...     EntityEmbeddingRegressor(random_state=0), dataset, target="delay", num_workers=8
    ... )
    """
    run = Run(num_workers, storage_path, max_failures, seconds_between_checkpoints)
    tail = Tail(max_counted, n_hashed)
    plan = Plan.of(estimator, dataset, target, sample_weight, validation, run, tail)
    plan.keep(estimator, plan.train(marked(dataset, plan.task), validation, run))
    return estimator


@dataclass(frozen=True)
class Run:
    """How to train; see `fit`."""

    num_workers: int
    storage_path: str | None
    max_failures: int
    seconds_between_checkpoints: float


class Plan(NamedTuple):
    """What is to be fitted to which rows.

    Attributes
    ----------
    task : Task
    seeds : Seeds
    """

    task: Task
    seeds: Seeds

    @classmethod
    def of(
        cls,
        estimator: Any,
        dataset: Dataset,
        target: str | list[str],
        sample_weight: str | None,
        validation: Dataset | None,
        run: Run,
        tail: Tail,
        n_folds: int = 1,
    ) -> Plan:
        """Find out what the columns are, and refuse what cannot be learned."""
        roles = Roles.choose(columns_of(dataset), target, sample_weight)
        if validation is not None:
            Roles.choose(columns_of(validation), target, sample_weight).check_like(roles)
        tail.check(roles.features)
        if run.num_workers < 1:
            raise ValueError(f"num_workers must be at least 1; got {run.num_workers}.")
        check_cpus(run.num_workers)
        table = _first_rows(dataset, roles)
        frame = nw.from_native(table, eager_only=True)
        network = choose_network(estimator, roles.target_of(frame))
        check_network(network)
        seeds = Seeds.of(network)
        draws = RowDraws(seeds.draws, holds_out(network, validation is not None), n_folds)
        first = roles.read(network, frame)
        return cls(Task(network, roles, table.schema, first, draws, tail), seeds)

    def train(self, dataset: Dataset, validation: Dataset | None, run: Run) -> Trained:
        """Sum the rows up, then let workers train.

        Parameters
        ----------
        dataset : ray.data.Dataset
            With what `marked` adds.
        validation : ray.data.Dataset or None
        run : Run
        """
        ray = import_ray()
        from ray import train as ray_train
        from ray.train.torch import TorchConfig, TorchTrainer

        first_pass = summarise(dataset, self.task, ray.put(self.task))
        if first_pass.n_rows < run.num_workers:
            raise ValueError(
                f"The dataset has {first_pass.n_rows} rows for num_workers={run.num_workers}."
            )
        units = first_pass.finish(self.task.network, self.task.tail.n_hashed)
        training = Training(
            self.task,
            units,
            self.seeds,
            validation is not None,
            run.seconds_between_checkpoints,
        )
        datasets: Any = {TRAINING: dataset}
        if validation is not None:
            datasets[VALIDATION] = validation.select_columns(self.task.roles.all)
        with _storage(run.storage_path) as path:
            trainer = TorchTrainer(
                train,  # type: ignore[arg-type]  # what it returns is the result
                train_loop_config={"training": ray.put(training)},
                torch_config=TorchConfig(backend="gloo"),
                scaling_config=ray_train.ScalingConfig(num_workers=run.num_workers),
                run_config=ray_train.RunConfig(
                    storage_path=path,
                    failure_config=ray_train.FailureConfig(max_failures=run.max_failures),
                    checkpoint_config=ray_train.CheckpointConfig(num_to_keep=1),
                ),
                datasets=datasets,
            )
            found = _run(trainer)
        if isinstance(found, Exception):
            raise found
        return pickle.loads(found)

    def keep(self, estimator: Any, trained: Trained) -> list[list[MeasuredColumn]]:
        """Set what `fit` sets; return the vectors for each fold of an encoder."""
        first = self.task.first.frame.to_native()
        if self.task.network is estimator:
            keep_network(estimator, first, trained.networks[0])
            return []
        network, background = self.task.network, trained.background
        return keep_vectors(estimator, network, first, trained.networks, background)


def _first_rows(dataset, roles):
    """Some rows of one block, as a pyarrow table."""
    some = dataset.select_columns(roles.all).limit(FIRST_ROWS)
    for table in some.iter_batches(batch_size=None, batch_format="pyarrow"):
        if len(table):
            return table
    raise ValueError("The dataset has no row.")


def _run(trainer):
    """The value that the first worker returned."""
    from ray.train.v2.api.exceptions import TrainingFailedError

    try:
        return trainer.fit().return_value
    except TrainingFailedError as error:
        raise RuntimeError(f"The workers failed too often: {shortened(error)}") from error


@contextmanager
def _storage(path):
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="sk_entity-ray-") as folder:
        yield folder
