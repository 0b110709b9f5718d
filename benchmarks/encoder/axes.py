"""This module checks whether two seeds find the same axes."""

import numpy as np

from ..report import header, line
from ..tasks import TASKS
from .encoders import entity

COMPARED = ("rossmann", "salaries", "air-time")


def axes(split_of):
    """Correlation of matching components of two seeds fitted to the same rows.

    Over categories, weighted by their rows and not; "auto" components only.
    """
    yield from header(["task", "column", "categories", "weighted", "unweighted"])
    for name in COMPARED:
        task, split = TASKS[name], split_of(name)
        first, second = (
            entity(task, seed, split, cv=None).fit(split.X, split.y) for seed in (0, 1)
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
