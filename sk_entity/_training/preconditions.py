"""What training needs is there."""

from collections.abc import Iterable
from typing import Any

from .callbacks import check_callbacks
from .device import resolve_device
from .forks import refuse_threads_of_parent


def check_training(device: str, callbacks: Iterable[Any] | None) -> None:
    """Refuse, before anything that takes long, what training would end in.

    Raises
    ------
    RuntimeError
        In a process where torch has lost its threads.
    TypeError
        For what is no callback.
    ValueError
        If the device is not there.
    """
    refuse_threads_of_parent()
    resolve_device(device)
    check_callbacks(callbacks or ())
