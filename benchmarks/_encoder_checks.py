"""Beside the errors: do two seeds find the same axes, and what does cross-fitting cost?"""

import time

import numpy as np
from _encoders import entity
from _scores import header, line
from _tasks import TASKS

AXES = ("rossmann", "salaries", "air-time")
COST = ("salaries", "amazon")


def axes(split_of):
    """Correlation of matching components of two seeds fitted to the same rows.

    Over categories, weighted by their rows and not; "auto" components only.
    """
    yield from header(["task", "column", "categories", "weighted", "unweighted"])
    for name in AXES:
        task, split = TASKS[name], split_of(name)
        first, second = (
            entity(task, split, seed, 1, cv=None).fit(split.X, split.y) for seed in (0, 1)
        )
        for column, vectors in first.embeddings_.items():
            counts = first.support_[column]["count"].to_numpy()
            both = vectors.to_numpy(), second.embeddings_[column].to_numpy()
            n = min(v.shape[1] for v in both)
            found = [
                [abs(_correlation(*(v[:, k] for v in both), weight)) for k in range(n)]
                for weight in (counts, np.ones(len(counts)))
            ]
            cells = [" ".join(f"{c:.3f}" for c in values) for values in found]
            yield line([name, column, len(counts), *cells])


def _correlation(a, b, weight):
    return np.cov(a, b, aweights=weight)[0, 1] / np.sqrt(
        np.cov(a, aweights=weight) * np.cov(b, aweights=weight)
    )


def cost(split_of, n_times):
    """Time of fit_transform with five folds over that without, in pairs one after the other."""
    yield from header(["task", "rows", "cv=None, s", "cv=5", "cv=5, n_jobs=2"])
    for name in COST:
        task, split = TASKS[name], split_of(name)
        ways = ({"cv": None}, {}, {"n_jobs": 2})
        taken = np.array([[_seconds(task, split, way) for way in ways] for _ in range(n_times)])
        ratios = taken[:, 1:] / taken[:, :1]
        cells = [f"{np.median(r):.2f} ({r.min():.2f}–{r.max():.2f})" for r in ratios.T]
        yield line([name, len(split.X), f"{np.median(taken[:, 0]):.1f}", *cells])


def _seconds(task, split, settings):
    encoder = entity(task, split, 0, 1, **settings)
    start = time.perf_counter()
    encoder.fit_transform(split.X, split.y)
    return time.perf_counter() - start
