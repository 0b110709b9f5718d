"""Training: coded rows and a network in, learned weights and a history out.

The only file that imports skorch, which runs the loop and the callbacks. Rows
are held as whole tensors and batches are gathered from them by index, with no
per-row Python.
"""

import copy
import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, LRScheduler
from skorch.helper import predefined_split

from ._losses import get_loss
from ._optimizer import AdamW
from ._statistics import OrderedStatistics
from ._table import Coded

# Gathered at once: one gather per batch takes longer, one per epoch a copy of the table.
BATCHES_AT_A_TIME = 64
WARM_UP = 0.05
# A row is in few of the batches: its steps are larger than those of a layer.
TABLE_RATE = 3
# Below 1 the likelihood counts more than Bayes' rule has it (a "cold" posterior).
PRIOR_STRENGTH = 0.5
# Part of training in which the prior of the numbers' steps rises to its strength: the layers must
# have learned what to do with a step before it is judged.
NUMERIC_WARM_UP = 0.5
# Of a target that the network fits exactly.
LEAST_DISPERSION = 1e-4


@dataclass(frozen=True)
class Examples:
    """Coded rows with their targets.

    Attributes
    ----------
    coded : Coded
    target : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : ndarray of shape (n_samples,) or None
    statistics : OrderedStatistics or None
        What the first numbers of the coded rows are drawn from, epoch by epoch.
    """

    coded: Coded
    target: np.ndarray
    sample_weight: np.ndarray | None
    statistics: OrderedStatistics | None = None


