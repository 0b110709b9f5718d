"""This module lets many threads and processes use the library at the same time."""

import copy
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import parallel_backend
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from .fault_process import MOST_SECONDS
from .kills import result
from .works import encoder_of, made_up, model_of

N_THREADS, N_ROUNDS = 8, 20


def reading_while_growing():
    """Eight threads predict and transform, and one grows copies; the readers get the same bits."""
    table = made_up(4000)
    X, y = table[["shop", "day"]], table["y"]
    model, encoder = model_of(max_iter=1).fit(X, y), encoder_of().fit(X, y)
    works = [lambda: model.predict(X), lambda: encoder.transform(X)]
    expected = [np.asarray(work()) for work in works]
    new = X[:1000].assign(shop=X["shop"][:1000] + " new")
    over, n_read = threading.Event(), 0

    def grow():
        for number in range(5):
            for grown in (copy.deepcopy(model), clone(model).fit(X[:500], y[:500])):
                grown.partial_fit(new.assign(shop=new["shop"] + f"{number}"), y[:1000])
                assert grown.predict(new).shape == (1000,)
            copy.deepcopy(encoder).partial_fit(new, y[:1000])
        over.set()

    def read(number):
        nonlocal n_read
        for _ in range(N_ROUNDS):
            assert np.array_equal(np.asarray(works[number % 2]()), expected[number % 2])
            n_read += 1
            if over.is_set():
                break

    with ThreadPoolExecutor(N_THREADS + 1) as threads:
        growing = threads.submit(grow)
        for done in [threads.submit(read, number) for number in range(N_THREADS)]:
            done.result()
        growing.result()
    assert n_read >= N_THREADS


def reading_one():
    """Eight threads predict, transform and look inside at once, from the first call on."""
    table = made_up(4000)
    X, y = table[["shop", "day"]], table["y"]
    model, encoder = model_of(max_iter=1).fit(X, y), encoder_of().fit(X, y)
    works = [
        lambda: model.predict(X),
        lambda: encoder.transform(X),
        lambda: model.embeddings_["shop"].to_numpy(),
        lambda: encoder.to_frame()["shop"].select_dtypes("number").to_numpy(),
    ]
    everybody = threading.Barrier(N_THREADS)

    def read(number):
        everybody.wait()
        return [np.asarray(works[(number + k) % 4]()) for k in range(N_ROUNDS)]

    with ThreadPoolExecutor(N_THREADS) as threads:
        found = list(threads.map(read, range(N_THREADS)))
    expected = [np.asarray(work()) for work in works]
    for number, of_thread in enumerate(found):
        for k, output in enumerate(of_thread):
            assert np.array_equal(output, expected[(number + k) % 4], equal_nan=True)


def fitting():
    """Eight threads fit an estimator each; the bits are those of one after another."""
    table = made_up(1500)
    X, y = table[["shop", "day", "x"]], table["y"]
    models = [model_of(max_iter=2, random_state=seed) for seed in range(N_THREADS)]
    alone = [clone(model).fit(X, y).predict(X) for model in models]
    with ThreadPoolExecutor(N_THREADS) as threads:
        fitted = list(threads.map(lambda model: model.fit(X, y), models))
    for model, expected in zip(fitted, alone, strict=True):
        assert np.array_equal(model.predict(X), expected)


def nested_loky():
    """A search of four jobs over encoders of four jobs, in processes."""
    return _nested("loky")


def nested_threading():
    """The same in threads."""
    return _nested("threading")


def _nested(backend):
    table = made_up(600)
    X, y = table[["shop", "day"]], table["y"]
    inside = encoder_of().set_params(n_jobs=4, cross_fit="networks")
    pipeline = make_pipeline(inside, DecisionTreeRegressor(max_depth=3, random_state=0))
    grid = {"entityembeddingencoder__estimator__embedding_dim": [2, 3]}
    found = []
    for n_jobs, inner in ((1, 1), (4, 4)):
        search = GridSearchCV(
            clone(pipeline).set_params(entityembeddingencoder__n_jobs=inner),
            grid,
            cv=2,
            n_jobs=n_jobs,
        )
        with parallel_backend(backend):
            search.fit(X, y)
        found.append(search.cv_results_["mean_test_score"])
    assert np.array_equal(*found)


WORKS = (reading_while_growing, reading_one, fitting, nested_loky, nested_threading)


def at_once(folder, n):
    """Each work as often as a tenth of the moments of other faults, in a Python of its own."""
    for work in WORKS:
        for _ in range(max(1, n // 10)):
            begun = time.monotonic()
            script = f"from benchmarks.reliability.faults import at_once; at_once.{work.__name__}()"
            outcome, status = "same bits", 0
            try:
                ran = subprocess.run(
                    [sys.executable, "-c", script],
                    capture_output=True,
                    text=True,
                    timeout=MOST_SECONDS,
                )
            except subprocess.TimeoutExpired:
                outcome = status = "hangs"
            else:
                if ran.returncode:
                    outcome, status = ran.stderr[-300:], ran.returncode
            seconds = time.monotonic() - begun
            yield result(work.__name__, "at once", seconds, status, outcome, ok=status == 0)


GROUPS = {"at-once": at_once}
