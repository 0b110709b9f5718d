"""This module puts the vector of one column alone in front of models, beside its target means."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ..estimators import network
from ..report import header, line
from ..tasks import TASKS
from .downstream import DOWNSTREAM, errors_behind
from .encoders import ENCODERS, OURS, TARGET, entity
from .measures import Measure
from .run import capped

MODELS = ("lightgbm", "forest", "linear", "neighbours")


def keys(options):
    """Every task that is asked for, with a seed or two."""
    for name in options.tasks:
        yield from ({"task": name, "seed": seed} for seed in range(min(2, options.seeds)))


def errors(key, options):
    """Errors of ours and of TargetEncoder's by column and model, 2,000 rows."""
    task, seed = capped(TASKS[key["task"]]), key["seed"]
    split = task.split("small", seed)
    # The effect is all of such a vector, and it does not depend on how long a network trains.
    build = partial(_quick, seed=seed)
    encoders = {OURS: replace(ENCODERS[OURS], build=build), TARGET: ENCODERS[TARGET]}
    found = {}
    for column in task.categorical:
        one = replace(task, categorical=(column,))
        of_column = replace(split, X=split.X[[column]], X_test=split.X_test[[column]])
        found[column] = {
            name: _errors(one, of_column, name, encoder, seed, options)
            for name, encoder in encoders.items()
        }
    return found


def _quick(task, seed_, split, *, seed):
    return entity(task, seed_, split, estimator=network(task, split.X, seed, max_iter=1))


def _errors(task, split, name, encoder, seed, options):
    encoded = encoder.encode(task, seed, split)
    behind = errors_behind(task, split, name, encoded, seed, options.threads, MODELS)
    return {key: float(errors[task.metrics[0]]) for key, errors in behind}


def render(lines):
    """A row per model: how the errors compare over all columns, and where ours is larger."""
    rows = [
        (of_key["task"], column, model, of_key["seed"], own, of_column[TARGET][model])
        for of_key in lines
        for column, of_column in of_key["found"].items()
        for model, own in of_column[OURS].items()
    ]
    frame = pd.DataFrame(rows, columns=["task", "column", "model", "seed", "own", "other"])
    frame["ratio"] = np.log(frame["own"] / frame["other"])
    yield from header(
        [
            "model",
            "columns",
            "error over TargetEncoder's",
            "larger beyond the spread",
            "the largest",
        ]
    )
    for name in MODELS:
        ratios = frame[frame["model"] == name].groupby(["task", "column"])["ratio"]
        mean, spread = ratios.mean(), ratios.std().fillna(0.0)
        worse = mean[mean > spread.clip(lower=1e-4)].sort_values(ascending=False)
        largest = "–"
        if len(worse):
            largest = f"{'.'.join(worse.index[0])} {np.expm1(worse.iloc[0]):.1%}"
        cells = [len(mean), f"{np.exp(mean.mean()):.4f}", len(worse), largest]
        yield line([DOWNSTREAM[name].label, *cells])


ALONE = Measure(
    "One column alone, 2,000 rows: the error with its vector over that with TargetEncoder's means",
    keys,
    errors,
    render,
)
