"""This module sums the results of the accuracy benchmark up: tables with a row for each model.

Ranks and ratios are by the first error of each task.
"""

import pandas as pd

from ..report import NOTHING, folded, mean_rank, mean_ratio, seconds, table
from .results import SIZES


def summary(results, roles):
    """Every model but ours as it was, the best first."""
    models = [key for key in results.models if key not in roles.before]
    ranks = _by_size(results, lambda size: results.ranks(size, models))
    order = list(ranks.values())[-1].mean().reindex(models).sort_values().index
    of_each = {key: {name: of_size[key] for name, of_size in ranks.items()} for key in order}
    yield "\n### Mean rank over the tasks\n"
    yield from table(_ranks(results, of_each))
    if roles.ours in results.models:
        yield "\n### Error over sk-entity's, geometric mean over the tasks\n"
        yield from table(_ratios(results, roles, order))
    yield from folded("Seconds to fit, in all", table(_seconds(results, order)))


def before_and_after(results, roles):
    """Ours as it is and as it was, each ranked alone beside the others."""
    own = [roles.ours, *roles.before]
    rivals = [key for key in results.models if key not in own]
    of_each = {
        key: _by_size(results, lambda size, key=key: results.ranks(size, [key, *rivals])[key])
        for key in own
    }
    yield "\nMean rank over the tasks:\n"
    yield from table(_ranks(results, of_each))
    yield "\nError over sk-entity's, geometric mean over the tasks:\n"
    yield from table(_ratios(results, roles, own))
    yield from folded("Seconds to fit, in all", table(_seconds(results, own)))


def _by_size(results, of_size):
    """Ranks for each size, and for all of them together if there are several."""
    ranks = {SIZES[size]: of_size(size) for size in results.in_suite}
    if len(ranks) > 1:
        ranks["both"] = pd.concat(ranks.values())
    return ranks


def _ranks(results, of_each):
    yield ["model", *next(iter(of_each.values()))]
    for key, ranks in of_each.items():
        yield [results.models[key], *map(mean_rank, ranks.values())]


def _ratios(results, roles, models):
    sizes = results.in_suite
    yield ["model", *(SIZES[size] for size in sizes)]
    for key in models:
        ratios = [mean_ratio(results.ratios(size, key, roles.ours)) for size in sizes]
        yield [results.models[key], *ratios]


def _seconds(results, models):
    runs = results.runs()
    groups = runs[runs["size"].isin(results.in_suite)].groupby("model")
    taken, n_runs = groups[["fit_seconds", "cpu_seconds"]].sum(), groups.size()
    yield ["model", "by the clock, and of all threads", "results"]
    for key in models:
        total = seconds(*taken.loc[key], decimals=1) if key in taken.index else NOTHING
        yield [results.models[key], total, n_runs.get(key, 0)]
