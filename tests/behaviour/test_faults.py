"""Ends by force and many threads: no file is half, and no reader sees what others learn."""

import copy
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingRegressor
from sk_entity.persistence import load, save

SAVING = """
import sys
from sk_entity.persistence import load, save
estimators = [load(path) for path in sys.argv[1:3]]
while True:
    for estimator in estimators:
        save(estimator, sys.argv[3])
"""


@pytest.fixture(scope="module")
def fitted():
    """A table, a regressor of it, and its vectors."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"shop": rng.integers(50, size=400).astype(str)})
    model = EntityEmbeddingRegressor(max_iter=1, random_state=0, embedding_dim=2)
    return X, model.fit(X, rng.normal(size=400))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL.")
def test_an_end_by_force_leaves_one_whole_file(fitted, tmp_path):
    X, model = fitted
    other = copy.deepcopy(model).set_params(max_iter=2)
    paths = [tmp_path / "one", tmp_path / "other"]
    for estimator, path in zip((model, other), paths, strict=True):
        save(estimator, path)
    target = tmp_path / "target"
    for moment in (0.0, 0.02):
        process = subprocess.Popen([sys.executable, "-c", SAVING, *paths, target])
        while not target.exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(moment)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert load(target).max_iter in (1, 2)
        np.testing.assert_array_equal(load(target).predict(X), model.predict(X))
        target.unlink()
    others = {name for name in os.listdir(tmp_path) if name not in ("one", "other")}
    assert all(name.startswith(".sk_entity-") and name.endswith(".tmp") for name in others)


@pytest.mark.slow
def test_readers_get_the_same_bits_while_a_copy_grows(fitted):
    X, model = fitted
    expected, over = model.predict(X), threading.Event()

    def read(_):
        n_read = 0
        while not over.is_set() or n_read < 3:
            np.testing.assert_array_equal(model.predict(X), expected)
            n_read += 1

    with ThreadPoolExecutor(8) as threads:
        readers = [threads.submit(read, number) for number in range(8)]
        try:
            for number in range(3):
                grown = copy.deepcopy(model)
                grown.partial_fit(X + f" new {number}", np.ones(len(X)))
                assert len(grown.categories_["shop"]) > len(model.categories_["shop"])
        finally:
            over.set()
        for reader in readers:
            reader.result()
