"""This module lists where sk-entity loses, in the results of the accuracy benchmark."""

from ..report import digits, excess, mean
from .results import SIZES

# Nearer than this, another draw of the rows may turn the order of the two around.
BEHIND_TREES = 0.02


def losses(results, roles):
    """A line for each error that is too far behind another model's."""
    for size in results.sizes:
        rows = [*results.first_metrics(), *results.further_metrics()]
        lists = results.lists(size, rows, [roles.ours])
        for task, metric in lists.index:
            yield from _behind(results, roles, size, task, metric)
        for task, metric in results.lists(size, results.calibration(), [roles.ours]).index:
            yield from _miscalibrated(results, roles, size, task, metric)


def _behind(results, roles, size, task, metric):
    """More than some per cent behind the best trees, or than the noise behind the linear model."""
    where = f"- {task}, {SIZES[size]}, {metric}"
    means = results.errors.loc[(size, task, metric)].map(mean)
    trees = means[[key for key in roles.trees if key in means]].dropna()
    if len(trees):
        behind = means[roles.ours] / trees.min() - 1
        if behind > BEHIND_TREES:
            yield f"{where}: {behind:.1%} behind {results.models[trees.idxmin()]}"
    if roles.linear in results.models and means[roles.linear] > 0:
        share, noise = excess(results.by_seed(size, task, metric), roles.ours, roles.linear)
        if share > noise:
            label = results.models[roles.linear]
            yield f"{where}: {share:.1%} behind {label} (spread {noise:.1%})"


def _miscalibrated(results, roles, size, task, metric):
    means = results.errors.loc[(size, task, metric)].map(mean)
    theirs = means.get("lightgbm")
    if theirs is not None and means[roles.ours] > theirs:
        ours, theirs = digits(means[roles.ours]), digits(theirs)
        yield f"- {task}, {SIZES[size]}, {metric}: {ours} against LightGBM's {theirs}"
