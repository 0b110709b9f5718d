"""Seconds per row and epoch of RealMLP: the difference of two fits of 1 and 1 + n epochs."""

import time

from _serve import read_table, serve
from pytabkit import RealMLP_TD_Regressor


def prepare(settings):
    table = read_table()
    X, y = table.drop(columns="y"), table["y"].to_numpy()

    def fit(epochs):
        model = RealMLP_TD_Regressor(
            device="cpu",
            hidden_sizes=settings["hidden"],
            batch_size=settings["batch_size"],
            n_epochs=epochs,
            n_threads=settings["threads"],
            val_fraction=0.0,
            random_state=0,
        )
        start = time.perf_counter()
        model.fit(X, y)
        return time.perf_counter() - start

    def measure():
        return (fit(1 + settings["epochs"]) - fit(1)) / (settings["epochs"] * len(y))

    return measure


if __name__ == "__main__":
    serve(["pytabkit"], prepare)
