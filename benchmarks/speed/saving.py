"""This module measures how long an estimator of a million categories takes to save and load."""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingRegressor, persistence
from sk_entity._estimators.state import FittedNetwork
from sk_entity._predict.weights import EmbeddingTable, Layer, Weights
from sk_entity._table.coder import TableCoder
from sk_entity._table.columns import CategoricalColumn
from sk_entity._table.vocabulary import Vocabulary
from sk_entity._target.ordered_encoding import OrderedTargetEncoding
from sk_entity._target.regression import RegressionTarget
from sk_entity._target.smoothed_means import SmoothedMeans

N_CATEGORIES, DIM = 1_000_000, 16
HIDDEN = (256, 128)


def regressor_of(names, dim=DIM):
    """A regressor with one column of these categories, as if it were fitted."""
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    categories = pd.Index(sorted(names), dtype=object)
    n_rows = 3 + len(categories)
    counts = rng.integers(1, 100, len(categories))
    vocabulary = Vocabulary(categories, counts, np.arange(3, n_rows, dtype=np.int32), 0)
    table = EmbeddingTable(normal(n_rows, dim), normal(n_rows, dim), normal(dim))
    sizes = (dim, *HIDDEN, 1)
    layers = tuple(
        Layer(normal(a, b) / np.float32(a) ** 0.5, normal(b))
        for a, b in zip(sizes[:-1], sizes[1:], strict=True)
    )
    model = EntityEmbeddingRegressor()
    model.n_features_in_, model.feature_names_in_ = 1, np.array(["item"], dtype=object)
    model.state_ = FittedNetwork(
        coder=TableCoder(("item",), (CategoricalColumn("item", 0, vocabulary, 0, False),), ()),
        target=RegressionTarget("identity", np.zeros(1), np.ones(1), True),
        encoding=OrderedTargetEncoding.none(),
        means=(SmoothedMeans(normal(n_rows, 1), normal(n_rows, 1), np.ones(n_rows, dtype=bool)),),
        weights=Weights((table,), (), layers, "silu"),
        history=pd.DataFrame({"train_loss": [1.0]}, index=pd.RangeIndex(1, 2, name="epoch")),
        n_iter=1,
        best_iter=1,
        dispersion=1.0,
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
            start = time.perf_counter()
            persistence.save(model, path)
            saved = time.perf_counter()
            again = persistence.load(path)
            times.append((saved - start, time.perf_counter() - saved))
        X = pd.DataFrame({"item": model.state_.coder.categorical[0].vocabulary.categories[::1000]})
        assert (again.predict(X) == model.predict(X)).all()
        print(
            f"{N_CATEGORIES} categories, {DIM} dimensions, {size / 1e6:.1f} MB of arrays and text"
        )
        print(f"file: {path.stat().st_size / 1e6:.1f} MB, {path.stat().st_size / size:.3f} times")
    for name, seconds in zip(("save", "load"), zip(*times, strict=True), strict=True):
        print(
            f"{name}: {np.median(seconds):.2f} s (median), {min(seconds):.2f} to {max(seconds):.2f}"
        )
    print(f"both: {np.median(np.sum(times, axis=1)):.2f} s")


if __name__ == "__main__":
    main()
