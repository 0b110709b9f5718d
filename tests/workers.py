"""Workers of a test: threads of this process, each with its end of an exchange."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import torch.distributed as dist

from sk_entity._training.exchange import Exchange


def together(n_workers, work):
    """Let so many workers do ``work(exchange)`` at the same time; return what each has found."""
    store, everybody = dist.HashStore(), threading.Barrier(n_workers)

    def run(rank):
        everybody.wait()
        group = dist.ProcessGroupGloo(store, rank, n_workers, timedelta(seconds=30))
        return work(Exchange(group))

    with ThreadPoolExecutor(n_workers) as threads:
        return list(threads.map(run, range(n_workers)))
