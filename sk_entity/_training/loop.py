"""Training of a network from examples, by settings."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from skorch.helper import predefined_split

from .._network.losses import Loss
from .._network.module import EntityEmbeddingNetwork
from .._network.optimizer import AdamW
from .._target.examples import Examples
from .batches import Batches, Rows
from .callbacks import KeepBest, Progress, arrange_callbacks
from .checkpoints import Checkpoints
from .device import resolve_device
from .exchange import Exchange
from .forks import refuse_threads_of_parent
from .net import Net
from .progress import Bar, current_bar
from .spill import Spill
from .spilled_batches import SpilledBatches, SpilledRows

# A row of a table, or a step of a number, matters to few of the rows in a batch: it is to move
# further than a layer.
VECTOR_RATE = 3


@dataclass(frozen=True)
class FurtherTraining:
    """How a training on further rows keeps what earlier rows have taught.

    Attributes
    ----------
    n_before : int
        Rows that have been learned from before; for them the priors of numbers count.
    layer_rate, number_rate : float
        Learning rate of the layers, and of the steps of numbers, over that of a first training,
        where the network explains all; with noise they are lower. The weights of the layers
        decay to where they were.
    """

    n_before: int
    layer_rate: float
    number_rate: float


@dataclass(frozen=True)
class Settings:
    """How to train; the names are those of the estimators' parameters.

    Attributes
    ----------
    max_iter, least_iter : int
        Epochs where the target has no noise, and where it is all noise.
    initial_output : ndarray of shape (n_outputs,)
        The best constant output.
    further : FurtherTraining or None
        How to go on from an earlier training; None for a first one.
    """

    loss: Loss
    initial_output: np.ndarray
    batch_size: int
    learning_rate_init: float
    weight_decay: float
    max_iter: int
    least_iter: int
    n_iter_no_change: int
    tol: float
    early_stopping: bool
    callbacks: list = field(repr=False)
    verbose: int
    device: str
    seed: int
    further: FurtherTraining | None = None


@dataclass(frozen=True)
class Outcome:
    """What training leaves behind, beside the weights.

    Attributes
    ----------
    history : pandas.DataFrame, indexed by epoch
    n_iter : int
        Epochs that have run.
    best_iter : int
        The epoch whose weights the network has now.
    dispersion : float
        What the loss was divided by at the end.
    """

    history: pd.DataFrame
    n_iter: int
    best_iter: int
    dispersion: float


def train(
    network: EntityEmbeddingNetwork,
    training: Examples | Spill,
    validation: Examples | Spill | None,
    settings: Settings,
    checkpoint: Path | None = None,
    exchange: Exchange | None = None,
) -> Outcome:
    """Train a network in place.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
    training : Examples or Spill
        Rows in memory or on disk.
    validation : Examples, Spill or None
    settings : Settings
    checkpoint : Path or None
        A file to keep the state of a training on disk in, and to go on from if it is there.
    exchange : Exchange or None
        With the workers that train the same network, each on rows of its own on disk.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If the loss stops being a finite number, or the device is not there.
    KeyboardInterrupt
        If the user has interrupted the training.
    """
    refuse_threads_of_parent()
    device = resolve_device(settings.device)
    shuffle, draws = _seeds(settings.seed, exchange)
    generator = torch.Generator(device).manual_seed(draws)
    network.to(device).use_generator(generator)
    keep_best = KeepBest(settings)
    further = settings.further or FurtherTraining(n_before=0, layer_rate=1, number_rate=1)
    kept = checkpoint and Checkpoints(checkpoint, keep_best, generator, exchange)
    bar = current_bar() or (Bar() if settings.verbose else None)
    net = Net(
        network,
        settings.loss,
        initial_output=settings.initial_output,
        least_epochs=settings.least_iter,
        n_before=further.n_before,
        exchange=exchange,
        optimizer=AdamW,
        optimizer__fused=True,
        optimizer__weight_decay=0.0,
        optimizer__param_groups=_groups(settings, further),
        lr=settings.learning_rate_init * further.layer_rate,
        batch_size=settings.batch_size,
        max_epochs=settings.max_iter,
        iterator_valid=SpilledBatches if isinstance(validation, Spill) else Batches,
        train_split=None if validation is None else predefined_split(_rows(validation, device)),
        callbacks=arrange_callbacks(
            settings.callbacks, keep_best, bar and Progress(bar), kept, exchange
        ),
        callbacks__print_log=None,
        device=device,
        verbose=0,
        **_shuffled(training, shuffle, device),
    )
    try:
        net.fit(_rows(training, device, exchange))
    finally:
        if bar is not None and bar is not current_bar():
            bar.close()
    if net.interrupt_ is not None:
        raise net.interrupt_
    network.to("cpu").eval()
    return _outcome(net, keep_best)


def _outcome(net, keep_best):
    history = _history_frame(net.history)
    best_iter = keep_best.best_iter or keep_best.n_iter
    return Outcome(
        history.iloc[: keep_best.n_iter], keep_best.n_iter, best_iter, float(net.dispersion_)
    )


def _seeds(seed, exchange):
    """Seeds of the order of rows, and of noise and masks; of these each worker draws its own."""
    own = () if exchange is None else (exchange.rank,)
    of_all, of_worker = (np.random.SeedSequence(seed, spawn_key=key) for key in ((), own))
    shuffle, _ = of_all.generate_state(2, np.uint64) >> 1
    _, draws = of_worker.generate_state(2, np.uint64) >> 1
    return int(shuffle), int(draws)


def _rows(source, device, exchange=None):
    """Rows as the loop takes them."""
    if isinstance(source, Spill):
        return SpilledRows(source, device, exchange)
    return Rows(source, device)


def _shuffled(source, seed, device):
    """The batches to train on, as parameters of skorch."""
    if isinstance(source, Spill):
        return {"iterator_train": SpilledBatches, "iterator_train__seed": seed}
    generator = torch.Generator(device).manual_seed(seed)
    return {"iterator_train": Batches, "iterator_train__generator": generator}


def _groups(settings, further):
    """Parameters that differ from the others in rate or decay."""
    # A group costs a call per step; the first holds the weights of hidden layers and output.
    rate = VECTOR_RATE * settings.learning_rate_init
    layers = ("[ho]*.weight", {"weight_decay": settings.weight_decay})
    if further.number_rate == 1:
        return [layers, ("*embeddings.*", {"lr": rate})]
    numbers = ("numeric_*", {"lr": rate * further.number_rate})
    return [layers, ("embeddings.*", {"lr": rate}), numbers]


def _history_frame(history):
    """A row per epoch: losses, learning rate, seconds, and what callbacks recorded."""
    frame = pd.DataFrame([{k: v for k, v in row.items() if k != "batches"} for row in history])
    frame = frame.rename(columns={"dur": "seconds"}).set_index("epoch")
    housekeeping = [c for c in frame if c.endswith(("_batch_count", "_best"))]
    return frame.drop(columns=housekeeping)
