"""This module measures what cross-fitting costs."""

import time

import numpy as np

from ..report import header, line, median_and_range
from ..tasks import TASKS
from .encoders import entity

MEASURED = ("salaries", "amazon")
WAYS = ({"cv": None}, {}, {"n_jobs": 2})


def cost(split_of, n_times):
    """Time of fit_transform with five folds over that without, in pairs one after the other."""
    yield from header(["task", "rows", "cv=None, s", "cv=5", "cv=5, n_jobs=2"])
    for name in MEASURED:
        task, split = TASKS[name], split_of(name)
        taken = np.array([[_seconds(task, split, way) for way in WAYS] for _ in range(n_times)])
        ratios = taken[:, 1:] / taken[:, :1]
        cells = [median_and_range(r, "{:.2f}".format) for r in ratios.T]
        yield line([name, len(split.X), f"{np.median(taken[:, 0]):.1f}", *cells])


def _seconds(task, split, settings):
    encoder = entity(task, 0, split, **settings)
    start = time.perf_counter()
    encoder.fit_transform(split.X, split.y)
    return time.perf_counter() - start
