"""Prediction of many rows and of one, and the time to import."""

import subprocess
import sys

import _speed_ours as ours
import numpy as np
from _speed_measure import Line, alternate, compare, duration, say, timed
from _speed_tables import CATEGORICAL, NUMERICAL, full_table
from _speed_training import as_dict, skorch_net
from lightgbm import LGBMRegressor
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from sk_entity import EntityEmbeddingRegressor

CALLS = 200
IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def fitted(X, y):
    """The default network after one epoch: its speed does not depend on its weights."""
    model = EntityEmbeddingRegressor(max_iter=1, batch_size=1024, device="cpu", random_state=0)
    return model.fit(X, y)


def predict_many(options):
    """`predict` from a DataFrame, coding included."""
    n_rows = 10_000 if options.quick else 1_000_000
    n_fit = 2_000 if options.quick else 50_000
    n_skorch = n_rows // 10
    X, y = full_table(n_rows)
    model = fitted(X[:n_fit], y[:n_fit])
    trees = LGBMRegressor(n_estimators=500, n_jobs=options.threads, verbose=-1)
    trees.fit(X[:n_fit], y[:n_fit])
    own = timed(lambda: model.predict(X), per=n_rows)
    work = f"predict, {n_rows:,} rows"
    against = "LightGBM, 500 trees, native categoricals"
    yield compare(work, against, "≥ 1.0", own, timed(lambda: trees.predict(X), n_rows), options)
    net, coded = _skorch_twin(n_fit), as_dict(ours.rossmann_like(n_skorch)[1])
    other = timed(lambda: net.predict(coded), per=n_skorch)
    yield compare(work, "skorch, default DataLoader, rows coded", "≥ 1.0", own, other, options)


def predict_one(options):
    """`predict` of a DataFrame of one row."""
    n_fit = 2_000 if options.quick else 50_000
    X, y = full_table(n_fit)
    model, row = fitted(X, y), X.iloc[[0]]
    own = timed(lambda: [model.predict(row) for _ in range(CALLS)], per=CALLS)
    net = _skorch_twin(n_fit)
    coded = {name: array[:1] for name, array in as_dict(ours.rossmann_like(n_fit)[1]).items()}
    coder = _sklearn_coder().fit(X)

    def encode_and_predict():
        part = coder.transform(row)
        codes = part[:, : len(CATEGORICAL)].astype(np.int32) + 1  # -1 is unknown
        numbers = part[:, len(CATEGORICAL) :].astype(np.float32)
        return net.predict({"categorical": codes, "numerical": numbers})

    full = timed(lambda: [encode_and_predict() for _ in range(CALLS)], per=CALLS)
    only = timed(lambda: [net.predict(coded) for _ in range(CALLS)], per=CALLS)
    work = "predict, one row of a DataFrame"
    milliseconds = [1e3 * s for s in alternate({"own": own}, options.runs)["own"]]
    yield Line(work, "the clock", "≤ 1 ms", milliseconds, " ms")
    encoded = "skorch behind OrdinalEncoder and StandardScaler"
    yield compare(work, encoded, "≥ 1.0", own, full, options, rows=False)
    yield compare(work, "skorch, row coded", "≥ 1.0", own, only, options, rows=False)


def _skorch_twin(n_rows):
    """The default network in skorch; untrained, which costs the same."""
    coder, examples = ours.rossmann_like(n_rows)
    return skorch_net(ours.network_for(coder, examples, ours.DEFAULT)).initialize()


def _sklearn_coder():
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_column_transformer((ordinal, CATEGORICAL), (StandardScaler(), NUMERICAL))


def import_time(options):
    """Seconds of the import statement in a fresh interpreter."""

    def seconds(modules):
        command = [sys.executable, "-c", IMPORT.format(modules)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    works = {names: lambda n=names: seconds(n) for names in ("sk_entity", "sklearn, pandas")}
    own, both = alternate(works, 2 * options.runs).values()
    say(f"import: sk_entity {duration(min(own))}, sklearn and pandas {duration(min(both))}")
    costs = [a / b for a, b in zip(own, both, strict=True)]
    yield Line("import sk_entity", "import sklearn, pandas", "≤ 1.1", costs)
