"""This command compares the errors of the default network with those of other models.

    python -m benchmarks.accuracy                       # everything; takes hours
    python -m benchmarks.accuracy --inner --models ours --tag wider --set dropout=0.2
    python -m benchmarks.accuracy --tag before          # then change the code, then:
    python -m benchmarks.accuracy --compare before
    python -m benchmarks.accuracy --tasks adult salaries --sizes small --seeds 1 --tag look

Every model learns from the same rows with its own defaults; benchmarks/splits.py says
which rows test, models.py what a model is. "small" has 2,000 rows to learn from, "full"
up to 50,000 (Rossmann 200,000).

Each result is appended to a file at once, and taken from there if model, version and
rows are the same; the version of ours is a checksum of the library's code. The file is
benchmarks/results/accuracy.jsonl, which belongs to the project: whoever appends results
of new code to it makes all of them, and writes the tables of the docs with --write.
Results under a tag or on validation rows go to output/accuracy.jsonl instead.

RealMLP and TabM have an environment of their own and take hours: they run only if
named or --slow, and what is stored of them is shown:

    python -m benchmarks.accuracy --models realmlp tabm --results benchmarks/results/slow.jsonl

--inner scores on rows split off from those to learn from: this is for choosing
settings. It reads, makes and prints no result on the rows that test.
"""

import argparse
import ast
import sys
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from ..options import add_split_options
from ..store import OUTPUT, STORED
from .models import MODELS
from .models_apart import MODELS_APART
from .page import as_file, page
from .run import EVERY_MODEL, Run

FILE = "accuracy.jsonl"


def _setting(text):
    key, _, value = text.partition("=")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.accuracy", description=about)
    add_split_options(parser)
    add = parser.add_argument
    add(
        "--models",
        nargs="+",
        choices=EVERY_MODEL,
        metavar="MODEL",
        help="to run; others are shown if stored",
    )
    add("--all-rows", action="store_true", help="also all rows of the claims, once, three models")
    add("--slow", action="store_true", help="run RealMLP and TabM too, where they are not stored")
    add("--tag", default="", help="a name for these results of ours")
    add("--compare", nargs="+", default=[], metavar="TAG", help="show stored results of ours, too")
    add(
        "--set",
        nargs="+",
        default=[],
        type=_setting,
        dest="settings",
        metavar="NAME=VALUE",
        help="settings of ours; needs --tag",
    )
    add("--also", nargs="+", type=Path, default=[], help="further files to take results from")
    add("--write", type=Path, help="a file for the tables, as Markdown")
    options = parser.parse_args(arguments)
    options.settings = dict(options.settings)
    if options.settings and not options.tag:
        parser.error("--set needs --tag: the table is of the defaults.")
    options.models = options.models or [*MODELS, *(MODELS_APART if options.slow else ())]
    own = options.tag or options.inner
    options.results = options.results or (OUTPUT if own else STORED) / FILE
    options.also = [*(STORED / name for name in (FILE, "realmlp.jsonl")), *options.also]
    options.also_tagged = [*options.also, OUTPUT / FILE]
    return options


def main(arguments=None):
    """Progress to stderr, tables to stdout and, if nothing failed, to a file."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    run = Run(options)
    with threadpool_limits(options.threads):
        lines = list(run.lines())
    if lines:
        rows = list(page(options, lines))
        print(*rows, sep="\n")
        if options.write and not run.failed:
            options.write.write_text(as_file(rows), encoding="utf-8")
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
