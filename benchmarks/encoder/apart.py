"""This module measures how far the vectors in training lie from those at prediction."""

import numpy as np

from ..report import header, line
from ..tasks import TASKS
from .encoders import entity
from .measures import Measure
from .run import capped

COMPARED = ("rossmann", "amazon", "salaries", "houses", "lectures")
WAYS = ("tables", "networks")


def keys(options):
    """The tasks that are asked for, each cross-fitted both ways."""
    for name in COMPARED:
        if name in options.tasks:
            yield from ({"task": name, "cross_fit": way} for way in WAYS)


def distances(key, options):
    """Of the vectors that `fit_transform` gives the rows from those that `transform` gives them.

    Root mean square over the rows, relative to the deviation of the latter; of effects and
    of coordinates along axes.
    """
    task = TASKS[key["task"]]
    split = capped(task).split("small", 0)
    encoder = entity(task, 0, split, cross_fit=key["cross_fit"])
    learn, test = encoder.fit_transform(split.X, split.y), encoder.transform(split.X)
    names = encoder.get_feature_names_out()
    found = {}
    for kind in ("effect", "axis"):
        own = [any(n.startswith(f"{c}_{kind}") for c in task.categorical) for n in names]
        apart = ((learn[:, own] - test[:, own]) ** 2).sum(axis=1).mean()
        among = test[:, own].var(axis=0).sum()
        found[kind] = round(float(np.sqrt(apart / among)), 3) if any(own) else None
        found[f"n_{kind}"] = int(np.sum(own))
    return found


def render(lines):
    """A row per task."""
    found = {(of_key["task"], of_key["cross_fit"]): of_key["found"] for of_key in lines}
    yield from header(
        ["task", "effects", *(f"axes, {way} (how many)" for way in WAYS)],
    )
    for task in dict.fromkeys(task for task, _ in found):
        of_ways = [found.get((task, way)) for way in WAYS]
        effects = next(f["effect"] for f in of_ways if f)
        cells = [f"{f['axis'] or '–'} ({f['n_axis']})" if f else "–" for f in of_ways]
        yield line([task, effects, *cells])


APART = Measure(
    "Distance of the vectors in training from those at prediction, over the deviation of the "
    "latter; 2,000 rows",
    keys,
    distances,
    render,
)
