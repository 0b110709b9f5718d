"""This module lays the results of the accuracy benchmark out as tables that a page can hold.

Ranks and ratios are seen at once, and each error is behind a fold. What is slow, and what ours
was before, have tables of their own.
"""

from ..report import folded, header, in_parts, line, mean, seconds, spreads
from .losses import losses
from .results import SIZES
from .summary import before_and_after, summary


def tables(results, roles):
    """Every table as Markdown, line by line."""
    ours = roles.ours in results.models
    if results.in_suite:
        yield from summary(results, roles)
    if ours and roles.before:
        yield from _before_and_after(results, roles)
    beside = {*roles.apart, *roles.before}
    usual = [key for key in results.models if key not in beside]
    for size in results.sizes:
        yield f"\n### Errors, {SIZES[size]}"
        yield from _of_size(results, roles, size, usual)
    if ours:
        yield "\n### Where ours loses\n"
        yield from list(losses(results, roles)) or ["Nowhere, among these results."]


def _before_and_after(results, roles):
    yield "\n### Before and after"
    if results.in_suite:
        yield from before_and_after(results, roles)
    for size in results.sizes:
        rows = results.first_metrics()
        yield from _errors(results, roles, size, rows, [roles.ours, *roles.before], "Errors")


def _of_size(results, roles, size, usual):
    first, further = results.first_metrics(), results.further_metrics()
    yield from _errors(results, roles, size, first, usual, "The error that ranks")
    yield from _errors(results, roles, size, further, usual, "Further errors")
    yield from _errors(results, roles, size, results.calibration(), usual, "Calibration error")
    slow = [key for key in roles.apart if key in results.models]
    measured = results.lists(size, [*first, *further], slow).index
    beside = [key for key in (roles.ours, *slow) if key in results.models]
    yield from _errors(results, roles, size, measured, beside, "Beside models that take long")
    title = f"Seconds to fit, {SIZES[size]}: by the clock, and of all threads"
    yield from folded(title, _seconds(results, roles, size, usual))


def _errors(results, roles, size, rows, models, title):
    """A fold with these rows, and the models that have any of them; nothing without one."""
    lists = results.lists(size, rows, models)
    models = [key for key in models if lists[key].map(mean).notna().any()]
    if models:
        cells = lists[models].apply(lambda errors: spreads(errors, models), axis=1)
        parts = in_parts(models, roles.ours)
        yield from folded(f"{title}, {SIZES[size]}", _side_by_side(results, cells, models, parts))


def _side_by_side(results, cells, models, parts):
    """The same rows in a table for each part of the models; the best of all is bold."""
    for part in parts:
        if part is not parts[0]:
            yield ""
        yield from header(["task, error", *(results.models[key] for key in part)])
        for (task, metric), of_row in cells.items():
            known = dict(zip(models, of_row, strict=True))
            yield line([f"{task}, {metric}", *(known[key] for key in part)])


def _seconds(results, roles, size, models):
    """Mean seconds over the seeds, by the clock and of all threads."""
    runs = results.runs()
    runs = runs[(runs["size"] == size) & runs["model"].isin(models)]
    models = [key for key in models if key in set(runs["model"])]
    parts = in_parts(models, roles.ours)
    for part in parts if models else ():
        if part is not parts[0]:
            yield ""
        yield from header(["task", *(results.models[key] for key in part)])
        for task in results.tasks:
            of_task = runs[runs["task"] == task.name]
            if len(of_task):
                taken = of_task.groupby("model")[["fit_seconds", "cpu_seconds"]].mean()
                both = taken.reindex(part).itertuples(index=False)
                yield line([task.name, *(seconds(*pair, decimals=1) for pair in both)])
