"""This command follows the protocol of Guo & Berkhahn (2016), our errors beside theirs.

    python -m benchmarks.rossmann                      # as in docs/benchmarks.md
    python -m benchmarks.rossmann --rows 5000 --seeds 2 --trees 10 --epochs 3

They predict the sales of drug stores. Days without sales are dropped and the rest is
ordered by date. 200,000 rows are sampled from the oldest 90 % to learn from; the newest
10 % are the test. All models learn log(Sales); the error is the mean absolute
percentage error of Sales.
"""

import argparse

from ..report import NOTHING, header, line
from .protocol import run


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.rossmann", description=about)
    add = parser.add_argument
    add("--rows", type=int, default=200_000, help="rows to learn from")
    add("--seeds", type=int, default=5, help="networks with embeddings")
    add("--plain-seeds", type=int, default=1, help="networks on one-hot")
    add("--vector-seeds", type=int, default=1, help="networks to take vectors of")
    add("--epochs", type=int, help="at most so many; the library's default if not given")
    add("--trees", type=int, default=100, help="of the forest; boosting has ten times as many")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Print the table as Markdown."""
    rows = list(run(parse(arguments)))
    for row in header(["model", "paper, without", "paper, with", "ours, without", "ours, with"]):
        print(row)
    for name, *paper, without, with_vectors in rows:
        theirs = (NOTHING if error is None else f"{error:.3f}" for error in paper)
        print(line([name, *theirs, without, with_vectors]))


if __name__ == "__main__":
    main()
