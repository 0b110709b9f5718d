"""This script asks by how much vectors of one target help another that has few rows.

    python -m benchmarks.trials.vectors_from_elsewhere          # a few minutes

Vectors are learned with a target that has many rows, and given to a network for another
target that has few: on their own, as the start and the prior of the tables
(`embedding_init`), and held still (`freeze_embeddings=True`). Rossmann: stores and states
learned from the numbers of customers, 20,000 rows, given for the sales of other days, on
rows that no network learns from. Flights: carriers, aircraft and airports learned from air times,
given for the delay of the arrival of other flights, in minutes, of which little can be known.
The table shows root mean square errors, of sales as logarithms: mean ± standard deviation
over the seeds.

With 500 and 2,000 rows, three seeds (November 2026, torch 2.13.0, scikit-learn 1.9.1): sales
0.347, 0.241 with vectors, 0.248 with vectors held; 0.266, 0.205, 0.233. Delays 45.8, 46.8,
45.6; 45.4, 45.5, 43.6, where seeds differ by 0.3 to 1.8.
"""

import argparse

import numpy as np
import pandas as pd
from sklearn.metrics import root_mean_squared_error
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingRegressor

from ..data import read_flights, read_sales
from ..report import header, line, progress, say, spread

N_SOURCE, N_TEST = 20_000, 10_000
SIZES = (500, 2000)
WAYS = {"on its own": None, "vectors given": False, "vectors held": True}


def sales():
    """Columns, those whose vectors are given, the target of many rows, the target of few."""
    table = read_sales()
    X = table[["Store", "DayOfWeek", "Promo", "Month", "State"]].astype(str)
    few = np.log(table["Sales"].to_numpy(float))
    return X, ("Store", "State"), np.log(table["Customers"].to_numpy(float)), few


def delays():
    """The same of flights."""
    table = read_flights()
    X = table[["carrier", "tailnum", "origin", "dest"]].astype(str).assign(hour=table["hour"])
    many, few = (table[name].to_numpy(float) for name in ("air_time", "arr_delay"))
    return X, ("carrier", "tailnum", "origin", "dest"), many, few


TASKS = {"sales": sales, "delays": delays}


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    module = "python -m benchmarks.trials.vectors_from_elsewhere"
    parser = argparse.ArgumentParser(module, description=about)
    add = parser.add_argument
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    add("--sizes", type=int, nargs="+", default=list(SIZES))
    add("--seeds", type=int, default=3)
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def measure(name, seed, sizes):
    """Errors of each way for each number of rows."""
    X, given, many, few = TASKS[name]()
    order = np.random.default_rng(seed).permutation(len(X))
    source, test, rest = np.split(order, [N_SOURCE, N_SOURCE + N_TEST])
    vectors = EntityEmbeddingRegressor(random_state=seed, device="cpu")
    vectors = vectors.fit(X.iloc[source], many[source]).embeddings_
    init = {column: vectors[column] for column in given}
    progress(f"{name}, seed {seed}: vectors")
    for size in sizes:
        for way, frozen in WAYS.items():
            options = (
                {} if frozen is None else {"embedding_init": init, "freeze_embeddings": frozen}
            )
            model = EntityEmbeddingRegressor(random_state=seed, device="cpu", **options)
            model.fit(X.iloc[rest[:size]], few[rest[:size]])
            error = root_mean_squared_error(few[test], model.predict(X.iloc[test]))
            yield {"seed": seed, "rows": size, "way": way, "error": error}


def main(arguments=None):
    """Measure and print."""
    options = parse(arguments)
    import torch

    torch.set_num_threads(options.threads)
    with threadpool_limits(options.threads):
        for name in options.tasks:
            seeds = range(options.seeds)
            results = pd.DataFrame([r for s in seeds for r in measure(name, s, options.sizes)])
            lists = results.groupby(["rows", "way"])["error"].agg(list)
            say("\n".join(header([f"{name}, rows", *WAYS])))
            for size in options.sizes:
                say(line([f"{size:,}", *(spread(lists[size, way]) for way in WAYS)]))
            say("")


if __name__ == "__main__":
    main()
