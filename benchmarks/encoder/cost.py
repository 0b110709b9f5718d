"""This module measures what cross-fitting costs."""

import time
from dataclasses import replace

import numpy as np

from ..estimators import network
from ..report import NOTHING, folded, median_and_range, table
from ..tasks import TASKS
from .encoders import ENCODERS, TARGET, entity
from .measures import Measure

# Task, rows, how often, and whether networks of folds are trained for comparison.
MEASURED = (
    ("salaries", 2_000, 3, True),
    ("phishing", 2_000, 3, True),
    ("rossmann", 2_000, 3, True),
    ("amazon", 20_000, 2, True),
    ("rossmann", 20_000, 2, True),
    ("rossmann", 200_000, 1, False),
)


def keys(options):
    """The tasks that are asked for, and their rows."""
    yield from ({"task": name, "rows": n} for name, n, *_ in MEASURED if name in options.tasks)


def seconds(key, options):
    """Seconds of each way, in turns one after the other; nothing else may run."""
    n_times, networks = next(
        rest for name, n, *rest in MEASURED if (name, n) == (key["task"], key["rows"])
    )
    task = replace(TASKS[key["task"]], cap=key["rows"])
    split = task.split("full", 0)
    ways = {
        "network": lambda: _network(task, split).fit(split.X, split.y),
        "fit": lambda: _encoder(task, split).fit(split.X, split.y),
        "fit_transform": lambda: _encoder(task, split).fit_transform(split.X, split.y),
        TARGET: lambda: ENCODERS[TARGET].build(task, 0, split).fit_transform(split.X, split.y),
    }
    if networks:
        ways["networks"] = lambda: _encoder(task, split, cross_fit="networks").fit_transform(
            split.X, split.y
        )
    _encoder(task, split).fit(split.X[:200], split.y[:200])  # the first import takes long
    found = {way: [] for way in ways}
    for _ in range(n_times):
        for way, run in ways.items():
            start = time.perf_counter()
            run()
            found[way].append(round(time.perf_counter() - start, 3))
    return {"rows": len(split.X), "threads": options.threads, "seconds": found}


def _encoder(task, split, **settings):
    return entity(task, 0, split, **settings)


def _network(task, split):
    """The one that the encoder trains."""
    settings = {"ordered_target_encoding": False} if task.kind == "binary" else {}
    return network(task, split.X, 0, **settings)


def render(lines):
    """Ratios of the same turn, and seconds."""
    ratios, medians = [], []
    for of_key in lines:
        found = of_key["found"]
        taken = {way: np.array(values) for way, values in found["seconds"].items()}
        pairs = ("fit", "network"), ("fit_transform", "fit"), ("networks", "fit")
        cells = [
            median_and_range(list(taken[a] / taken[b]), "{:.2f}".format) if a in taken else NOTHING
            for a, b in pairs
        ]
        first = [of_key["task"], f"{found['rows']:,}"]
        ratios.append([*first, *cells])
        medians.append([*first, *(f"{np.median(taken[way]):.2f}" for way in ("fit", TARGET))])
    over = "`fit` over the network alone", "`fit_transform` over `fit`"
    yield from table([["task", "rows", *over, "networks' `fit_transform` over `fit`"], *ratios])
    seconds_of = [["task", "rows", "`fit`, s", "`fit_transform` of TargetEncoder, s"], *medians]
    yield from folded("Seconds", table(seconds_of))


COST = Measure("What cross-fitting costs", keys, seconds, render)
