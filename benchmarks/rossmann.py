"""Sales of drug stores: the protocol of Guo & Berkhahn (2016), ours beside theirs.

    python benchmarks/rossmann.py                      # as in docs/benchmarks.md
    python benchmarks/rossmann.py --rows 5000 --seeds 2 --trees 10 --epochs 3

Days without sales are dropped and the rest is ordered by date. 200,000 rows are
sampled from the oldest 90 % to learn from; the newest 10 % are the test. All
models learn log(Sales); the error is the mean absolute percentage error of Sales.
"""

import argparse
import sys
import time
import warnings

import numpy as np
import pandas as pd
from _data import read_table
from lightgbm import LGBMRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import mean_absolute_percentage_error
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

COLUMNS = ["Store", "DayOfWeek", "Promo", "Year", "Month", "Day", "State"]
# Their table for data ordered by time: without and with entity embeddings.
PAPER = {
    "k-nearest neighbours": (0.290, 0.116),
    "random forest": (0.158, 0.108),
    "gradient boosted trees": (0.152, 0.115),
    "network, mean of five": (0.101, 0.093),
}


def read_sales():
    """Integer-coded columns and sales, in the order of time."""
    sales = read_table("rossmann_train").query("Sales > 0")
    sales = sales.merge(read_table("rossmann_store_states"), on="Store")
    sales = sales.sort_values(["Date", "Store"], ignore_index=True)
    X = pd.DataFrame(
        {
            "Store": sales["Store"],
            "DayOfWeek": sales["DayOfWeek"],
            "Promo": sales["Promo"],
            "Year": sales["Date"].dt.year,
            "Month": sales["Date"].dt.month,
            "Day": sales["Date"].dt.day,
            "State": sales["State"].astype("category").cat.codes,
        }
    )
    return X[COLUMNS].astype(np.int32), sales["Sales"].astype(float)


def split(X, y, n_rows):
    """Sampled rows of the oldest 90 %, and the newest 10 % (or as many as are learned from)."""
    n_old = int(0.9 * len(X))
    rng = np.random.default_rng(0)
    learn = rng.choice(n_old, size=min(n_rows, n_old), replace=False)
    newest = np.arange(n_old, len(X))
    test = rng.choice(newest, size=min(n_rows, len(newest)), replace=False)
    return X.iloc[learn], y.iloc[learn], X.iloc[test], y.iloc[test]


def network(seed, options):
    """The library's network, every column embedded."""
    settings = {} if options.epochs is None else {"max_iter": options.epochs}
    return EntityEmbeddingRegressor(categorical_features=COLUMNS, random_state=seed, **settings)


def one_hot_network(seed, options):
    """The same layers on one-hot vectors, by scikit-learn."""
    mlp = MLPRegressor(
        hidden_layer_sizes=EntityEmbeddingRegressor().hidden_layer_sizes,
        early_stopping=True,
        n_iter_no_change=3,
        max_iter=options.epochs or 12,
        random_state=seed,
    )
    return make_pipeline(OneHotEncoder(handle_unknown="ignore", dtype=np.float32), mlp)


def others(options):
    """The models that the paper puts behind the vectors, close to its settings."""
    return {
        "k-nearest neighbours": KNeighborsRegressor(10, weights="distance", n_jobs=-1),
        "random forest": RandomForestRegressor(
            options.trees,
            max_depth=35,
            max_features=7,
            n_jobs=-1,
            random_state=0,
        ),
        "gradient boosted trees": LGBMRegressor(
            n_estimators=10 * options.trees,
            learning_rate=0.06,
            num_leaves=127,
            subsample=0.7,
            subsample_freq=1,
            colsample_bytree=0.7,
            random_state=0,
            verbose=-1,
        ),
    }


class Bench:
    """The data and how a model is measured on them."""

    def __init__(self, options):
        self.X, y, self.X_test, self.y_test = split(*read_sales(), options.rows)
        self.offset, self.scale = np.log(y).mean(), np.log(y).std()
        self.y = (np.log(y) - self.offset) / self.scale

    def sales(self, name, model):
        """Fit, and predict the sales of the test rows."""
        start = time.perf_counter()
        with warnings.catch_warnings():
            # The number of epochs is a budget, not a failure to converge.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(self.X, self.y)
        sales = np.exp(self.offset + self.scale * model.predict(self.X_test))
        seconds = time.perf_counter() - start
        print(f"{name}: {self.error(sales):.4f}, {seconds:.0f} s", file=sys.stderr, flush=True)
        return sales

    def error(self, sales):
        """Mean absolute percentage error."""
        return mean_absolute_percentage_error(self.y_test, sales)


def spread(errors):
    """Mean and standard deviation of several runs."""
    if len(errors) == 1:
        return f"{errors[0]:.4f}"
    return f"{np.mean(errors):.4f} ± {np.std(errors, ddof=1):.4f}"


def run(options):
    """Rows of the table: model, paper without and with, ours without and with."""
    bench = Bench(options)
    networks = [network(seed, options) for seed in range(options.seeds)]
    plain = [
        bench.sales(f"network on one-hot, seed {seed}", one_hot_network(seed, options))
        for seed in range(options.plain_seeds)
    ]
    fitted = [
        bench.sales(f"network with embeddings, seed {seed}", model)
        for seed, model in enumerate(networks)
    ]
    rows = []
    for name in others(options):
        model = others(options)[name]
        scaler = MinMaxScaler() if name == "k-nearest neighbours" else "passthrough"
        without = bench.error(bench.sales(f"{name}, integers", make_pipeline(scaler, model)))
        with_vectors = [
            bench.error(bench.sales(f"{name}, vectors of seed {seed}", behind(net, name, options)))
            for seed, net in enumerate(networks[: options.vector_seeds])
        ]
        rows.append((name, *PAPER[name], f"{without:.4f}", spread(with_vectors)))
    alone = (spread([bench.error(s) for s in plain]), spread([bench.error(s) for s in fitted]))
    rows.append(("network, one", None, None, *alone))
    together = f"{bench.error(np.mean(fitted, axis=0)):.4f}"
    averaged = f"{bench.error(np.mean(plain, axis=0)):.4f}" if len(plain) == len(fitted) else "–"
    label = "network, mean of five"
    rows.append((label.replace("five", str(len(fitted))), *PAPER[label], averaged, together))
    return rows


def behind(fitted, name, options):
    """A model on the vectors of a fitted network."""
    return make_pipeline(EntityEmbeddingEncoder(FrozenEstimator(fitted)), others(options)[name])


def main():
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows to learn from")
    parser.add_argument("--seeds", type=int, default=5, help="networks with embeddings")
    parser.add_argument("--plain-seeds", type=int, default=1, help="networks on one-hot")
    parser.add_argument("--vector-seeds", type=int, default=1, help="networks to take vectors of")
    parser.add_argument(
        "--epochs", type=int, help="at most so many; the library's default if not given"
    )
    parser.add_argument(
        "--trees", type=int, default=100, help="of the forest; boosting has ten times as many"
    )
    rows = run(parser.parse_args())
    print("| model | paper, without | paper, with | ours, without | ours, with |")
    print("|---|---|---|---|---|")
    for name, *paper, without, with_vectors in rows:
        without_paper, with_paper = ("–" if p is None else f"{p:.3f}" for p in paper)
        print(f"| {name} | {without_paper} | {with_paper} | {without} | {with_vectors} |")


if __name__ == "__main__":
    main()
