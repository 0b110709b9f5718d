"""What happens between epochs: learning rate, early stopping, progress bar."""

import copy
import math
import time

from skorch.callbacks import Callback, LRScheduler

from .._shown import shown

WARM_UP = 0.05
# A longer one shows its steps, as often as that: each step on a line of its own would flood a log.
SECONDS_OF_A_SHORT_EPOCH = 1.0


class TrainingEnded(Exception):  # noqa: N818
    """Ends training early and in order, where a KeyboardInterrupt ends `fit`."""


class CosineSchedule(Callback):
    """Raise the learning rate in a straight line for `WARM_UP` of all steps, then lower it."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.peaks_ = [group["lr"] for group in net.optimizer_.param_groups]

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        if not training:
            return
        done = net.clock_.done
        if done < WARM_UP:
            factor = done / WARM_UP
        else:
            factor = 0.5 + 0.5 * math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))
        for group, peak in zip(net.optimizer_.param_groups, self.peaks_, strict=True):
            group["lr"] = peak * factor

    def on_epoch_end(self, net, **kwargs):
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])


class KeepBest(Callback):
    """Restore the epoch of lowest validation loss; end training when it ceases to fall.

    Training also ends when its clock has run out.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    n_iter : int
        Epochs that have run.
    best_iter : int
        The epoch to restore; 0 without early stopping.
    """

    def __init__(self, settings):
        self.settings = settings

    def initialize(self):
        self.n_iter = 0
        self.best_iter = 0
        self.improved_iter = 0
        self.best_loss = self.loss_to_beat = math.inf
        return self

    def on_epoch_end(self, net, **kwargs):
        self._refuse_infinite_loss(net)
        self.n_iter = net.history[-1, "epoch"]
        if self.settings.early_stopping:
            self._compare(net)
        if self.is_over(net):
            raise TrainingEnded

    def is_over(self, net):
        """Whether training is to end after the epochs that have run."""
        waited = self.n_iter - self.improved_iter
        stopped = self.settings.early_stopping and waited >= self.settings.n_iter_no_change
        return net.clock_.is_over or stopped

    def _compare(self, net):
        loss = net.history[-1, "valid_loss"]
        if loss < self.best_loss:
            self.best_loss, self.best_iter = loss, self.n_iter
            self.best_weights = copy.deepcopy(net.module_.state_dict())
        if loss < self.loss_to_beat - self.settings.tol:
            self.loss_to_beat, self.improved_iter = loss, self.n_iter

    def on_train_end(self, net, **kwargs):
        if self.best_iter:
            net.module_.load_state_dict(self.best_weights)

    def _refuse_infinite_loss(self, net):
        loss = net.history[-1, "train_loss"]
        if not math.isfinite(loss):
            raise ValueError(
                f"Training diverged: the loss became {loss} in epoch {net.history[-1, 'epoch']}. "
                f"Lower learning_rate_init (now {self.settings.learning_rate_init:g})."
            )


class SharedLosses(Callback):
    """Average the losses of an epoch over the rows of all workers.

    Parameters
    ----------
    exchange : Exchange
    """

    def __init__(self, exchange):
        self.exchange = exchange

    def on_epoch_end(self, net, **kwargs):
        epoch, sums = net.history[-1], []
        for part in ("train", "valid"):
            n_rows = sum(batch.get(f"{part}_batch_size", 0) for batch in epoch["batches"])
            sums += [epoch[f"{part}_loss"] * n_rows if n_rows else 0.0, n_rows]
        losses, n_rows, losses_of_valid, n_valid = self.exchange.sum(*sums)
        net.history.record("train_loss", losses / n_rows)
        if n_valid:  # of any worker
            net.history.record("valid_loss", losses_of_valid / n_valid)


class Progress(Callback):
    """Show epochs with their losses on a bar, and the steps of an epoch that takes long.

    Parameters
    ----------
    bar : Bar
    """

    def __init__(self, bar):
        self.bar = bar

    def on_train_begin(self, net, **kwargs):
        self.bar.begin_network()

    def on_epoch_begin(self, net, **kwargs):
        self.n_steps_, self.due_ = 0, time.perf_counter() + SECONDS_OF_A_SHORT_EPOCH

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.n_steps_ += 1
            now = time.perf_counter()
            if now >= self.due_:
                self.due_ = now + SECONDS_OF_A_SHORT_EPOCH
                self.bar.end_step(self.n_steps_, net.clock_.steps_per_epoch)

    def on_epoch_end(self, net, **kwargs):
        epoch = net.history[-1]
        losses = {k: epoch[k] for k in ("train_loss", "valid_loss") if k in epoch}
        self.bar.end_epoch(epoch["epoch"], net.clock_.n_left, losses)


def check_callbacks(given):
    """Refuse what is no callback; `given` is what `arrange_callbacks` takes."""
    for number, element in enumerate(given):
        pair = isinstance(element, tuple)
        if pair and not (len(element) == 2 and isinstance(element[0], str)):
            raise TypeError(
                f"callbacks[{number}] is {shown(element)}: a tuple must hold a name and a callback."
            )
        callback = element[1] if pair else element
        kind = callback if isinstance(callback, type) else type(callback)
        if callback is not None and not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks[{number}] is {shown(element)}, and no skorch callback. Make one "
                "of a class that derives from skorch.callbacks.Callback."
            )


def arrange_callbacks(given, keep_best, progress, checkpoints=None, exchange=None):
    """Put the callbacks of a training in order.

    Parameters
    ----------
    given : list of skorch callbacks, or pairs of name and callback
        The user's; a `LRScheduler` among them replaces the cosine.
    keep_best : KeepBest
    progress : Progress or None
    checkpoints : Checkpoints or None
    exchange : Exchange or None
    """
    # What a callback keeps, such as an optimizer, stays out of the estimator's parameter.
    copies = [(cb[0], copy.copy(cb[1])) if isinstance(cb, tuple) else copy.copy(cb) for cb in given]
    own = [("keep_best", keep_best)]
    if not any(isinstance(cb[1] if isinstance(cb, tuple) else cb, LRScheduler) for cb in copies):
        own.insert(0, ("schedule", CosineSchedule()))
    if progress is not None:
        own.append(("progress", progress))
    if checkpoints is not None:  # last, as it holds what all others have done
        own.append(("checkpoints", checkpoints))
    first = [] if exchange is None else [("shared_losses", SharedLosses(exchange))]
    # The user's come before ours: what they record or change in an epoch is seen by these.
    return [*first, *copies, *own]
