"""One bar shows how far training is: of one network, or of several, one after the other."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_shared: ContextVar[Bar | None] = ContextVar("bar", default=None)


class Bar:
    """A bar over the epochs of all networks.

    Parameters
    ----------
    n_networks : int
        To train; more than one are counted in front of the bar.
    kind : class or None
        Of the bar of tqdm; None for what fits a terminal or a notebook.
    """

    def __init__(self, n_networks: int = 1, kind: Any = None):
        self.n_networks = n_networks
        self.n_begun = 0
        self.before = 0
        self.bar = (kind or kind_of_bar())(unit="epoch")

    def begin_network(self) -> None:
        """Say which network of how many it is."""
        self.before = self.bar.n
        self.n_begun += 1
        if self.n_networks > 1:
            self.bar.set_description(f"network {self.n_begun} of {self.n_networks}")

    def expect(self, n_epochs: int) -> None:
        """Count on so many epochs of the networks from now on."""
        self.bar.total = self.bar.n + n_epochs
        self.bar.refresh()

    def end_epoch(self, done: int, left: int, losses: dict[str, float]) -> None:
        """Count an epoch of the network, and show its losses."""
        total = self.before + done + left
        # What the networks to come take is known once the first is trained.
        self.bar.total = total if self.n_begun == 1 else max(total, self.bar.total)
        self._show_losses(losses)
        self.bar.update()

    def end_step(self, done: int, of: int) -> None:
        """Show how far a long epoch is."""
        self.bar.set_postfix({"step": f"{done} of {of}"})

    def end_network_elsewhere(self, n_epochs: int, losses: dict[str, float]) -> None:
        """Count a network that another process has trained."""
        self.begin_network()
        self._show_losses(losses)
        self.bar.update(n_epochs)

    def say(self, text: str) -> None:
        """Say what is done beside training."""
        self.bar.set_description(text)

    def close(self) -> None:
        """Leave the bar as it is."""
        self.bar.close()

    def _show_losses(self, losses):
        self.bar.set_postfix({k: f"{loss:.4g}" for k, loss in losses.items()}, refresh=False)


@contextmanager
def shared_bar(n_networks: int, kind: Any = None) -> Iterator[Bar]:
    """Let all networks that are trained inside of the block, in this process, share a bar.

    Parameters
    ----------
    n_networks : int
    kind : class or None
        Of the bar of tqdm; None for what fits a terminal or a notebook.
    """
    bar = Bar(n_networks, kind)
    before = _shared.set(bar)
    try:
        yield bar
    finally:
        _shared.reset(before)
        bar.close()


def current_bar() -> Bar | None:
    """Return the bar that is shared here, if there is one."""
    return _shared.get()


def kind_of_bar() -> Any:
    """Return the class of tqdm's bars that fits a terminal or a notebook."""
    # tqdm.auto warns in notebooks that cannot show its widget.
    if importlib.util.find_spec("ipywidgets") is None:
        from tqdm import tqdm
    else:
        from tqdm.auto import tqdm
    return tqdm
