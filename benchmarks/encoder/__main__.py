"""This command puts vectors in front of five models, beside the encoders people would use instead.

    python -m benchmarks.encoder                        # everything; more than an hour
    python -m benchmarks.encoder --inner --tasks amazon --sizes small --seeds 1
    python -m benchmarks.encoder --axes                 # do two seeds find the same?
    python -m benchmarks.encoder --cost                 # of cross-fitting; nothing else may run

The tasks, rows and errors are those of benchmarks.accuracy, but "full" learns from up
to 20,000 rows and tests on as many. An encoder learns once per split; every model
reads what it gives. encoders.py says what the encoders are, downstream.py what the
models are and where an encoding is left out. What an encoder led to is appended to a
file at once, and taken from there if versions and rows are the same; the version of
ours is a checksum of the library's code.

--inner scores on rows split off from those to learn from, to choose settings.
"""

import argparse

import torch
from threadpoolctl import threadpool_limits

from ..options import add_split_options
from ..report import headline, say
from ..store import OUTPUT, to_frame
from ..tasks import TASKS
from .axes import axes
from .cost import cost
from .encoders import ENCODERS
from .run import Run, capped
from .tables import EncoderTables


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.encoder", description=about)
    add_split_options(parser, OUTPUT / "encoder.jsonl")
    add = parser.add_argument
    add("--encoders", nargs="+", choices=ENCODERS, default=list(ENCODERS), metavar="ENCODER")
    add("--axes", action="store_true", help="only correlations between two seeds")
    add("--cost", action="store_true", help="only the time of cross-fitting")
    return parser.parse_args(arguments)


def _full(name):
    return capped(TASKS[name]).split("full", 0)


def main(arguments=None):
    """Progress to stderr, tables to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    if options.axes or options.cost:
        for row in axes(_full) if options.axes else cost(_full, options.seeds):
            say(row)
        return
    with threadpool_limits(options.threads):
        lines = list(Run(options).lines())
    print(headline(options.inner))
    for row in EncoderTables(to_frame(lines), options.tasks).render():
        print(row)


if __name__ == "__main__":
    main()
