"""This module compares training on a GPU with this machine's CPU and a bare loop on the GPU."""

import torch

from ..report import say
from . import library
from .comparison import Comparison, compare
from .loops import bare_loop
from .timing import timed


def on_gpu(options):
    """Training on a GPU, where there is one."""
    if not torch.cuda.is_available():
        against = "CPU; bare loop on the GPU"
        yield Comparison("epoch on the GPU, batch 65,536", against, note="no GPU")
        return
    say(torch.cuda.get_device_name())
    n_rows, batch, epochs = (200_000 if options.quick else 10_000_000), 65_536, 3
    coder, examples = library.rossmann_like(n_rows)
    few = library.rossmann_like(n_rows // 10)[1]
    work = f"epoch on the GPU, {n_rows:,} rows, batch {batch:,}"
    on_cpu, on_cuda, bare = (
        library.network_for(coder, examples, library.DEFAULT) for _ in range(3)
    )
    bare.cuda()
    rows = library.tensors(examples, "cuda")

    def train_on_gpu():
        library.train(on_cuda, examples, batch_size=batch, epochs=epochs, device="cuda")
        torch.cuda.synchronize()

    def loop_on_gpu():
        bare_loop(bare, rows, batch_size=batch, epochs=epochs)
        torch.cuda.synchronize()

    def train_on_cpu():
        library.train(on_cpu, few, batch_size=batch, epochs=1)

    gpu = timed(train_on_gpu, per=epochs * n_rows)
    cpu = timed(train_on_cpu, per=library.n_rows_of(few))
    threads = f"the same on the CPU, {options.threads} threads, a tenth of the rows"
    yield compare(work, threads, "≥ 10", gpu, cpu, options)
    loop = timed(loop_on_gpu, per=epochs * n_rows)
    yield compare(work, "bare loop on the GPU", "≥ 0.9", gpu, loop, options)
