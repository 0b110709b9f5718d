"""This module compares the error of a stream with that of the fit in memory, on real tables."""

import os
import tempfile

import pandas as pd

from ..estimators import network, predict
from ..report import progress
from ..scores import rounded, scores
from ..store import Store, key_of
from ..tasks import TASKS
from ..versions import versions

REAL = ("air-time", "claims", "rossmann")
TARGET, WEIGHT = "the target", "the weight"
N_FILES = 5


def measure(options):
    """A line for each task, seed and way."""
    store = Store(options.results)
    version = versions("sk-entity", "torch", "pyarrow")
    for name in options.tasks:
        task = TASKS[name]
        for seed in range(options.seeds):
            split = task.split(options.size, seed)
            for how, fit in (("memory", in_memory), ("stream", stream)):
                key = key_of(task, options.size, seed, False, split)
                key |= {"how": how, "version": version}
                line = None if options.rerun else store.find(**key)
                if line is None:
                    model = network(task, split.X, seed, device="cpu", **options.settings)
                    model = fit(model, split)
                    errors = rounded(scores(task, split, predict(model, task, split.X_test)))
                    line = key | {"errors": errors, "n": len(split.y)}
                    store.append(line)
                    progress(f"{name}, seed {seed}, {how}: {errors}")
                yield line


def in_memory(model, split):
    return model.fit(split.X, split.y, sample_weight=split.weight)


def stream(model, split):
    """Through Parquet files, without any column that the fit in memory does not have."""
    from sk_entity.streaming import fit

    table = split.X.assign(**{TARGET: split.y})
    if split.weight is not None:
        table[WEIGHT] = split.weight
    with tempfile.TemporaryDirectory() as folder:
        for k in range(N_FILES):
            part = table.iloc[k * len(table) // N_FILES : (k + 1) * len(table) // N_FILES]
            part.to_parquet(os.path.join(folder, f"part-{k}.parquet"), index=False)
        return fit(
            model,
            os.path.join(folder, "*.parquet"),
            target=TARGET,
            sample_weight=WEIGHT if split.weight is not None else None,
        )


def summary(lines):
    """Errors by task and metric: lists over the seeds of both ways."""
    rows = [
        {"task": line["task"], "metric": metric, "how": line["how"], "error": error, "n": line["n"]}
        for line in lines
        for metric, error in line["errors"].items()
        if metric in TASKS[line["task"]].metrics
    ]
    frame = pd.DataFrame(rows)
    for (task, metric), of_metric in frame.groupby(["task", "metric"], sort=False):
        errors = of_metric.groupby("how")["error"].apply(list)
        yield task, metric, int(of_metric["n"].iloc[0]), errors["memory"], errors["stream"]
