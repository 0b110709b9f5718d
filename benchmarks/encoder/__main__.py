"""This command puts vectors in front of five models, beside the encoders people would use instead.

    python -m benchmarks.encoder                        # everything; more than an hour
    python -m benchmarks.encoder --inner --tasks amazon --sizes small --seeds 1 --parts errors
    python -m benchmarks.encoder --parts axes           # do two seeds find the same?
    python -m benchmarks.encoder --parts cost           # of cross-fitting; nothing else may run
    python -m benchmarks.encoder --parts alone apart    # one column; training beside prediction

The tasks, rows and errors are those of benchmarks.accuracy, but "full" learns from up
to 20,000 rows and tests on as many. An encoder learns once per split; every model
reads what it gives. encoders.py says what the encoders are, downstream.py what the
models are and where an encoding is left out.

Each result is appended to a file at once, and taken from there if versions and rows are
the same; the version of ours is a checksum of the library's code. The file is
benchmarks/results/encoder.jsonl, which belongs to the project; --write writes the tables
of the docs. Results on validation rows go to output/encoder.jsonl instead.

--inner scores on rows split off from those to learn from, to choose settings.
"""

import argparse
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from ..options import add_split_options
from ..store import OUTPUT, STORED, Store
from . import measures
from .encoders import ENCODERS
from .page import ERRORS, MEASURES, as_file, page
from .run import Run

FILE = "encoder.jsonl"


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.encoder", description=about)
    add_split_options(parser)
    add = parser.add_argument
    add("--encoders", nargs="+", choices=ENCODERS, default=list(ENCODERS), metavar="ENCODER")
    add(
        "--parts",
        nargs="+",
        choices=[ERRORS, *MEASURES],
        help="of the page; all of them if left out",
    )
    add("--write", type=Path, help="a file for the tables, as Markdown")
    options = parser.parse_args(arguments)
    if options.inner and set(options.parts or MEASURES) - {ERRORS}:
        options.parts = [ERRORS]
    options.parts = options.parts or [ERRORS, *MEASURES]
    options.results = options.results or (OUTPUT if options.inner else STORED) / FILE
    return options


def main(arguments=None):
    """Progress to stderr, tables to stdout and, if asked for, to a file."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    with threadpool_limits(options.threads):
        errors = list(Run(options).lines()) if ERRORS in options.parts else []
        store = Store(options.results)
        found = {
            name: list(measures.lines(name, measure, options, store))
            for name, measure in MEASURES.items()
            if name in options.parts
        }
    rows = list(page(options, errors, found))
    print(*rows, sep="\n")
    if options.write:
        options.write.write_text(as_file(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
