"""This module checks whether two seeds find the same axes."""

import numpy as np

from ..report import header, line
from ..tasks import TASKS
from .encoders import entity
from .measures import Measure
from .run import capped

COMPARED = ("rossmann", "salaries", "air-time")


def keys(options):
    """The tasks that are asked for."""
    yield from ({"task": name} for name in COMPARED if name in options.tasks)


def correlations(key, options):
    """Correlation of matching components of two seeds fitted to the same rows.

    Over categories, weighted by their rows and not; "auto" components only.
    """
    task = TASKS[key["task"]]
    split = capped(task).split("full", 0)
    first, second = (entity(task, seed, split, cv=None).fit(split.X, split.y) for seed in (0, 1))
    found = {}
    for column, vectors in first.embeddings_.items():
        counts = first.support_[column]["count"].to_numpy()
        both = vectors.to_numpy(), second.embeddings_[column].to_numpy()
        n = min(v.shape[1] for v in both)
        found[column] = {
            "categories": len(counts),
            "correlations": [
                [round(abs(_correlation(*(v[:, k] for v in both), weight)), 3) for k in range(n)]
                for weight in (counts, np.ones(len(counts)))
            ],
        }
    return found


def _correlation(a, b, weight):
    return float(
        np.cov(a, b, aweights=weight)[0, 1]
        / np.sqrt(np.cov(a, aweights=weight) * np.cov(b, aweights=weight))
    )


def render(lines):
    """A row per column."""
    yield from header(["task", "column", "categories", "weighted", "unweighted"])
    for of_task in lines:
        for column, found in of_task["found"].items():
            cells = [" ".join(f"{c:.3f}" for c in values) for values in found["correlations"]]
            yield line([of_task["task"], column, found["categories"], *cells])


AXES = Measure(
    "Absolute correlation of the components of two seeds over the categories of a column, "
    "weighted by their rows and not",
    keys,
    correlations,
    render,
)
