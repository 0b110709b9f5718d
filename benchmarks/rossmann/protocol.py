"""This module follows the paper: its rows, its error, and each model without and with vectors."""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_absolute_percentage_error

from ..data import read_sales
from ..report import NOTHING, digits, progress, spread
from ..splits import old_and_new
from ..tasks import ROSSMANN
from .models import OTHERS, network, on_integers, on_vectors, one_hot_network

# Their table for data ordered by time: without and with entity embeddings.
PAPER = {
    "k-nearest neighbours": (0.290, 0.116),
    "random forest": (0.158, 0.108),
    "gradient boosted trees": (0.152, 0.115),
    "network, mean of five": (0.101, 0.093),
}


def coded_sales():
    """Integer-coded columns and sales, in the order of time."""
    sales = read_sales()
    X = sales[list(ROSSMANN)].assign(State=sales["State"].astype("category").cat.codes)
    return X.astype(np.int32), sales["Sales"].astype(float)


class Bench:
    """The data and how a model is measured on them."""

    def __init__(self, n_rows):
        X, y = coded_sales()
        learn, test = old_and_new(len(X), n_rows)
        self.X, self.X_test, self.y_test = X.iloc[learn], X.iloc[test], y.iloc[test]
        log = np.log(y.iloc[learn])
        self.offset, self.scale = log.mean(), log.std()
        self.y = (log - self.offset) / self.scale

    def sales(self, name, model):
        """Fit, and predict the sales of the test rows."""
        start = time.perf_counter()
        with warnings.catch_warnings():
            # The number of epochs is a budget, not a failure to converge.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(self.X, self.y)
        sales = np.exp(self.offset + self.scale * model.predict(self.X_test))
        seconds = time.perf_counter() - start
        progress(f"{name}: {self.error(sales):.4f}, {seconds:.0f} s")
        return sales

    def error(self, sales):
        """Mean absolute percentage error."""
        return mean_absolute_percentage_error(self.y_test, sales)


def run(options):
    """Rows of the table: model, paper without and with, ours without and with."""
    bench = Bench(options.rows)
    plain = [
        bench.sales(f"network on one-hot, seed {seed}", one_hot_network(seed, options.epochs))
        for seed in range(options.plain_seeds)
    ]
    networks = [network(seed, options.epochs) for seed in range(options.seeds)]
    embedded = [
        bench.sales(f"network with embeddings, seed {seed}", model)
        for seed, model in enumerate(networks)
    ]
    for name in OTHERS:
        integers = bench.sales(f"{name}, integers", on_integers(name, options.trees))
        vectors = [
            bench.sales(f"{name}, vectors of seed {seed}", on_vectors(net, name, options.trees))
            for seed, net in enumerate(networks[: options.vector_seeds])
        ]
        yield name, *PAPER[name], _each(bench, [integers]), _each(bench, vectors)
    yield "network, one", None, None, _each(bench, plain), _each(bench, embedded)
    # The means are of as many networks each, or not comparable.
    averaged = _together(bench, plain) if len(plain) == len(embedded) else NOTHING
    label = "network, mean of five"
    named = label.replace("five", str(len(embedded)))
    yield named, *PAPER[label], averaged, _together(bench, embedded)


def _each(bench, predictions):
    return spread([bench.error(sales) for sales in predictions])


def _together(bench, predictions):
    return digits(bench.error(np.mean(predictions, axis=0)))
