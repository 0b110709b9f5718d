"""A process that is forked off has none of torch's threads, and would wait for them for ever."""

import os
from pathlib import Path

import torch

# The process in which training first used several threads; a fork inherits the number.
_process_with_threads: int | None = None


def refuse_threads_of_parent():
    """Refuse to train where torch would hang: its threads have stayed in the parent process.

    Raises
    ------
    RuntimeError
        If this process was forked off one that has trained with several threads.
    """
    global _process_with_threads
    if torch.get_num_threads() == 1:
        return
    if _process_with_threads is None:
        _process_with_threads = os.getpid()
    elif _process_with_threads != os.getpid() and _threads_are_lost():
        raise RuntimeError(
            "This process was forked off one in which torch has trained with several threads, and "
            "training would wait for these threads for ever. Start processes by "
            "multiprocessing.get_context('spawn') or 'forkserver', or by joblib's default backend "
            "'loky'; or call torch.set_num_threads(1) in this process, or set OMP_NUM_THREADS=1 "
            "before Python starts. Prediction needs no torch, and works."
        )


def _threads_are_lost():
    """Whether threads are those of GNU's OpenMP; others start new ones after a fork."""
    try:
        return "libgomp" in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
