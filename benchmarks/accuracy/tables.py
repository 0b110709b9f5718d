"""This module lays the results of the accuracy benchmark out as tables."""

import pandas as pd

from ..report import (
    digits,
    errors_by,
    excess,
    header,
    line,
    mean,
    mean_rank,
    seconds,
    spreads,
)
from ..scores import CALIBRATION

BEHIND_TREES = 0.03
# A table of its own, beside the suite: no ranks, no share of the seconds.
BESIDE = "all"


class AccuracyTables:
    """Tables from results: a frame with a row per task, size, seed, model and metric.

    `models` maps the key of a model to its label; `ours`, `trees` and `linear` are keys.
    """

    def __init__(self, results, tasks, models, ours, trees, linear):
        self.tasks, self.models, self.ours = tasks, models, ours
        self.trees = [key for key in trees if key in models]
        self.linear = linear if linear in models else None
        self.results = results[results["model"].isin(models)]
        self.errors = errors_by(self.results, ["size", "task", "metric"], "model", list(models))

    def render(self):
        """Every table as Markdown, line by line."""
        sizes = list(dict.fromkeys(self.results["size"]))
        in_suite = [size for size in sizes if size != BESIDE]
        for size in sizes:
            yield f"\n### Errors, {size}: mean ± standard deviation over seeds\n"
            yield from self._table(size, self._metrics())
            binary = [(t.name, CALIBRATION) for t in self.tasks if t.kind == "binary"]
            if any((size, *row) in self.errors.index for row in binary):
                yield f"\n### Calibration error of the probabilities, {size}\n"
                yield from self._table(size, binary)
            yield f"\n### Seconds to fit, {size}: wall clock, and of all threads\n"
            yield from self._seconds(size)
        if in_suite:
            yield "\n### Mean rank by the first error of each task, and seconds to fit in all\n"
            yield from self._summary(in_suite)
        if self.ours not in self.models:
            return
        yield "\n### Where ours loses\n"
        losses = [loss for size in sizes for loss in self._losses(size)]
        yield from losses or ["Nowhere, among these results."]

    def _metrics(self):
        return [(t.name, m) for t in self.tasks for m in t.metrics]

    def _table(self, size, rows):
        yield from header(["task", "error", *self.models.values()])
        for task, metric in rows:
            if (size, task, metric) in self.errors.index:
                errors = self.errors.loc[(size, task, metric)]
                yield line([task, metric, *spreads(errors, list(self.models))])

    def _seconds(self, size):
        runs = self._runs()
        yield from header(["task", *self.models.values()])
        for task in self.tasks:
            of_task = runs[(runs["size"] == size) & (runs["task"] == task.name)]
            if len(of_task):
                taken = of_task.groupby("model")[["fit_seconds", "cpu_seconds"]].mean()
                yield line([task.name, *self._cells(taken)])

    def _runs(self):
        return self.results.drop_duplicates(["size", "task", "seed", "model"])

    def _cells(self, taken):
        both = taken.reindex(list(self.models)).itertuples(index=False)
        return [seconds(wall, cpu, decimals=1) for wall, cpu in both]

    def ranks(self, size):
        """A row per task, a column per model; a model without a result has no rank."""
        rows = [(size, t.name, t.metrics[0]) for t in self.tasks]
        rows = [row for row in rows if row in self.errors.index]
        return self.errors.loc[rows].map(mean).rank(axis=1)

    def _summary(self, sizes):
        ranks = {size: self.ranks(size) for size in sizes}
        if len(sizes) > 1:
            ranks["all sizes"] = pd.concat(ranks.values())
        runs = self._runs()
        groups = runs[runs["size"].isin(sizes)].groupby("model")
        taken = groups[["fit_seconds", "cpu_seconds"]].sum()
        taken = dict(zip(self.models, self._cells(taken), strict=True))
        n_runs = groups.size()
        yield from header(["model", *ranks, "seconds to fit, in all", "results"])
        order = list(ranks.values())[-1].mean().reindex(list(self.models)).sort_values().index
        for key in order:
            means = [mean_rank(table[key]) for table in ranks.values()]
            yield line([self.models[key], *means, taken[key], n_runs.get(key, 0)])

    def _losses(self, size):
        """Lines for what is too far behind the best tree model, or behind the linear one."""
        for task, metric in self._metrics():
            where = (size, task, metric)
            if where not in self.errors.index:
                continue
            errors = self.errors.loc[where]
            if not isinstance(errors[self.ours], list):
                continue
            means = errors.map(mean)
            if self.trees and means[self.trees].notna().any():
                tree = means[self.trees].idxmin()
                behind = means[self.ours] / means[tree] - 1
                if behind > BEHIND_TREES:
                    yield f"- {task}, {size}, {metric}: {behind:.1%} behind {self.models[tree]}"
            if self.linear and isinstance(errors[self.linear], list):
                share, noise = excess(self._by_seed(where), self.ours, self.linear)
                if share > noise:
                    yield (
                        f"- {task}, {size}, {metric}: {share:.1%} behind "
                        f"{self.models[self.linear]} (spread {noise:.1%})"
                    )
        yield from self._miscalibrated(size)

    def _by_seed(self, where):
        """Errors with a row per seed and a column per model."""
        r, (size, task, metric) = self.results, where
        r = r[(r["size"] == size) & (r["task"] == task) & (r["metric"] == metric)]
        return r.pivot_table(index="seed", columns="model", values="error")

    def _miscalibrated(self, size):
        for task in self.tasks:
            row = (size, task.name, CALIBRATION)
            if "lightgbm" not in self.models or row not in self.errors.index:
                continue
            means = self.errors.loc[row].map(mean)
            if means[self.ours] > means["lightgbm"]:
                yield (
                    f"- {task.name}, {size}, {CALIBRATION}: {digits(means[self.ours])} against "
                    f"LightGBM's {digits(means['lightgbm'])}"
                )
