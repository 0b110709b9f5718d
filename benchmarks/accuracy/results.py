"""This module looks results of the accuracy benchmark up, and compares models by them."""

from dataclasses import dataclass

import pandas as pd

from ..report import errors_by, mean
from ..scores import CALIBRATION

# A table of its own, beside the suite: no ranks, no share of the seconds.
BESIDE = "all"
SIZES = {"full": "full", "small": "2,000 rows", BESIDE: "all rows"}


@dataclass(frozen=True)
class Roles:
    """Keys of the models that the tables do not treat like the others."""

    ours: str
    trees: tuple
    linear: str
    # Too slow to be run on everything; they would be a column of dashes.
    apart: tuple = ()
    # Ours as it was under some tags, which is no rival of ours as it is.
    before: tuple = ()


class Results:
    """A frame with a row per task, size, seed, model and metric.

    `models` maps the key of a model to its label.
    """

    def __init__(self, frame, tasks, models):
        self.tasks, self.models = tasks, models
        self.frame = frame[frame["model"].isin(models)]
        self.errors = errors_by(self.frame, ["size", "task", "metric"], "model", list(models))
        self.sizes = list(dict.fromkeys(self.frame["size"]))
        self.in_suite = [size for size in self.sizes if size != BESIDE]

    def first_metrics(self):
        """The error of each task that ranks the models."""
        return [(task.name, task.metrics[0]) for task in self.tasks]

    def further_metrics(self):
        """The other errors to report."""
        return [(task.name, metric) for task in self.tasks for metric in task.metrics[1:]]

    def calibration(self):
        """The error of the probabilities of each task that has any."""
        return [(task.name, CALIBRATION) for task in self.tasks if task.kind == "binary"]

    def lists(self, size, rows, models):
        """Lists of errors over the seeds: a row for each of `rows` that any model has."""
        rows = [row for row in rows if (size, *row) in self.errors.index]
        lists = self.errors.loc[[(size, *row) for row in rows], list(models)]
        lists.index = rows
        return lists[lists.map(mean).notna().any(axis=1)]

    def ranks(self, size, models):
        """A row per task; a model without a result has no rank."""
        return self.lists(size, self.first_metrics(), models).map(mean).rank(axis=1)

    def by_seed(self, size, task, metric):
        """Errors with a row per seed and a column per model."""
        f = self.frame
        f = f[(f["size"] == size) & (f["task"] == task) & (f["metric"] == metric)]
        by_seed = f.pivot_table(index="seed", columns="model", values="error")
        return by_seed.reindex(columns=list(self.models))

    def ratios(self, size, model, base):
        """First errors over those of another model: a Series of the tasks that the other has.

        Both are means over the seeds that both have; without one there is no ratio.
        """
        ratios = {}
        for task, metric in self.lists(size, self.first_metrics(), [base]).index:
            by_seed = self.by_seed(size, task, metric)
            both = by_seed[model].notna() & by_seed[base].notna()
            ratios[task] = by_seed[model][both].mean() / by_seed[base][both].mean()
        return pd.Series(ratios, dtype=float)

    def runs(self):
        """A row per task, size, seed and model, with the seconds to fit."""
        return self.frame.drop_duplicates(["size", "task", "seed", "model"])
