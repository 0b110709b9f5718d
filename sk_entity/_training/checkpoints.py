"""A training on disk is kept in a file as it goes, and goes on from there after an end by force."""

import copy
import pickle
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from .._atomic_file import replacing
from .._shown import shown
from .callbacks import KeepBest, TrainingEnded
from .exchange import Exchange

SECONDS_BETWEEN = 60.0
# What reading a file ends in that is none of `_write`.
BROKEN = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
OF_KEEP_BEST = "n_iter", "best_iter", "improved_iter", "best_loss", "loss_to_beat", "best_weights"


class Checkpoints(Callback):
    """Keeps the state of a training, and restores the one that is there.

    It is kept after each epoch, and within an epoch as time passes, between groups of
    batches that are prepared together. The steps that follow are the same, bit for bit,
    whether training was interrupted or not.

    Parameters
    ----------
    path : Path
        Of the file.
    keep_best : KeepBest
    generator : torch.Generator
        That of the network.
    exchange : Exchange or None
        With workers that are in the same state, which the first one keeps.
    """

    def __init__(
        self,
        path: Path,
        keep_best: KeepBest,
        generator: torch.Generator,
        exchange: Exchange | None = None,
    ):
        self.path, self.keep_best, self.generator = path, keep_best, generator
        self.exchange = exchange

    def on_train_begin(self, net, **kwargs):
        self.state_, self.is_over_ = None, False
        if self.path.exists():
            with self._named():
                # Nothing but tensors and plain values is read.
                self.state_ = torch.load(self.path, map_location=net.device, weights_only=True)
                self._restore(net, self.state_)
            # Asked before an epoch begins, which winds the clock up again.
            self.is_over_ = not self.state_["step"] and self.keep_best.is_over(net)
        self.due_ = time.monotonic() + SECONDS_BETWEEN

    @contextmanager
    def _named(self):
        """Name the file in errors; torch's own would say to read it in a way that runs code."""
        try:
            yield
        except BROKEN as error:
            if "memory" in str(error):  # there was not enough of it
                raise
            raise ValueError(
                f"{shown(str(self.path))} is damaged, or no checkpoint of this training "
                f"({type(error).__name__}). Empty the folder to begin anew."
            ) from None

    def on_epoch_begin(self, net, **kwargs):
        state, self.state_ = self.state_, None
        if state is None:
            return
        net.batches_.epoch, net.batches_.step = state["epoch"], state["step"]
        if state["step"]:  # in the middle of an epoch, which has begun a second time here
            self._restore(net, state)
        elif self.is_over_:
            raise TrainingEnded

    def on_batch_end(self, net, training=False, **kwargs):
        if training and net.batches_.between and self._is_due():
            self._keep(net, net.batches_.epoch, net.batches_.step)

    def on_epoch_end(self, net, **kwargs):
        net.history[-1]["batches"] = []  # of a long training, they would take memory
        self._keep(net, net.batches_.epoch, 0)

    def _is_due(self):
        is_due = time.monotonic() >= self.due_
        return is_due if self.exchange is None else bool(self.exchange.sum(is_due)[0])

    def _keep(self, net, epoch: int, step: int) -> None:
        self.due_ = time.monotonic() + SECONDS_BETWEEN
        if self.exchange is None or self.exchange.rank == 0:
            self._write(net, epoch, step)
        if self.exchange is not None and self.exchange.report is not None:
            self.exchange.report(self.path)

    def _write(self, net, epoch, step):
        best = {name: getattr(self.keep_best, name, None) for name in OF_KEEP_BEST}
        state = {
            "module": net.module_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "residual": net.residual_,
            "clock": vars(net.clock_),
            "history": [dict(row) for row in net.history],
            "draws": self.generator.get_state(),
            "epoch": epoch,
            "step": step,
            "keep_best": best,
        }
        with replacing(self.path) as file:
            _save(_plain(state), file)

    def _restore(self, net: Any, state: dict[str, Any]) -> None:
        net.module_.load_state_dict(state["module"])
        net.optimizer_.load_state_dict(state["optimizer"])
        net.decaying_ = net.optimizer_.param_groups[0]
        net.residual_ = state["residual"]
        for name in vars(net.clock_):
            setattr(net.clock_, name, state["clock"][name])
        net.history.clear()
        net.history.extend(copy.deepcopy(state["history"]))
        self._restore_draws(state)
        for name in OF_KEEP_BEST:
            setattr(self.keep_best, name, state["keep_best"][name])

    def _restore_draws(self, state):
        if self.exchange is None:
            self.generator.set_state(state["draws"].cpu())
            return
        # The state is the first worker's, and each worker draws what is its own.
        place = [self.generator.initial_seed(), state["epoch"], state["step"]]
        seed = np.random.SeedSequence(place).generate_state(1, np.uint64)[0]
        self.generator.manual_seed(int(seed >> np.uint64(1)))


def _save(state, file):
    try:
        torch.save(state, file)
    except RuntimeError as error:
        # As torch closes what it could not write, it hides why.
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def _plain(value: Any) -> Any:
    """The same without NumPy's scalars, which would have to be trusted."""
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value