@dataclass(frozen=True)
class Settings:
    """How to train; the names are those of the estimators' parameters."""

    loss: str
    quantile: float | None
    batch_size: int
    learning_rate_init: float
    weight_decay: float
    max_iter: int
    n_iter_no_change: int
    tol: float
    early_stopping: bool
    callbacks: list = field(repr=False)
    verbose: int
    device: str
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What training leaves behind.

    Attributes
    ----------
    history : pandas.DataFrame, indexed by epoch
    n_iter : int
        Epochs run.
    best_iter : int
        The epoch whose weights the network has now.
    """

    history: pd.DataFrame
    n_iter: int
    best_iter: int


def train(network, training, validation, settings):
    """Train a network in place.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
    training : Examples
    validation : Examples or None
    settings : Settings

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If the loss stops being a finite number.
    """
    device = resolve_device(settings.device)
    shuffle, drop = np.random.SeedSequence(settings.seed).generate_state(2, np.uint64) >> 1
    network.to(device).use_generator(torch.Generator(device).manual_seed(int(drop)))
    keep_best = KeepBest(settings)
    net = _Net(
        network,
        get_loss(settings.loss, settings.quantile),
        optimizer=AdamW,
        optimizer__fused=True,
        optimizer__weight_decay=0.0,
        # A group costs a call per step; the first holds the weights of hidden layers and output.
        optimizer__param_groups=[
            ("[ho]*.weight", {"weight_decay": settings.weight_decay}),
            ("embeddings.*", {"lr": TABLE_RATE * settings.learning_rate_init}),
        ],
        lr=settings.learning_rate_init,
        batch_size=settings.batch_size,
        max_epochs=settings.max_iter,
        iterator_train=Batches,
        iterator_train__generator=torch.Generator().manual_seed(int(shuffle)),
        iterator_valid=Batches,
        train_split=None if validation is None else predefined_split(Rows(validation, device)),
        callbacks=_callbacks(settings, keep_best),
        callbacks__print_log=None,
        device=device,
        verbose=0,
    )
    net.fit(Rows(training, device))
    network.to("cpu").eval()
    if keep_best.n_iter == 0:
        raise KeyboardInterrupt  # skorch swallowed it, and there is nothing to keep yet
    history = _history_frame(net.history)
    best_iter = keep_best.best_iter or keep_best.n_iter
    return Outcome(history.iloc[: keep_best.n_iter], keep_best.n_iter, best_iter)


def add_statistics(statistics, training, validation):
    """Examples whose numbers begin with target statistics; those of training are drawn.

    Parameters
    ----------
    statistics : TargetStatistics
    training : Examples
    validation : Examples or None

    Returns
    -------
    training, validation
    """
    training, validation = (
        None if e is None else replace(e, coded=statistics.before_numbers(e.coded))
        for e in (training, validation)
    )
    ordered = statistics.ordered(
        training.coded.categorical, training.target, training.sample_weight
    )
    return replace(training, statistics=ordered), validation


def resolve_device(device):
    """The best device there is for ``"auto"``, else the one asked for."""
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Rows(torch.utils.data.Dataset):
    """Examples as whole tensors on the device of the network."""

    def __init__(self, examples, device):
        arrays = {
            "categorical": examples.coded.categorical,
            "numerical": examples.coded.numerical,
        }
        weight = examples.sample_weight
        if weight is not None:
            # With mean 1 the learning rate means the same with and without weights.
            arrays["sample_weight"] = (weight / weight.mean()).astype(np.float32)
        self.X = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
        self.y = torch.from_numpy(examples.target).to(device)
        self.statistics = examples.statistics

    def __len__(self):
        return len(self.y)

    def __getitem__(self, rows):
        """The rows of a slice, without a copy."""
        return {name: tensor[rows] for name, tensor in self.X.items()}, self.y[rows]

    def draw_statistics(self, generator):
        """Set the target statistics, if there are any, to those of a new order of the rows."""
        if self.statistics is None:
            return
        order = torch.randperm(len(self), generator=generator)
        drawn = torch.from_numpy(self.statistics.draw(order.numpy()))
        self.X["numerical"][:, : drawn.shape[1]] = drawn.to(self.y.device)

    def take(self, rows):
        """A copy of the rows at these positions, a tensor."""
        taken = copy.copy(self)
        taken.X = {name: tensor.index_select(0, rows) for name, tensor in self.X.items()}
        taken.y = self.y.index_select(0, rows)
        return taken


class Batches:
    """Iterate over `Rows` in batches, shuffled if given a generator."""

    def __init__(self, dataset, batch_size, generator=None):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self):
        return math.ceil(len(self.dataset) / self.batch_size)

    def __iter__(self):
        if self.generator is None:
            yield from self._slices(self.dataset)
            return
        self.dataset.draw_statistics(self.generator)
        order = torch.randperm(len(self.dataset), generator=self.generator)
        for rows in order.to(self.dataset.y.device).split(self.batch_size * BATCHES_AT_A_TIME):
            yield from self._slices(self.dataset.take(rows))

    def _slices(self, rows):
        for start in range(0, len(rows), self.batch_size):
            yield rows[start : start + self.batch_size]


class _Net(NeuralNet):
    """skorch's loop with a weighted loss and the divergence of the tables."""

    def initialize_module(self):
        self.module_ = self.module
        return self

    def initialize_criterion(self):
        self.criterion_ = self.criterion
        self.dispersion_ = None
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        super().on_train_begin(net, X=X, y=y, **kwargs)
        self.n_samples_ = len(X)
        self.n_steps_ = self.max_epochs * math.ceil(len(X) / self.batch_size)
        self.step_ = 0
        self.decaying_ = self.optimizer_.param_groups[0]
        self.weight_decay_ = self.decaying_["weight_decay"]

    def on_epoch_begin(self, net, **kwargs):
        super().on_epoch_begin(net, **kwargs)
        # The decay is a prior of the layers: the less noise there is, the less it weighs.
        noise = 1.0 if self.dispersion_ is None else min(1.0, float(self.dispersion_))
        self.decaying_["weight_decay"] = self.weight_decay_ * noise

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        super().on_batch_begin(net, batch=batch, training=training, **kwargs)
        self.step_ += training

    @property
    def done_(self):
        """Which share of all steps the current one ends."""
        return self.step_ / (self.n_steps_ + 1)

    def _set_training(self, training=True):
        if self.module_.training is not training:  # the walk over all modules takes time
            self.module_.train(training)

    def get_all_learnable_params(self):
        """As skorch has it; of a gradient that lists rows, the rows stand for their table.

        Callbacks that clip gradients take no sparse ones.
        """
        for name, parameter in super().get_all_learnable_params():
            if parameter.grad is not None and parameter.grad.is_sparse:
                gradient = parameter.grad = parameter.grad.coalesce()
                parameter = torch.nn.Parameter(parameter.detach()[gradient.indices()[0]])
                parameter.grad = gradient.values()  # the same memory
            yield name, parameter

    def infer(self, x, **fit_params):
        return self.module_(x["categorical"], x["numerical"])

    def get_loss(self, y_pred, y_true, X=None, training=False):
        return _weighted_mean(self.criterion_.value(y_pred, y_true), X)

    def train_step_single(self, batch, **fit_params):
        self._set_training(True)
        X, y = batch
        y_pred = self.infer(X)
        loss = self.get_loss(y_pred, y, X=X, training=True)
        dispersion = self._update_dispersion(y_pred.detach(), y, X)
        (loss / dispersion + PRIOR_STRENGTH * self._divergence()).backward()
        # The history shows the loss as the validation has it, without the prior.
        return {"loss": loss.detach(), "y_pred": y_pred}

    def _divergence(self):
        of_categories, of_numbers = self.module_.divergences()
        return of_categories + min(1, self.done_ / NUMERIC_WARM_UP) * of_numbers / self.n_samples_

    def _update_dispersion(self, y_pred, y, X):
        """Moving average of the dispersion over the batches.

        Only rows that show all their categories count: of the others the
        network knows less than of any row it will predict.
        """
        values = self.criterion_.dispersion(y_pred, y)
        weight = X.get("sample_weight", torch.ones_like(values))
        embeddings = self.module_.embeddings
        if embeddings is not None and embeddings.intact is not None:
            weight = weight * embeddings.intact
        now = (values * weight).sum() / weight.sum()
        before = torch.ones_like(now) if self.dispersion_ is None else self.dispersion_
        moved = now if self.dispersion_ is None else before.lerp(now, 0.01)
        # Where no row counts, it is not a number.
        self.dispersion_ = torch.where(now.isfinite(), moved, before)
        return self.dispersion_.clamp(min=LEAST_DISPERSION)


