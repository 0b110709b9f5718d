"""This module measures how long an estimator of a million categories takes to save and load."""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingRegressor, persistence

N_CATEGORIES, DIM = 1_000_000, 16


def regressor_of(names, dim=DIM):
    """A regressor with one column of these categories, as if it were fitted to them."""
    X = pd.DataFrame({"item": ["a", "b", "c"] * 20})
    model = EntityEmbeddingRegressor(embedding_dim=dim, max_iter=1, random_state=0)
    model.fit(X, np.arange(60))
    state, replace, rng = model.state_, dataclasses.replace, np.random.default_rng(0)
    n_rows = 3 + len(names)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    column, table, means = state.coder.categorical[0], state.weights.tables[0], state.means[0]
    vocabulary = replace(
        column.vocabulary,
        categories=pd.Index(sorted(names), dtype=object),
        counts=rng.integers(1, 100, len(names)),
        rows=np.arange(3, n_rows, dtype=np.int32),
    )
    table = replace(table, mean=normal(n_rows, dim), log_deviation=normal(n_rows, dim))
    mass, totals = np.ones(n_rows, dtype=np.float32), rng.normal(size=(n_rows, 1))
    means = replace(means, sums=replace(means.sums, mass=mass, totals=totals))
    model.state_ = replace(
        state,
        coder=replace(state.coder, categorical=(replace(column, vocabulary=vocabulary),)),
        weights=replace(state.weights, tables=(table,)),
        means=(means,),
    )
    return model


def payload(value, seen=None):
    """Bytes of the arrays and of the strings (in UTF-8) of a record, each object once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if dataclasses.is_dataclass(value):
        return sum(payload(getattr(value, f.name), seen) for f in dataclasses.fields(value))
    if isinstance(value, tuple):
        return sum(payload(part, seen) for part in value)
    if isinstance(value, pd.Index):
        if value.dtype == object:
            return sum(len(str(v).encode("utf-8", "surrogatepass")) for v in value)
        return value.nbytes
    return value.nbytes if isinstance(value, np.ndarray) else 0


def now():
    """Seconds on the clock, and those of the processor in this process."""
    return np.array([time.perf_counter(), time.process_time()])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    model = regressor_of([f"item {i:07d} – {i % 977}" for i in range(N_CATEGORIES)])
    size = payload(model.state_)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        times = []
        for _ in range(repeats):
            start = now()
            persistence.save(model, path)
            saved = now()
            again = persistence.load(path)
            times.append((saved - start, now() - saved))
        X = pd.DataFrame({"item": model.categories_["item"][::1000]})
        assert (again.predict(X) == model.predict(X)).all()
        print(
            f"{N_CATEGORIES} categories, {DIM} dimensions, {size / 1e6:.1f} MB of arrays and text"
        )
        print(f"file: {path.stat().st_size / 1e6:.1f} MB, {path.stat().st_size / size:.3f} times")
    for i, name in enumerate(("save", "load")):
        clock, processor = np.array(times)[:, i].T
        span = f"{clock.min():.2f} to {clock.max():.2f}"
        print(f"{name}: {np.median(clock):.2f} s ({span}), processor {np.median(processor):.2f} s")
    clock, processor = np.median(np.sum(times, axis=1), axis=0)
    print(f"both: {clock:.2f} s, processor {processor:.2f} s")


if __name__ == "__main__":
    main()
