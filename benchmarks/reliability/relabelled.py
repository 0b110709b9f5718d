"""This command asks whether names of categories and the order of columns decide anything.

A network is fitted with several seeds to the same rows: as they are, with the categories of each
column under other names (one to one, so that their order is another), and with the columns in
another order. The error on rows that test may differ as it does between seeds, and no more: the
mean over the seeds differs by its standard error or so, and in one case of twenty by two of them.
"""

import argparse

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..estimators import network, predict
from ..report import digits, header, line, progress, say, spread
from ..scores import scores
from ..tasks import TASKS

AS_THEY_ARE, RELABELLED, REORDERED = "as they are", "relabelled", "reordered"


def parse(arguments):
    about, _, more = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m benchmarks.reliability.relabelled", description=about, epilog=more
    )
    add = parser.add_argument
    add("--tasks", nargs="+", choices=TASKS, default=["credit", "churn", "salaries"])
    add("--seeds", type=int, default=6)
    add("--first-seed", type=int, default=0)
    return parser.parse_args(arguments)


def relabel(tables, columns, rng):
    """The tables with other names for the categories of these columns, the same in all tables."""
    tables = [table.copy() for table in tables]
    for name in columns:
        known = pd.unique(pd.concat([table[name] for table in tables]).dropna())
        names = [f"name {k:06d}" for k in rng.permutation(len(known))]
        if pd.api.types.is_numeric_dtype(known):
            names = rng.permutation(len(known))
        new = dict(zip(known, names, strict=True))
        for table in tables:
            table[name] = table[name].map(new, na_action="ignore")
    return tables


def variants(task, split, seed):
    """The rows to learn from and those that test, by variant."""
    rng = np.random.default_rng(seed)
    order = list(rng.permutation(list(split.X.columns)))
    yield AS_THEY_ARE, split.X, split.X_test
    yield RELABELLED, *relabel((split.X, split.X_test), task.categorical, rng)
    yield REORDERED, split.X[order], split.X_test[order]


def measure(task, seeds):
    """Errors of the task's first metric by variant, one for each seed."""
    split = task.split("small", 0)
    errors = {}
    for seed in seeds:
        for variant, X, X_test in variants(task, split, seed):
            model = network(task, X, seed, device="cpu").fit(X, split.y, split.weight)
            found = scores(task, split, predict(model, task, X_test))[task.metrics[0]]
            errors.setdefault(variant, []).append(float(found))
        progress(f"{task.name}, seed {seed}")
    return errors


def describe(task, errors):
    """A row for each variant: errors, and the difference in its standard errors."""
    before = errors[AS_THEY_ARE]
    for variant, of_variant in errors.items():
        difference = np.mean(of_variant) - np.mean(before)
        noise = np.sqrt((np.var(before, ddof=1) + np.var(of_variant, ddof=1)) / len(before))
        by = "" if variant == AS_THEY_ARE else f"{difference / noise:+.1f}"
        cells = [task.name, task.metrics[0], variant, spread(of_variant), digits(abs(difference))]
        yield line([*cells, by])


def main(arguments=None):
    """Measure and print."""
    options = parse(arguments)
    import torch

    torch.set_num_threads(1)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    columns = ("table", "metric", "rows", "error", "difference", "in standard errors")
    say("\n".join(header(columns)))
    with threadpool_limits(1):
        for name in options.tasks:
            say("\n".join(describe(TASKS[name], measure(TASKS[name], seeds))))


if __name__ == "__main__":
    main()
