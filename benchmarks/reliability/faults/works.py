"""This module holds the works that faults hit: fit, save, streams, predictions.

A work gets a folder in which `prepare` has laid out what it needs. It calls `begin`
once all is set up, so that the moments of a fault are counted from there, and returns
the numbers that it came to.
"""

import importlib
import json
import signal
from pathlib import Path

import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor, persistence, streaming

from ...speed.library import constants
from ...speed.saving import regressor_of

N_ROWS, N_LEVELS = 6000, 400
# Small parts and a checkpoint wherever there may be one, so that faults hit all of it.
SMALL_PARTS = {
    "_training.checkpoints.SECONDS_BETWEEN": 0.0,
    "_training.spill.BYTES_PER_PART": 2**16,
    "_training.spill.BYTES_PER_WRITE": 2**17,
}


def made_up(n_rows=N_ROWS, seed=0):
    """Shops, days and a number, and a target of them."""
    rng = np.random.default_rng(seed)
    shop, day = rng.integers(N_LEVELS, size=n_rows), rng.integers(7, size=n_rows)
    x = rng.normal(size=n_rows)
    y = np.sin(shop) + 0.3 * (day > 4) + 0.5 * x + 0.3 * rng.normal(size=n_rows)
    return pd.DataFrame({"shop": [f"s{k}" for k in shop], "day": day.astype(str), "x": x, "y": y})


def model_of(**options):
    options = {"max_iter": 6, "batch_size": 256, "random_state": 0, "device": "cpu"} | options
    return EntityEmbeddingRegressor(**options)


def encoder_of():
    return EntityEmbeddingEncoder(model_of(max_iter=2), cv=2, random_state=0)


def prepare(folder):
    """Lay out the files that works read; they take a second."""
    folder = Path(folder)
    table = made_up()
    for number in range(4):
        table[number::4].to_parquet(folder / f"part-{number}.parquet")
    model = model_of(max_iter=2).fit(table.drop(columns="y"), table["y"])
    persistence.save(model, folder / "model.safetensors")
    encoder = encoder_of().fit(table[["shop", "day"]], table["y"])
    persistence.save(encoder, folder / "encoder.safetensors")
    large = regressor_of([f"item {i:07d}" for i in range(150_000)])
    persistence.save(large, folder / "large.safetensors")


def begin(folder):
    """Say that the work itself begins."""
    Path(folder, "begun").touch()


def fit(folder):
    """A fit in memory."""
    X = made_up()
    y = X.pop("y")
    model = model_of()
    begin(folder)
    return model.fit(X, y).predict(X[:500])


def save(folder):
    """Save over a file that is there."""
    large = persistence.load(folder / "large.safetensors")
    begin(folder)
    persistence.save(large, folder / "target.safetensors")


def stream_fit(folder):
    """A fit to files, with a checkpoint."""
    model, rows = model_of(max_iter=3), made_up(500).drop(columns="y")
    with constants(SMALL_PARTS):
        begin(folder)
        streaming.fit(model, folder / "part-*.parquet", checkpoint=folder / "kept")
    return model.predict(rows)


def stream_fit_without_checkpoint(folder):
    """A fit to files, whose rows are on disk only while it lasts."""
    model, rows = model_of(max_iter=2), made_up(500).drop(columns="y")
    with constants(SMALL_PARTS):
        begin(folder)
        streaming.fit(model, folder / "part-*.parquet")
    return model.predict(rows)


def stream_fit_transform(folder):
    """Vectors of the rows of files, written over a file that is there."""
    encoder = encoder_of()
    with constants(SMALL_PARTS):
        begin(folder)
        streaming.fit_transform(
            encoder,
            folder / "part-*.parquet",
            folder / "output.parquet",
            keep="y",
            checkpoint=folder / "kept",
        )
    return np.asarray(pd.read_parquet(folder / "output.parquet"))[:, 1:]


def stream_predict(folder):
    """Predictions for the rows of files, written over a file that is there."""
    model = persistence.load(folder / "model.safetensors")
    begin(folder)
    for _ in range(5):  # once takes less time than a fault takes to be on time
        streaming.predict(model, folder / "part-*.parquet", folder / "output.parquet", keep="y")
    return pd.read_parquet(folder / "output.parquet")["prediction"].to_numpy()


def refit(folder):
    """A second fit, whose end by Ctrl+C must leave what the first has learned."""
    return _interrupted(folder, lambda model, X, y: model.fit(X, y))


def partial_fit(folder):
    """Further rows, whose end by Ctrl+C must leave what was learned before."""
    return _interrupted(folder, lambda model, X, y: model.partial_fit(X, y))


def _interrupted(folder, go_on):
    X = made_up()
    y, rows = X.pop("y"), X[:500]
    model = model_of(max_iter=2).fit(X[:1000], y[:1000])
    X["shop"] = X["shop"].where(X.index % 7 > 0, "new")
    before, expected, model.max_iter = model.state_, model.predict(rows), 6
    begin(folder)
    try:
        go_on(model, X, y)
    except KeyboardInterrupt:
        same = model.state_ is before and np.array_equal(model.predict(rows), expected)
        _say(folder, "kept" if same else "changed")
    else:
        changed = not np.array_equal(model.predict(rows), expected)
        _say(folder, "ended" if changed else "learned nothing")


def save_interrupted(folder):
    """As `save`, for Ctrl+C."""
    try:
        save(folder)
    except KeyboardInterrupt:
        _say(folder, "interrupted")
    else:
        _say(folder, "ended")


def _say(folder, text):
    Path(folder, "said").write_text(text)


def run(work, folder, prepared=None):
    """Do a work in this process; keep what it returns, or the error it ends in.

    Parameters
    ----------
    work : str
        The name of a function of this module, or of another of this folder: module.name.
    folder : str
    prepared : callable, optional
        Called first, such as to set a limit.
    """
    folder = Path(folder)
    # A process that was started in the background may ignore the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if prepared is not None:
        prepared()
    try:
        module, _, name = work.rpartition(".")
        module = importlib.import_module(f"benchmarks.reliability.faults.{module or 'works'}")
        found = getattr(module, name)(folder)
    except Exception as error:
        kind = type(error).__name__
        said = {"error": kind, "said": str(error)[:2000], "kinds": _kinds(error)}
        Path(folder, "error.json").write_text(json.dumps(said))
        raise SystemExit(3) from None
    if found is not None:
        np.save(folder / "found.npy", np.asarray(found, dtype=float))


def _kinds(error):
    return [kind.__name__ for kind in type(error).__mro__]
