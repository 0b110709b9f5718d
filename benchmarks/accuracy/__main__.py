"""This command compares the errors of the default network with those of other models.

    python -m benchmarks.accuracy                       # everything; takes hours
    python -m benchmarks.accuracy --inner --models ours --tag wider --set dropout=0.2
    python -m benchmarks.accuracy --tasks adult salaries --sizes small --seeds 1

Every model learns from the same rows with its own defaults; benchmarks/splits.py says
which rows test, models.py what a model is. "small" has 2,000 rows to learn from, "full"
up to 50,000 (Rossmann 200,000). Each result is appended to a file at once. Results
of other models are taken from there if model, version and rows are the same; ours
are made anew unless --resume. RealMLP and TabM have an environment of their own and
take hours: they run only if named or --slow, and what is stored of them is shown:

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
from ..report import headline
from ..store import STORED, to_frame
from ..tasks import TASKS
from .models import MODELS, OURS
from .models_apart import MODELS_APART
from .run import EVERY_MODEL, Run
from .tables import AccuracyTables


def show(options, lines):
    """The tables, what they were measured on, and with which versions."""
    print(headline(options.inner))
    labels = {key: model.label for key, model in EVERY_MODEL.items()}
    for tag in options.compare:
        labels[f"{OURS} {tag}"] = f"{labels[OURS]} ({tag})"
    if options.tag:
        labels[OURS] += f" ({options.tag})"
    present = {line["model"] for line in lines}
    labels = {key: label for key, label in labels.items() if key in present}
    trees = [key for key, model in EVERY_MODEL.items() if model.tree]
    tasks = [TASKS[name] for name in TASKS if name in {line["task"] for line in lines}]
    for row in AccuracyTables(to_frame(lines), tasks, labels, OURS, trees, "linear").render():
        print(row)
    versions = {f"{labels[line['model']]}: {line['version']}" for line in lines}
    threads = sorted({line["threads"] for line in lines})
    print(f"\n{'; '.join(sorted(versions))}. Threads: {', '.join(map(str, threads))}.")


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
    add_split_options(parser, "accuracy.jsonl")
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
    add("--rerun", action="store_true", help="do not take results of other models from the file")
    add("--resume", action="store_true", help="take results of ours from the file, too")
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
    options = parser.parse_args(arguments)
    options.settings = dict(options.settings)
    if options.settings and not options.tag:
        parser.error("--set needs --tag: the table is of the defaults.")
    options.models = options.models or [*MODELS, *(MODELS_APART if options.slow else ())]
    options.also = [*sorted(STORED.glob("*.jsonl")), *options.also]
    return options


def main(arguments=None):
    """Progress to stderr, tables to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    run = Run(options)
    with threadpool_limits(options.threads):
        lines = list(run.lines())
    if lines:
        show(options, lines)
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
