"""This script fits, predicts, saves and loads in the environment that runs it, and compares.

    python -m benchmarks.reliability.values FOLDER                 # in one environment
    python -m benchmarks.reliability.values OTHER --load FOLDER    # in another

Four estimators are fitted to made-up tables, and asked for their numbers in pandas, polars and
Arrow tables, which must agree to the bit; columns that are swapped, missing or added must be
refused. Estimators and numbers are saved in the folder. With --load the estimators that another
environment has saved are loaded and asked for the same, by eight threads at once too. Then the
last line says, as JSON, by how much the numbers of what was fitted and of what was loaded differ
from those of the other environment, in units of their standard deviation. Where torch is not
installed nothing is fitted. Where the numbers disagree within one environment, or a swapped column
passes, there is an error.
"""

import argparse
import json
import platform
import sys
import threading
import time
from importlib import metadata, util
from pathlib import Path

import numpy as np
import pandas as pd

from sk_entity import (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
    persistence,
)

PACKAGES = (
    *("numpy", "scipy", "pandas", "narwhals", "scikit-learn", "torch", "skorch", "tqdm"),
    *("polars", "pyarrow", "joblib"),
)
SCRIPT = "benchmarks.reliability.values"
NUMBERS = "numbers.json"
METHODS = {
    "regressor": ("predict",),
    "classifier": ("predict_proba",),
    "encoder": ("transform",),
    "merger": ("transform",),
}
N_FIT, N_NEW = 400, 40
N_THREADS, N_CALLS = 8, 5
SETTINGS = {
    "hidden_layer_sizes": (16,),
    "max_iter": 5,
    "batch_size": 64,
    "learning_rate_init": 0.02,
    "device": "cpu",
    "random_state": 0,
}


def made_up():
    """A table with strings, truth values, whole numbers, gaps; a quantity that depends on it."""
    rng = np.random.default_rng(0)
    n = N_FIT + N_NEW
    shop, month, price = rng.integers(0, 8, n), rng.integers(1, 13, n), rng.random(n)
    names = np.array(["north", "south", "east", "west", "é", "z z", "", "7"], dtype=object)[shop]
    names[rng.random(n) < 0.05] = None
    promotion = rng.random(n) < 0.3
    y = shop % 3 + 0.1 * month + price + promotion
    price[rng.random(n) < 0.1] = np.nan
    table = {"shop": names, "city": names[::-1], "promotion": promotion, "month": month}
    return pd.DataFrame(table | {"price": price}), y


def containers(table):
    """The table in each container that is installed, pandas first."""
    held = {"pandas": table}
    if util.find_spec("polars"):
        import polars as pl

        columns = table.astype(object).where(table.notna(), None).to_dict("list")
        held["polars"] = pl.DataFrame(columns)
    if util.find_spec("pyarrow"):
        import pyarrow as pa

        held["pyarrow"] = pa.Table.from_pandas(table, preserve_index=False)
    return held


def fitted(X, y):
    """Four estimators by name."""
    chosen = {"categorical_features": ["shop", "city", "promotion", "month"]}
    regressor = EntityEmbeddingRegressor(**SETTINGS, **chosen)
    classifier = EntityEmbeddingClassifier(**SETTINGS, **chosen)
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS), cv=2, **chosen)
    merger = CategoryMerger(regressor, n_clusters=3, random_state=0, **chosen)
    return {
        "regressor": regressor.fit(X, y),
        "classifier": classifier.fit(X, np.where(y > y.mean(), "high", "low")),
        "encoder": encoder.fit(X, y),
        "merger": merger.fit(X, y),
    }


def numbers(output):
    """What a method returned as an array of floats; groups by their numbers, gaps as 0."""
    array = np.asarray(output)
    if array.dtype.kind != "f":
        array = np.asarray([[str(v).rpartition("_")[2] for v in row] for row in array.tolist()])
        array = np.unique(array, return_inverse=True)[1]
    return np.nan_to_num(array.astype(float)).ravel()


def refused(call, *arguments):
    """Whether scikit-learn's error about names of features, or their number, is raised."""
    try:
        call(*arguments)
    except ValueError as error:
        return "eature" in str(error)
    return False


def changed(table):
    """The table with columns swapped, missing and added; in its own container."""
    first, second, *rest = names = list(getattr(table, "column_names", None) or table.columns)
    take = table.select if hasattr(table, "select") else table.__getitem__
    yield "swapped", take([second, first, *rest])
    yield "missing", take(names[:-1])
    if isinstance(table, pd.DataFrame):
        yield "added", table.assign(more=1)
    elif hasattr(table, "append_column"):
        yield "added", table.append_column("more", table[first])
    else:
        yield "added", table.with_columns(table[first].alias("more"))


