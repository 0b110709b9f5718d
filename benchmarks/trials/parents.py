"""This script asks whether a category gains by a vector that starts at that of its parent.

    python -m benchmarks.trials.parents                              # more than an hour
    python -m benchmarks.trials.parents --tasks salaries --sizes small --seeds 1

The vector of a division is the sum of its own and of that of its department, which comes
from a table of its own: the prior mean of a division is its department, and a new one
starts there. The parent may be a column of the table as well. The figures are changes of
the error (root mean square, or log-loss without ordered target encoding) in per cent on
rows split off, mean and standard deviation over the seeds, against the table with the
parent's column and without a parent; below 0, the other way is better. "rare" are rows
whose category has one to five training rows, "new" those whose category has none. Behind
the encoder the own part and the parent's are columns side by side.

With three seeds (November 2026, torch 2.13.0, scikit-learn 1.9.1), a parent beside its column
changed the error of the network with 2,000 rows by +0.7 ± 0.8 on salaries (rare +0.9 ± 1.9, new
-0.3 ± 2.3), +3.0 ± 0.5 on lectures (rare +2.6, new +0.6), +0.2 ± 1.8 on air time (rare -0.7,
new +1.1), +0.1 ± 0.3 on delays (rare +0.1, new +0.2), +1.0 ± 0.5 on titles of salaries (rare
+3.7, new -0.0), -0.8 ± 1.0 on amazon (rare -0.4, new -0.9) and +5.3 ± 4.9 on rossmann-joined
(rare +7.2, new +0.8); with 5,100 rows of salaries by +0.7 ± 2.2 (rare +2.3, new +0.7). In the
place of its column: -0.3, +2.7, -1.3, +12.7 and +0.6, where to leave the column out did +0.9,
+0.2, -1.6, +1.3 and +1.3. Behind the encoder, 2,000 rows: +0.8 ± 0.3 and -0.1 ± 0.1 for a
linear model, -1.4 ± 1.3 and -0.3 ± 0.7 for boosting (salaries, lectures). No column of claims
lies within another. A column of the parent tells the network all of it, so there are no
parents.
"""

import argparse
import statistics
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingEncoder

from .. import estimators
from ..report import NOTHING, header, line, progress
from ..speed.library import embedding_dim, vectors_times
from ..tasks import TASKS