def _weighted_mean(values, X):
    weight = X.get("sample_weight")
    return values.mean() if weight is None else (values * weight).mean()


def _callbacks(settings, keep_best):
    # What a callback keeps, such as an optimizer, stays out of the estimator's parameter.
    given = [
        (cb[0], copy.copy(cb[1])) if isinstance(cb, tuple) else copy.copy(cb)
        for cb in settings.callbacks
    ]
    callbacks = [("keep_best", keep_best)]
    if not any(isinstance(cb[1] if isinstance(cb, tuple) else cb, LRScheduler) for cb in given):
        callbacks.insert(0, ("schedule", CosineSchedule()))
    if settings.verbose:
        callbacks.append(("progress", Progress()))
    # The user's come first: what they record or change in an epoch is seen by ours.
    return [*given, *callbacks]


class CosineSchedule(Callback):
    """Learning rate up in a straight line for `WARM_UP` of all steps, then down by a cosine."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.peaks_ = [group["lr"] for group in net.optimizer_.param_groups]

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        if not training:
            return
        done = net.done_
        if done < WARM_UP:
            factor = done / WARM_UP
        else:
            factor = 0.5 + 0.5 * math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))
        for group, peak in zip(net.optimizer_.param_groups, self.peaks_, strict=True):
            group["lr"] = peak * factor

    def on_epoch_end(self, net, **kwargs):
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])


class KeepBest(Callback):
    """Restore the epoch of lowest validation loss; stop when it ceases to fall."""

    def __init__(self, settings):
        self.settings = settings

    def initialize(self):
        self.n_iter = 0
        self.best_iter = 0
        self.improved_iter = 0
        self.best_loss = self.loss_to_beat = math.inf
        return self

    def on_epoch_end(self, net, **kwargs):
        self._refuse_divergence(net)
        self.n_iter = net.history[-1, "epoch"]
        if not self.settings.early_stopping:
            return
        loss = net.history[-1, "valid_loss"]
        if loss < self.best_loss:
            self.best_loss, self.best_iter = loss, self.n_iter
            self.best_weights = copy.deepcopy(net.module_.state_dict())
        if loss < self.loss_to_beat - self.settings.tol:
            self.loss_to_beat, self.improved_iter = loss, self.n_iter
        elif self.n_iter - self.improved_iter >= self.settings.n_iter_no_change:
            raise KeyboardInterrupt  # skorch's way to end training

    def on_train_end(self, net, **kwargs):
        if self.best_iter:
            net.module_.load_state_dict(self.best_weights)

    def _refuse_divergence(self, net):
        loss = net.history[-1, "train_loss"]
        if not math.isfinite(loss):
            raise ValueError(
                f"Training diverged: the loss became {loss} in epoch {net.history[-1, 'epoch']}. "
                f"Lower learning_rate_init (now {self.settings.learning_rate_init:g})."
            )


class Progress(Callback):
    """A bar over epochs that shows the losses."""

    def on_train_begin(self, net, **kwargs):
        from tqdm.auto import tqdm

        self.bar_ = tqdm(total=net.max_epochs, unit="epoch")

    def on_epoch_end(self, net, **kwargs):
        epoch = net.history[-1]
        losses = {k: f"{epoch[k]:.4g}" for k in ("train_loss", "valid_loss") if k in epoch}
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        self.bar_.close()


def _history_frame(history):
    """One row per epoch: losses, learning rate, seconds, and what callbacks recorded."""
    frame = pd.DataFrame([{k: v for k, v in row.items() if k != "batches"} for row in history])
    frame = frame.rename(columns={"dur": "seconds"}).set_index("epoch")
    housekeeping = [c for c in frame if c.endswith(("_batch_count", "_best"))]
    return frame.drop(columns=housekeeping)
