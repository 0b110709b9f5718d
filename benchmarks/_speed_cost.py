"""How time and memory of training grow, each measured in a process of its own.

python benchmarks/_speed_cost.py time levels 1000000 1000   # rows, levels
python benchmarks/_speed_cost.py memory rows 100000
"""

import json
import statistics
import subprocess
import sys
import time

from _speed_measure import Line, alternate, say

BATCH = 1024
DIM = 16


def against_cardinality(options):
    """One column of ever more levels: seconds per epoch, and memory per weight of its table.

    Memory beyond the table is flat if its growth is that of the table alone:
    the bytes that training takes per weight.
    """
    n_rows = 10_000 if options.quick else 1_000_000
    scales = [n_rows // part for part in ((10, 1) if options.quick else (1000, 100, 10, 1))]
    seconds = _seconds("levels", {s: (n_rows, s) for s in scales}, options)
    memory = {s: _child("memory", "levels", n_rows, s) for s in scales}
    least, *_, most = scales
    for s in scales:
        m = memory[s]
        say(
            f"{s:,} levels: {statistics.median(seconds[s]) * n_rows:.2f} s per epoch, "
            f"table {_mb(4 * m['n_weights'])}, peak of fit {_mb(m['peak'])}"
        )
    work = f"{n_rows:,} rows, one column of {most:,} levels"
    cost = _growth(seconds[least], seconds[most])
    yield Line(f"{work}: seconds per epoch", f"{least:,} levels", "≤ 1.5", cost)
    growth = {key: memory[most][key] - memory[least][key] for key in ("peak", "n_weights")}
    per_weight = [growth["peak"] / growth["n_weights"]]
    goal = f"≤ {memory[most]['bytes_per_weight']} bytes"
    against = f"{least:,} levels"
    yield Line(f"{work}: memory per further weight", against, goal, per_weight, " bytes")


def against_rows(options):
    """Ever more rows: seconds per row, peak memory against the coded table."""
    scales = [2_000, 20_000] if options.quick else [100_000, 1_000_000, 10_000_000]
    least, *_, most = scales
    # A small table has more epochs, so that the clock sees enough of it.
    arguments = {s: (s, max(1, most // (20 * s))) for s in scales}
    seconds = _seconds("rows", arguments, options)
    for s in scales:
        m = _child("memory", "rows", s)
        say(
            f"{s:,} rows: {1e6 * statistics.median(seconds[s]):.2f} µs per row and epoch, "
            f"coded table {_mb(m['coded'])}, peak of fit {_mb(m['peak'])}, "
            f"with X, y and what was there before {_mb(m['total'])} over the imports"
        )
    cost = _growth(seconds[least], seconds[most])
    yield Line(f"epoch, {most:,} rows: seconds per row", f"{least:,} rows", "≤ 1.2", cost)
    # m is that of the most rows.
    peak = [m["peak"] / m["coded"]]
    yield Line(f"fit, {most:,} rows: peak memory", "the coded table", "≤ 2.5", peak)


def _seconds(axis, arguments, options):
    works = {
        scale: lambda given=given: _child("time", axis, *given)["seconds"]
        for scale, given in arguments.items()
    }
    # Each process warms itself up.
    return alternate(works, options.runs, warm_up=False)


def _child(*arguments):
    command = [sys.executable, __file__, *map(str, arguments)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def _growth(small, large):
    return [_cost(a, b) for a, b in zip(small, large, strict=True)]


def _cost(small, large):
    return large / small


def _mb(n_bytes):
    return f"{n_bytes / 1e6:,.0f} MB"


def time_levels(n_rows, n_levels):
    """Seconds per row of an epoch over one column."""
    import _speed_ours as ours
    import numpy as np

    row_counts, examples = ours.one_column(n_rows, n_levels)
    network = ours.build_network([row_counts], [DIM], np.empty((0, 2)), 0, ours.DEFAULT)
    return {"seconds": _train_seconds(network, examples, epochs=1)}


def time_rows(n_rows, epochs):
    """Seconds per row of an epoch over the table of Rossmann's shape."""
    import _speed_ours as ours

    coder, examples = ours.rossmann_like(n_rows)
    network = ours.network_for(coder, examples, ours.DEFAULT)
    return {"seconds": _train_seconds(network, examples, epochs)}


def _train_seconds(network, examples, epochs):
    """Wall time of the training alone, its set-up included; after a first short one."""
    import _speed_ours as ours

    n_rows = len(examples.target)
    few = type(examples)(examples.coded[:BATCH], examples.target[:BATCH], None)
    ours.train(network, few, batch_size=BATCH, epochs=1)
    start = time.perf_counter()
    ours.train(network, examples, batch_size=BATCH, epochs=epochs)
    return (time.perf_counter() - start) / (epochs * n_rows)


def memory_levels(n_rows, n_levels):
    """Peak of `fit`, and what there is to know of its table."""
    import _speed_ours as ours
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    X = pd.DataFrame({"c": rng.permutation(n_rows) % n_levels})
    peak, _, _ = _fit(X, rng.normal(size=n_rows), categorical_features=["c"], embedding_dim=DIM)
    return {
        "peak": peak,
        "n_weights": n_levels * DIM,
        "bytes_per_weight": ours.BYTES_PER_WEIGHT,
    }


def memory_rows(n_rows):
    """Peak of `fit`, and the size of the table as it codes it."""
    imports = _warm_up()
    from _speed_tables import CATEGORICAL, integer_table

    X, y = integer_table(n_rows)
    peak, model, total = _fit(X, y, categorical_features=CATEGORICAL)
    part = model.to_codes(X[:1000])
    coded = sum(array.nbytes for array in part) * n_rows / len(part[0])
    return {"peak": peak, "coded": coded, "total": total - imports}


def _fit(X, y, **parameters):
    """Fit one epoch; peak memory over that before, which holds X and y, the model, and the peak."""
    from sk_entity import EntityEmbeddingRegressor

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
    import numpy as np
    import pandas as pd

    from sk_entity import EntityEmbeddingRegressor

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


def main():
    """One measurement, as JSON."""
    quantity, axis, *numbers = sys.argv[1:]
    works = {
        ("time", "levels"): time_levels,
        ("time", "rows"): time_rows,
        ("memory", "levels"): memory_levels,
        ("memory", "rows"): memory_rows,
    }
    print(json.dumps(works[quantity, axis](*map(int, numbers))))


if __name__ == "__main__":
    main()