# By task: a column and its parent.
PAIRS = {
    "salaries": ("division", "department"),
    "salaries, title": ("employee_position_title", "department"),
    "rossmann-joined": ("Store", "State"),
    "air-time": ("tailnum", "carrier"),
    "delay": ("tailnum", "carrier"),
    "amazon": ("MGR_ID", "ROLE_ROLLUP_2"),
    "lectures": ("d", "dept"),
}
SIZES = {"small": "small", "middle": "full"}
ROWS, TEST_ROWS = 12_000, 20_000
MOST_ROWS_OF_RARE = 5
PARENT = "the parent of the child"
# Whether there is a parent, and whether its column is left out of the table.
WAYS = {
    "column": (False, False),
    "column and parent": (True, False),
    "neither": (False, True),
    "parent": (True, True),
}
GROUPS = ("all", "rare", "new")
MODELS = ("network", "linear", "boosting")


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.trials.parents", description=about)
    add = parser.add_argument
    add("--tasks", nargs="+", choices=PAIRS, default=list(PAIRS), metavar="TASK")
    add("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    add("--seeds", type=int, default=3)
    add("--models", nargs="+", choices=MODELS, default=["network"])
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def prepare(task, X, child, parent, way):
    """The table of a way, and its categorical columns."""
    has_parent, without_column = WAYS[way]
    strings = {
        name: X[name].map(str, na_action="ignore").astype(object) for name in task.categorical
    }
    X = X.assign(**strings).drop(columns="department_name", errors="ignore")  # of department
    if has_parent:
        X = X.assign(**{PARENT: X[parent]})
    if without_column:
        X = X.drop(columns=parent)
    return X, [name for name in X if name in {*task.categorical, PARENT}]


def sum_of_vectors(X, categorical, child, way):
    """Dimensions by column, and the matrix that adds the vector of the parent to the child's."""
    dims = {name: embedding_dim(X[name].nunique()) for name in categorical}
    if not WAYS[way][0]:
        return dims, None
    dims[PARENT] = dims[child]
    starts = dict(zip(dims, np.cumsum([0, *dims.values()]), strict=False))
    matrix = np.eye(sum(dims.values()))
    own, of_parent = (starts[n] + np.arange(dims[child]) for n in (child, PARENT))
    matrix[of_parent, of_parent] = 0
    matrix[of_parent, own] = 1
    return dims, matrix


def predictions(task, split, child, parent, way, seed, models):
    """What each model predicts for the rows that test."""
    X, categorical = prepare(task, split.X, child, parent, way)
    X_test, _ = prepare(task, split.X_test, child, parent, way)
    dims, matrix = sum_of_vectors(X, categorical, child, way)
    settings = {"categorical_features": categorical, "embedding_dim": dims}
    if task.kind == "binary":  # which would read the parent's column twice
        settings["ordered_target_encoding"] = False
    chosen = replace(task, categorical=tuple(categorical))
    model = estimators.network(chosen, X, seed, **settings)
    found = {}
    with vectors_times(matrix):
        if "network" in models:
            found["network"] = estimators.predict(model.fit(X, split.y), task, X_test)
        behind = [name for name in models if name != "network"]
        if behind:
            encoder = EntityEmbeddingEncoder(model, random_state=seed)
            encoded, encoded_test = encoder.fit_transform(X, split.y), encoder.transform(X_test)
    for name in behind:
        last = estimators.histogram_boosting(task, seed)
        if name == "linear":
            linear = LogisticRegression(max_iter=2000) if task.kind == "binary" else Ridge()
            last = make_pipeline(StandardScaler(), linear)
        fitted = last.fit(np.nan_to_num(encoded), split.y)
        found[name] = estimators.predict(fitted, task, np.nan_to_num(encoded_test))
    return found


def errors(task, split, child, predicted):
    """Root mean square error, or log-loss, over groups of rows; NaN for fewer than 30."""
    y = split.y_test
    if task.kind == "binary":
        p = np.clip(predicted, 1e-7, 1 - 1e-7)
        losses = -np.where(y == 1, np.log(p), np.log1p(-p))
    else:
        losses = (y - predicted) ** 2
    counts = split.X_test[child].map(split.X[child].value_counts()).fillna(0).to_numpy()
    counts = np.where(pd.isna(split.X_test[child]), np.inf, counts)
    rare = (counts > 0) & (counts <= MOST_ROWS_OF_RARE)
    groups = {"all": counts >= 0, "rare": rare, "new": counts == 0}
    power = 1 if task.kind == "binary" else 0.5
    return {
        name: losses[rows].mean() ** power if rows.sum() >= 30 else np.nan
        for name, rows in groups.items()
    }


def changes(name, size, options):
    """Changes of the errors by way, model and group, in per cent, a list over the seeds."""
    task = replace(TASKS[name.partition(",")[0]], cap=ROWS, test_cap=TEST_ROWS)
    if size == "middle" and not task.has_full:
        return {}
    child, parent = PAIRS[name]
    logs = {}
    for seed in range(options.seeds):
        split = task.split(SIZES[size], seed, inner=True)
        found = {
            way: {
                model: errors(task, split, child, predicted)
                for model, predicted in predictions(
                    task, split, child, parent, way, seed, options.models
                ).items()
            }
            for way in WAYS
        }
        base = found["column"]
        for way in list(WAYS)[1:]:
            for model in options.models:
                for group in GROUPS:
                    change = 100 * np.log(found[way][model][group] / base[model][group])
                    logs.setdefault((way, model, group), []).append(change)
        shown = {" ".join(key): f"{of_seeds[-1]:+.1f}" for key, of_seeds in logs.items()}
        progress(f"{name}, {size}, seed {seed}: {shown}")
    return logs


def cell(of_seeds):
    """Mean and standard deviation over the seeds."""
    of_seeds = [x for x in of_seeds if np.isfinite(x)]
    if not of_seeds:
        return NOTHING
    spread = f" ± {statistics.stdev(of_seeds):.1f}" if len(of_seeds) > 1 else ""
    return f"{statistics.fmean(of_seeds):+.1f}{spread}"


def main(arguments=None):
    """Progress to stderr, a table per size and model to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for size in options.sizes:
        with threadpool_limits(options.threads):
            found = {name: changes(name, size, options) for name in options.tasks}
        found = {name: logs for name, logs in found.items() if logs}
        for model in options.models:
            print(f"\n{size}, {model}:\n")
            for row in header(["way, rows", *found]):
                print(row)
            for way in list(WAYS)[1:]:
                for group in GROUPS:
                    cells = [cell(logs[way, model, group]) for logs in found.values()]
                    print(line([f"{way}, {group}", *cells]), flush=True)


if __name__ == "__main__":
    main()
