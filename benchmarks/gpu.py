"""This module measures training on a GPU beside this machine's CPU, on ten million rows.

    python -m benchmarks.gpu                        # ten million rows
    python -m benchmarks.gpu --rows 200000          # does it run?

Rows are made up and coded: five categorical columns with up to a hundred thousand levels and
three numbers. Training is the library's own, set-up and copies included. The CPU, on all of its
threads, trains on a share of the rows, and both take turns; the ratio is of rows per second.
Without a GPU only the CPU is measured, and the command says so.
"""

import argparse
import os
import statistics
import sys

from .report import header, say
from .speed.comparison import COLUMNS, Comparison, compare, rate
from .speed.machine import describe, warn_if_busy

LEVELS = (10, 100, 1_000, 10_000, 100_000)
N_NUMBERS = 3
GOAL = "≥ 10"


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.gpu", description=about)
    add = parser.add_argument
    add("--rows", type=int, default=10_000_000)
    add("--batch", type=int, default=65_536)
    add("--epochs", type=int, default=3, help="of the GPU; the CPU has one")
    add("--cpu-share", type=int, default=10, help="the CPU trains on one of so many rows")
    add("--runs", type=int, default=5)
    add("--threads", type=int, default=os.cpu_count())
    add("--device", default="cuda", help='"cuda:1" is the second GPU')
    return parser.parse_args(arguments)


def measure(options):
    """The line of the table; without a GPU it says what the CPU does."""
    import torch

    from .speed import library
    from .speed.timing import timed

    torch.set_num_threads(options.threads)
    examples = library.of_levels(options.rows, LEVELS, N_NUMBERS)
    few = library.first_rows(examples, max(options.rows // options.cpu_share, 1))
    work = f"training on {options.rows:,} rows, batch {options.batch:,}"
    beside = f"the CPU, {options.threads} threads, {library.n_rows_of(few):,} rows"

    def train(rows, epochs, device):
        network = library.network_of_levels(options.rows, LEVELS, N_NUMBERS)
        library.train(network, rows, batch_size=options.batch, epochs=epochs, device=device)
        if device != "cpu":
            torch.cuda.synchronize(device)

    on_cpu = timed(lambda: train(few, 1, "cpu"), per=library.n_rows_of(few))
    if not torch.cuda.is_available():
        on_cpu()
        seconds = [on_cpu() for _ in range(options.runs)]
        say(f"{beside}: {rate(statistics.median(seconds))}")
        return Comparison(work, beside, GOAL, note=f"torch {torch.__version__} finds no GPU")
    say(torch.cuda.get_device_name(options.device))
    per = options.epochs * options.rows
    on_gpu = timed(lambda: train(examples, options.epochs, options.device), per=per)
    return compare(work, beside, GOAL, on_gpu, on_cpu, options)


def main(arguments=None):
    """Print rows per second, the ratio and its spread, and the machine."""
    options = parse(arguments)
    warn_if_busy()
    line = measure(options)
    for text in (*header(COLUMNS), line, "", *describe(options.threads)):
        say(text)


if __name__ == "__main__":
    sys.exit(main())
