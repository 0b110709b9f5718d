"""This command measures fits of many rows, in memory and from disk, and compares their errors.

    python -m benchmarks.scale                                   # as in docs/scale.md; an hour
    python -m benchmarks.scale --rows 200000 --repeats 1         # does it run?
    python -m benchmarks.scale --quality                         # errors on real tables as well
    python -m benchmarks.scale --write docs/scale_tables.md      # and write what the docs show

Rows are made up: five categorical columns with up to a hundred thousand levels, three numbers,
and a target. They are written to Parquet files in a temporary folder, about 45 bytes a row,
which are removed in the end. Each fit has a process of its own; that of a stream is held to
--limit GiB of memory. Results are appended to --results, and taken from there if they were
measured with the same code.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from ..report import say
from ..store import STORED
from ..tasks import TASKS
from . import quality, run
from .page import as_file, page


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.scale", description=about)
    add = parser.add_argument
    add("--rows", type=int, nargs="*", default=[100_000, 1_000_000, 20_000_000])
    add("--repeats", type=int, default=3, help="fits of each, in turns")
    add("--epochs", type=int, default=2)
    add("--batch", type=_batch, default=1024, help="rows per step, or auto")
    add("--limit", type=float, default=2.0, help="GiB of memory that a stream may have")
    add("--limit-by", choices=("auto", "cgroup", "address space"), default="auto")
    add("--threads", type=int, default=os.cpu_count())
    add("--folder", type=Path, default=Path(tempfile.gettempdir()), help="for temporary files")
    add("--quality", action="store_true", help="also the errors on real tables")
    add("--tasks", nargs="+", choices=TASKS, default=list(quality.REAL), metavar="TASK")
    add("--size", choices=("full", "small", "all"), default="full")
    add("--seeds", type=int, default=5)
    add("--results", type=Path, default=STORED / "scale.jsonl", help="the file to append to")
    add("--rerun", action="store_true", help="take no result from the file")
    add("--write", type=Path, help="a file for the tables, as Markdown")
    options = parser.parse_args(arguments)
    options.settings = {}
    return options


def _batch(text):
    return text if text == "auto" else int(text)


def main(arguments=None):
    """Progress to stderr, tables to stdout and to a file."""
    options = parse(arguments)
    lines = list(run.measure(options))
    errors = []
    if options.quality:
        import torch
        from threadpoolctl import threadpool_limits

        torch.set_num_threads(options.threads)
        with threadpool_limits(options.threads):
            errors = list(quality.measure(options))
    rows = list(page(lines, errors))
    say("\n".join(rows))
    if options.write:
        options.write.write_text(as_file(rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
