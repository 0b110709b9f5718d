"""Errors of a prediction, and the tables that compare them. Lower is better throughout."""

import numpy as np
import pandas as pd
from sklearn.metrics import (
    log_loss,
    mean_absolute_percentage_error,
    mean_poisson_deviance,
    roc_auc_score,
    root_mean_squared_error,
)

CALIBRATION = "calibration"
BEHIND_TREES = 0.03
# A table of its own, beside the suite: no ranks, no share of the seconds.
BESIDE = "all"


def scores(task, split, predicted):
    """All errors of a task by name, the first metric of the task among them."""
    y, weight = split.y_test, split.weight_test
    if task.kind == "binary":
        return {
            "1-AUC": 1 - roc_auc_score(y, predicted),
            "log-loss": log_loss(y, predicted),
            CALIBRATION: calibration_error(y, predicted),
        }
    if task.kind == "rate":
        rate = np.maximum(predicted, 1e-6)
        return {"deviance": mean_poisson_deviance(y, rate, sample_weight=weight)}
    found = {"RMSE": root_mean_squared_error(y, predicted)}
    if "MAPE" in task.metrics:  # of the sales, whose logarithm is learned
        found["MAPE"] = mean_absolute_percentage_error(np.exp(y), np.exp(predicted))
    if "RMSE of log" in task.metrics:
        positive = np.maximum(predicted, split.y.min())
        found["RMSE of log"] = root_mean_squared_error(np.log(y), np.log(positive))
    return found


def calibration_error(y, probability, n_bins=15):
    """Mean distance of frequency and probability in bins of as many rows each."""
    bins = np.array_split(np.argsort(probability, kind="stable"), n_bins)
    return sum(abs(y[b].sum() - probability[b].sum()) for b in bins) / len(y)


class Report:
    """Tables from results: a frame with a row per task, size, seed, model and metric.

    `models` maps the key of a model to its label; `trees` and `linear` are keys.
    """

    def __init__(self, results, tasks, models, ours, trees, linear):
        self.tasks, self.models, self.ours = tasks, models, ours
        self.trees = [key for key in trees if key in models]
        self.linear = linear if linear in models else None
        self.results = results[results["model"].isin(models)]
        self.errors = self.results.pivot_table(
            index=["size", "task", "metric"], columns="model", values="error", aggfunc=list
        ).reindex(columns=list(models))

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
        losses = [line for size in sizes for line in self._losses(size)]
        yield from losses or ["Nowhere, among these results."]

    def _metrics(self):
        return [(t.name, m) for t in self.tasks for m in t.metrics]

    def _table(self, size, rows):
        yield from header(["task", "error", *self.models.values()])
        for task, metric in rows:
            if (size, task, metric) not in self.errors.index:
                continue
            errors = self.errors.loc[(size, task, metric)]
            means = errors.map(_mean)
            cells = [spread(errors[key]) for key in self.models]
            if means.notna().sum() > 1:
                at = list(self.models).index(means.idxmin())
                cells[at] = f"**{cells[at]}**"
            yield line([task, metric, *cells])

    def _seconds(self, size):
        runs = self._runs()
        yield from header(["task", *self.models.values()])
        for task in self.tasks:
            of_task = runs[(runs["size"] == size) & (runs["task"] == task.name)]
            if len(of_task):
                mean = of_task.groupby("model")[["fit_seconds", "cpu_seconds"]].mean()
                yield line([task.name, *(_seconds(mean, key) for key in self.models)])

    def _runs(self):
        return self.results.drop_duplicates(["size", "task", "seed", "model"])

    def ranks(self, size):
        """A row per task, a column per model; a model without a result has no rank."""
        rows = [(size, t.name, t.metrics[0]) for t in self.tasks]
        rows = [row for row in rows if row in self.errors.index]
        return self.errors.loc[rows].map(_mean).rank(axis=1)

    def _summary(self, sizes):
        ranks = {size: self.ranks(size) for size in sizes}
        if len(sizes) > 1:
            ranks["all sizes"] = pd.concat(ranks.values())
        runs = self._runs()
        groups = runs[runs["size"].isin(sizes)].groupby("model")
        seconds, n_runs = groups[["fit_seconds", "cpu_seconds"]].sum(), groups.size()
        yield from header(["model", *ranks, "seconds to fit, in all", "results"])
        order = list(ranks.values())[-1].mean().reindex(list(self.models)).sort_values().index
        for key in order:
            means = []
            for table in ranks.values():
                n_ranked = table[key].notna().sum()
                rank = f"{table[key].mean():.2f}" if n_ranked else "–"
                means.append(rank if n_ranked in (0, len(table)) else f"{rank} of {n_ranked} tasks")
            yield line([self.models[key], *means, _seconds(seconds, key), n_runs.get(key, 0)])

    def _losses(self, size):
        """Lines for what is too far behind the best tree model, or behind the linear one."""
        for task, metric in self._metrics():
            if (size, task, metric) not in self.errors.index:
                continue
            errors = self.errors.loc[(size, task, metric)]
            if not isinstance(errors[self.ours], list):
                continue
            mean = errors.map(_mean)
            if self.trees and mean[self.trees].notna().any():
                tree = mean[self.trees].idxmin()
                behind = mean[self.ours] / mean[tree] - 1
                if behind > BEHIND_TREES:
                    yield f"- {task}, {size}, {metric}: {behind:.1%} behind {self.models[tree]}"
            if self.linear and isinstance(errors[self.linear], list):
                worse, noise = self._beyond(size, task, metric)
                if worse > noise:
                    share = worse / mean[self.linear]
                    yield (
                        f"- {task}, {size}, {metric}: {share:.1%} behind "
                        f"{self.models[self.linear]} (spread {noise / mean[self.linear]:.1%})"
                    )
        yield from self._miscalibrated(size)

    def _beyond(self, size, task, metric):
        """Mean and standard deviation over the seeds of ours less the linear model's error."""
        r = self.results
        r = r[(r["size"] == size) & (r["task"] == task) & (r["metric"] == metric)]
        r = r.pivot_table(index="seed", columns="model", values="error")
        difference = (r[self.ours] - r[self.linear]).dropna()
        return difference.mean(), difference.std() if len(difference) > 1 else 0.0

    def _miscalibrated(self, size):
        for task in self.tasks:
            row = (size, task.name, CALIBRATION)
            if "lightgbm" not in self.models or row not in self.errors.index:
                continue
            mean = self.errors.loc[row].map(_mean)
            if mean[self.ours] > mean["lightgbm"]:
                yield (
                    f"- {task.name}, {size}, {CALIBRATION}: {mean[self.ours]:.4f} against "
                    f"LightGBM's {mean['lightgbm']:.4f}"
                )


def _mean(errors):
    return np.mean(errors) if isinstance(errors, list) else np.nan


def _digits(value):
    """Four digits that say something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4f}" if value < 1 else f"{value:.4g}"


def spread(errors):
    if not isinstance(errors, list):
        return "–"
    if len(errors) == 1:
        return _digits(errors[0])
    return f"{_digits(np.mean(errors))} ± {np.std(errors, ddof=1):.2g}"


def _seconds(frame, key):
    if key not in frame.index:
        return "–"
    wall, cpu = frame.loc[key, ["fit_seconds", "cpu_seconds"]]
    return f"{wall:,.1f} ({cpu:,.1f})"


def header(names):
    yield line(names)
    yield "|" + "---|" * len(names)


def line(cells):
    return f"| {' | '.join(map(str, cells))} |"