def check(name, estimator, tables):
    """Numbers of the estimator, which every container must give, with the columns it knows."""
    values = {}
    for method in METHODS[name]:
        call = getattr(estimator, method)
        for container, table in tables.items():
            found = numbers(call(table))
            expected = values.setdefault(method, found)
            assert np.array_equal(found, expected), f"{name}.{method} of {container} differs"
            for what, other in changed(table):
                assert refused(call, other), f"{name}.{method}: {what} columns of {container} pass"
    assert list(estimator.feature_names_in_) == list(tables["pandas"].columns), name
    assert estimator.n_features_in_ == tables["pandas"].shape[1], name
    return {f"{name} {method}": found.tolist() for method, found in values.items()}


def check_fits(rows, y, saved):
    """Every container teaches the same names, and the encoder gives tables that are asked for."""
    values = {}
    for container, table in rows.items():
        encoder = EntityEmbeddingEncoder(
            EntityEmbeddingRegressor(**SETTINGS | {"max_iter": 1}),
            cv=2,
            categorical_features=["shop", "city", "month"],
        ).fit(table, y)
        names = list(encoder.get_feature_names_out())
        assert list(encoder.feature_names_in_) == list(rows["pandas"].columns), container
        values[container] = numbers(encoder.transform(table))
        assert np.array_equal(values[container], values["pandas"]), f"{container}: other vectors"
        for output in {"pandas", "polars"} & set(rows):
            given = encoder.set_output(transform=output).transform(table)
            assert list(given.columns) == names, f"{container} to {output}: other names"
    assert refused(saved["encoder"].get_feature_names_out, ["a"])


def in_threads(call, table):
    """The numbers of calls in eight threads at once, which must be those of one."""
    expected, found = numbers(call(table)), []
    threads = [
        threading.Thread(target=lambda: found.extend(numbers(call(table)) for _ in range(N_CALLS)))
        for _ in range(N_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == N_CALLS * N_THREADS, "a thread has failed"
    assert all(np.array_equal(f, expected) for f in found), "threads disagree"


def versions():
    """Of the packages, None for those that are not installed."""
    found = {"python": platform.python_version()}
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        found["python"] += " without GIL"
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def largest_difference(found, expected):
    """Between numbers by name, in units of the standard deviation of those expected."""
    largest = 0.0
    for name, values in found.items():
        spread = np.std(expected[name])
        largest = max(largest, np.abs(np.subtract(values, expected[name])).max() / spread)
    return float(largest)


def fit_all(X, y, tables, folder):
    """The numbers of estimators fitted here, which are saved, and are the same once loaded."""
    estimators, values = fitted(X, y), {}
    check_fits(containers(X), y, estimators)
    for name, estimator in estimators.items():
        of_this = check(name, estimator, tables)
        path = folder / f"{name}.safetensors"
        persistence.save(estimator, path)
        assert check(name, persistence.load(path), tables) == of_this, f"{name}: loaded differs"
        values |= of_this
    return values


def load_all(folder, tables):
    """The numbers of estimators that were saved in a folder."""
    values = {}
    for name, methods in METHODS.items():
        estimator = persistence.load(folder / f"{name}.safetensors")
        values |= check(name, estimator, tables)
        in_threads(getattr(estimator, methods[0]), tables["pandas"])
    return values


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(f"python -m {SCRIPT}", description=about)
    parser.add_argument("folder", type=Path, help="where estimators and numbers are saved")
    parser.add_argument("--load", type=Path, help="a folder that another environment has written")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Everything, in a folder."""
    arguments = parse(arguments)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    X, y = made_up()
    tables = containers(X[N_FIT:])
    answer = {"versions": versions(), "fitted": None, "loaded": None}
    values = {}
    if answer["versions"]["torch"]:
        values = fit_all(X[:N_FIT], y[:N_FIT], tables, arguments.folder)
        (arguments.folder / NUMBERS).write_text(json.dumps(values))
    if arguments.load:
        expected = json.loads((arguments.load / NUMBERS).read_text())
        answer["loaded"] = largest_difference(load_all(arguments.load, tables), expected)
        answer["fitted"] = largest_difference(values, expected) if values else None
    answer["seconds"] = round(time.perf_counter() - start, 1)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
