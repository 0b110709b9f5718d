"""This script asks how large the surprise of `inspection.compare` is where nothing has moved.

    python -m benchmarks.trials.surprise                  # a quarter of an hour or less
    python -m benchmarks.trials.surprise --tasks salaries --rows 4000

An encoder is fitted to one half of a table, with two seeds, and to the other half. Of
categories that have not moved, the root mean square of the surprise should be about 1 for
two halves, and less for two seeds; at a posterior that is too narrow or too wide it would
not be. The other figures are quantiles of two halves. Then fifty made-up shops, three of
which move, show what is found (6,000 rows, noise of 1, effects of 1): how many of the
three are the first three of the table.

With up to 20,000 rows (November 2026, torch 2.13.0, scikit-learn 1.9.1) two halves gave 1.02
to 1.16 in the columns of the salaries, 1.06 to 1.97 on Rossmann and 0.46 to 0.80 on
Amazon, two seeds 0.00 to 1.93. So the posteriors of both fits are the uncertainty, and no
factor is fitted. Of three shops that move by 0.5, 1 and 2, the first three of the table
were 2, 3 and 3; the surprise of the others was 0.90 to 0.97. docs/monitoring.md has the
tables.
"""

import argparse
import itertools

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import compare

from ..estimators import network
from ..report import header, line, progress
from ..tasks import TASKS

COMPARED = ("salaries", "rossmann", "amazon")
# A column of fewer categories is no distribution.
LEAST_CATEGORIES = 10
MOVED, SHIFTS = [5, 20, 40], (0.0, 0.5, 1.0, 2.0)


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.trials.surprise", description=about)
    add = parser.add_argument
    add("--tasks", nargs="+", choices=TASKS, default=list(COMPARED), metavar="TASK")
    add("--rows", type=int, default=20_000, help="of both halves together")
    add("--seeds", type=int, default=3, help="of the made-up shops")
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def fit(task, X, y, seed):
    """An encoder of a regressor or a classifier."""
    encoder = EntityEmbeddingEncoder(network(task, X, seed), random_state=seed)
    encoder.fit_transform(X, y)
    return encoder


def size(surprise):
    """The root mean square."""
    return np.sqrt((surprise**2).mean())


def of_task(task, n_rows):
    """Rows of the table: what two seeds and two halves find in each column."""
    rows = np.random.default_rng(0).permutation(len(task.table.y))[:n_rows]
    one, other = (task.table.rows(half)[:2] for half in np.array_split(rows, 2))
    a, again, b = fit(task, *one, 0), fit(task, *one, 1), fit(task, *other, 1)
    for column in task.categorical:
        if len(a.embeddings_[column]) < LEAST_CATEGORIES:
            continue
        seeds = compare(a, again, column)["surprise"].dropna()
        halves = compare(a, b, column)["surprise"].dropna()
        found = [size(seeds), size(halves), *halves.quantile([0.5, 0.9, 0.99, 1])]
        yield [f"{task.name}, {column}", str(len(halves)), *(f"{value:.2f}" for value in found)]


def shops(seed, shift):
    """Fifty shops of unequal size, three of which have moved by a shift."""
    level, slope = np.random.default_rng(7).normal(size=(2, 50))
    level[MOVED] += shift
    rng = np.random.default_rng(seed)
    size_of = np.arange(1, 51) / np.arange(1, 51).sum()
    shop, price = rng.choice(50, 6000, p=size_of), rng.normal(size=6000)
    y = level[shop] + slope[shop] * price + rng.normal(size=6000)
    return pd.DataFrame({"shop": [f"shop {s}" for s in shop], "price": price}), y


def of_shops(shift, n_seeds):
    """How many of the moved shops are on top, and how large the surprise of the others is."""
    found, others = [], []
    for seed in range(n_seeds):
        pair = []
        for k, by in enumerate((0.0, shift)):
            encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(), random_state=2 * seed + k)
            pair.append(encoder.fit(*shops(2 * seed + k, by)))
        surprise = compare(*pair, "shop")["surprise"]
        names = [f"shop {s}" for s in MOVED]
        found.append(len(set(surprise.index[:3]) & set(names)))
        others.append(surprise.drop(names))
    others = pd.concat(others)
    return [
        f"{shift:.1f}",
        f"{np.mean(found):.1f} of 3",
        f"{size(others):.2f}",
        f"{others.max():.2f}",
    ]


def main(arguments=None):
    """Progress to stderr, two tables to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    with threadpool_limits(options.threads):
        of_tasks = []
        for name in options.tasks:
            of_tasks.append(list(of_task(TASKS[name], options.rows)))
            progress(name)
        head = [
            "column",
            "categories",
            "two seeds",
            "two halves",
            "50 %",
            "90 %",
            "99 %",
            "largest",
        ]
        for row in itertools.chain(header(head), map(line, itertools.chain(*of_tasks))):
            print(row)
        print()
        for row in header(["moved by", "on top", "others", "largest of others"]):
            print(row)
        for shift in SHIFTS:
            print(line(of_shops(shift, options.seeds)), flush=True)


if __name__ == "__main__":
    main()
