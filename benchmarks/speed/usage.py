"""This script measures time or memory of one training, in the process that runs it.

python -m benchmarks.speed.usage time levels 1000000 1000   # rows, levels
python -m benchmarks.speed.usage memory rows 100000
"""

import json
import sys
import time

import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingRegressor

from . import library
from .made_up_tables import CATEGORICAL, integer_table

BATCH = 1024
DIM = 16


def time_levels(n_rows, n_levels):
    """Seconds per row of an epoch over one column."""
    row_counts, examples = library.one_column(n_rows, n_levels)
    network = library.network_of_one_column(row_counts, DIM)
    return {"seconds": _train_seconds(network, examples, epochs=1)}


def time_rows(n_rows, epochs):
    """Seconds per row of an epoch over the table of Rossmann's shape."""
    coder, examples = library.rossmann_like(n_rows)
    network = library.network_for(coder, examples, library.DEFAULT)
    return {"seconds": _train_seconds(network, examples, epochs)}


def _train_seconds(network, examples, epochs):
    """Wall time of the training alone, its set-up included; after a first short one."""
    few = library.first_rows(examples, BATCH)
    library.train(network, few, batch_size=BATCH, epochs=1)
    start = time.perf_counter()
    library.train(network, examples, batch_size=BATCH, epochs=epochs)
    return (time.perf_counter() - start) / (epochs * library.n_rows_of(examples))


def memory_levels(n_rows, n_levels):
    """Peak of `fit`, and what there is to know of its table."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"c": rng.permutation(n_rows) % n_levels})
    peak, _, _ = _fit(X, rng.normal(size=n_rows), categorical_features=["c"], embedding_dim=DIM)
    return {
        "peak": peak,
        "n_weights": n_levels * DIM,
        "bytes_per_weight": library.BYTES_PER_WEIGHT,
    }


def memory_rows(n_rows):
    """Peak of `fit`, and the size of the table as it codes it."""
    imports = _warm_up()
    X, y = integer_table(n_rows)
    peak, model, total = _fit(X, y, categorical_features=CATEGORICAL)
    part = model.to_codes(X[:1000])
    coded = sum(array.nbytes for array in part) * n_rows / len(part[0])
    return {"peak": peak, "coded": coded, "total": total - imports}


def _fit(X, y, **parameters):
    """Fit one epoch; peak memory over that before, which holds X and y, the model, and the peak."""
    _warm_up()
    before = _resident("VmRSS")
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the high-water mark starts anew
    model = EntityEmbeddingRegressor(
        max_iter=1, batch_size=BATCH, device="cpu", random_state=0, **parameters
    ).fit(X, y)
    peak = _resident("VmHWM")
    return peak - before, model, peak


def _warm_up():
    """Load what `fit` imports and what torch keeps; resident bytes afterwards."""
    X = pd.DataFrame({"c": ["a", "b"] * BATCH, "n": np.arange(2.0 * BATCH)})
    EntityEmbeddingRegressor(max_iter=1, batch_size=BATCH, device="cpu").fit(X, X["n"])
    return _resident("VmRSS")


def _resident(field):
    """Bytes, from Linux.

    `getrusage` would not do: a child starts with the high-water mark of its parent.
    """
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(field))
    return 1024 * int(line.split()[1])


WORKS = {
    ("time", "levels"): time_levels,
    ("time", "rows"): time_rows,
    ("memory", "levels"): memory_levels,
    ("memory", "rows"): memory_rows,
}


def main():
    """One measurement, as JSON."""
    quantity, axis, *numbers = sys.argv[1:]
    print(json.dumps(WORKS[quantity, axis](*map(int, numbers))))


if __name__ == "__main__":
    main()
