"""This script asks by how much the error changes if an ingredient of the training is another.

    python -m benchmarks.trials.ingredients                       # about an hour on one core
    python -m benchmarks.trials.ingredients --sizes small --seeds 1 --variants "no dropout"

Each variant differs in one thing from the defaults. "small" is 2,000 rows to learn from,
"middle" up to 12,000. The errors are on rows split off from those to learn from; the
table shows the change of the first error of each task in per cent, as the mean of the
logarithms over the seeds: above 0, the default is better. docs/design.md has the outcome.
"""

import argparse
import math
import statistics
from dataclasses import dataclass, field, replace

import skorch.callbacks
import torch
from threadpoolctl import threadpool_limits

from ..accuracy.models import MODELS, OURS
from ..report import NOTHING, header, line, progress
from ..scores import scores
from ..speed.library import constants
from ..tasks import TASKS

SIZES = {"small": "small", "middle": "full"}
ROWS = 12_000


class NumbersLikeLayers(skorch.callbacks.Callback):
    """Steps of numbers learn at the rate of the layers, where the default is that of tables."""

    def on_train_begin(self, net, **kwargs):
        _, like_tables, rest = net.optimizer_.param_groups
        numbers = list(net.module_.numeric_embeddings.parameters())
        ours = {id(p) for p in numbers}
        like_tables["params"] = [p for p in like_tables["params"] if id(p) not in ours]
        rest["params"] = [*rest["params"], *numbers]


@dataclass(frozen=True)
class Variant:
    """Settings of the estimator and constants of the library that differ from the defaults."""

    settings: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)


DEVIATION = "_network.embeddings.INITIAL_MEAN_DEVIATION"
VISITS = "_network.embeddings.VISITS_AT_HALF"
VARIANTS = {
    "vectors start at 0.1": Variant(constants={DEVIATION: 0.1, VISITS: 1e-9}),
    "vectors start at 0.6": Variant(constants={DEVIATION: 0.6}),
    "all rows start alike": Variant(constants={VISITS: 1e-9}),
    "30 epochs": Variant({"max_iter": 30}),
    "numbers like layers": Variant({"callbacks": [NumbersLikeLayers()]}),
    "prior of numbers by half": Variant(constants={"_training.net.NUMERIC_WARM_UP": 0.5}),
    "64 encodings": Variant(constants={"_target.ordered_encoding.MOST_ENCODINGS": 64}),
    "masking 0.02": Variant({"embedding_dropout": 0.02}),
    "no dropout": Variant({"dropout": 0.0}),
    "no decay of layers": Variant({"weight_decay": 0.0}),
    "vectors like layers": Variant(constants={"_training.loop.VECTOR_RATE": 1}),
    "no priors": Variant(constants={"_training.net.PRIOR_STRENGTH": 0.0}),
}


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.trials.ingredients", description=about)
    add = parser.add_argument
    add("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="VARIANT")
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK")
    add("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    add("--seeds", type=int, default=2)
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def error(task, split, seed, threads, variant):
    """The first error of a task, if the network is trained so."""
    with constants(variant.constants):
        outcome = MODELS[OURS].run(task, split, seed, threads, dict(variant.settings))
    return scores(task, split, outcome.predicted)[task.metrics[0]]


def changes(task, size, options):
    """The mean change of each variant in per cent, or None where there is no such size."""
    if size == "middle" and not task.has_full:
        return None
    task = replace(task, cap=ROWS, test_cap=20_000)
    logs = {name: [] for name in options.variants}
    for seed in range(options.seeds):
        split = task.split(SIZES[size], seed, inner=True)
        default = error(task, split, seed, options.threads, Variant())
        for name, of_seeds in logs.items():
            found = error(task, split, seed, options.threads, VARIANTS[name])
            of_seeds.append(100 * math.log(found / default))
            progress(f"{task.name}, {size}, seed {seed}, {name}: {of_seeds[-1]:+.1f} %")
    return {name: statistics.fmean(of_seeds) for name, of_seeds in logs.items()}


def main(arguments=None):
    """Progress to stderr, a table per size to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for size in options.sizes:
        with threadpool_limits(options.threads):
            found = {name: changes(TASKS[name], size, options) for name in options.tasks}
        found = {name: of_task for name, of_task in found.items() if of_task is not None}
        print(f"\n{size}:\n")
        for row in header(["with", *found, "mean"]):
            print(row)
        for name in options.variants:
            cells = [of_task[name] for of_task in found.values()]
            mean = f"{statistics.fmean(cells):+.1f}" if cells else NOTHING
            print(line([name, *(f"{cell:+.1f}" for cell in cells), mean]))


if __name__ == "__main__":
    main()
