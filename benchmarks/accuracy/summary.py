"""This module sums the results of the accuracy benchmark up: a row for each model.

Ranks and ratios are by the first error of each task.
"""

import pandas as pd

from ..report import NOTHING, header, line, mean_rank, mean_ratio, seconds
from .results import SIZES


def summary(results, roles):
    """Every model but ours as it was, the best first."""
    models = [key for key in results.models if key not in roles.before]
    ranks = _by_size(results, lambda size: results.ranks(size, models))
    order = list(ranks.values())[-1].mean().reindex(models).sort_values().index
    of_each = {key: {name: table[key] for name, table in ranks.items()} for key in order}
    yield from _rows(results, roles, of_each)


def before_and_after(results, roles):
    """Ours as it is and as it was, each ranked alone beside the others."""
    own = [roles.ours, *roles.before]
    rivals = [key for key in results.models if key not in own]
    of_each = {
        key: _by_size(results, lambda size, key=key: results.ranks(size, [key, *rivals])[key])
        for key in own
    }
    yield from _rows(results, roles, of_each)


def _by_size(results, of_size):
    """Ranks for each size, and for all of them together if there are several."""
    ranks = {f"mean rank, {SIZES[size]}": of_size(size) for size in results.in_suite}
    if len(ranks) > 1:
        ranks["mean rank, both"] = pd.concat(ranks.values())
    return ranks


def _rows(results, roles, ranks_of_each):
    """Lines of a table, from the ranks of each model to show."""
    compared = results.in_suite if roles.ours in results.models else []
    runs = results.runs()
    groups = runs[runs["size"].isin(results.in_suite)].groupby("model")
    taken, n_runs = groups[["fit_seconds", "cpu_seconds"]].sum(), groups.size()
    yield from header(
        [
            "model",
            *next(iter(ranks_of_each.values())),
            *(f"error over sk-entity's, {SIZES[size]}" for size in compared),
            "seconds to fit, in all",
            "results",
        ]
    )
    for key, ranks in ranks_of_each.items():
        ratios = [mean_ratio(results.ratios(size, key, roles.ours)) for size in compared]
        total = seconds(*taken.loc[key], decimals=1) if key in taken.index else NOTHING
        cells = [*map(mean_rank, ranks.values()), *ratios, total, n_runs.get(key, 0)]
        yield line([results.models[key], *cells])
