"""This module lays the results of the accuracy benchmark out as tables that a page can hold.

So a table has a column for each model that runs by default and none for any other; what
is slow, and what ours was before, have tables of their own.
"""

from ..report import header, line, mean, seconds, spreads
from .losses import losses
from .results import SIZES
from .summary import before_and_after, summary


def tables(results, roles):
    """Every table as Markdown, line by line."""
    ours = roles.ours in results.models
    if results.in_suite:
        yield "\n### Mean rank, error and seconds\n"
        yield from summary(results, roles)
    if ours and roles.before:
        yield from _before_and_after(results, roles)
    beside = {*roles.apart, *roles.before}
    usual = [key for key in results.models if key not in beside]
    for size in results.sizes:
        yield from _of_size(results, roles, size, usual)
    if ours:
        yield "\n### Where ours loses\n"
        yield from list(losses(results, roles)) or ["Nowhere, among these results."]


def _before_and_after(results, roles):
    yield "\n### Before and after\n"
    if results.in_suite:
        yield from before_and_after(results, roles)
    for size in results.sizes:
        rows = results.first_metrics()
        yield from _errors(results, size, rows, [roles.ours, *roles.before], "Errors")


def _of_size(results, roles, size, usual):
    yield f"\n### Errors, {SIZES[size]}\n"
    first, further = results.first_metrics(), results.further_metrics()
    yield from _errors(results, size, first, usual)
    yield from _errors(results, size, further, usual, "Further errors")
    yield from _errors(results, size, results.calibration(), usual, "Calibration error")
    slow = [key for key in roles.apart if key in results.models]
    measured = results.lists(size, [*first, *further], slow).index
    beside = [key for key in (roles.ours, *slow) if key in results.models]
    yield from _errors(results, size, measured, beside, "Beside models that take long")
    yield from _seconds(results, size, usual)


def _errors(results, size, rows, models, title=None):
    """A table of these rows, with the models that have any of them; nothing without one."""
    lists = results.lists(size, rows, models)
    models = [key for key in models if lists[key].map(mean).notna().any()]
    if not models:
        return
    if title:
        yield f"\n{title}, {SIZES[size]}:\n"
    yield from header(["task, error", *(results.models[key] for key in models)])
    for (task, metric), errors in lists[models].iterrows():
        yield line([f"{task}, {metric}", *spreads(errors, models)])


def _seconds(results, size, models):
    """Mean seconds over the seeds, by the clock and of all threads."""
    runs = results.runs()
    runs = runs[(runs["size"] == size) & runs["model"].isin(models)]
    models = [key for key in models if key in set(runs["model"])]
    if not models:
        return
    yield f"\nSeconds to fit, {SIZES[size]}: by the clock, and of all threads\n"
    yield from header(["task", *(results.models[key] for key in models)])
    for task in results.tasks:
        of_task = runs[runs["task"] == task.name]
        if len(of_task):
            taken = of_task.groupby("model")[["fit_seconds", "cpu_seconds"]].mean()
            both = taken.reindex(models).itertuples(index=False)
            yield line([task.name, *(seconds(*pair, decimals=1) for pair in both)])
