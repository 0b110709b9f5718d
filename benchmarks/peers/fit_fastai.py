"""This script times fastai's tabular learner, from the DataFrame to the end of the fit."""

import time

from _serve import read_table, serve, split_names
from fastai.tabular.all import (
    Categorify,
    MSELossFlat,
    Normalize,
    RegressionBlock,
    TabularPandas,
    tabular_learner,
)


def prepare(settings):
    table = read_table()
    categorical, numeric = split_names(table)

    def measure():
        start = time.perf_counter()
        rows = TabularPandas(
            table,
            [Categorify, Normalize],
            categorical,
            numeric,
            y_names="y",
            y_block=RegressionBlock(),
        )
        loaders = rows.dataloaders(bs=settings["batch_size"], device="cpu")
        learner = tabular_learner(
            loaders,
            layers=settings["hidden"],
            emb_szs=settings["dims"],
            n_out=1,
            loss_func=MSELossFlat(),
        )
        with learner.no_bar(), learner.no_logging():
            learner.fit(settings["epochs"], lr=1e-3)
        # Rows that do not fill a batch are dropped.
        n_rows = min(len(table), len(loaders.train) * settings["batch_size"])
        return (time.perf_counter() - start) / (settings["epochs"] * n_rows)

    return measure


if __name__ == "__main__":
    serve(["fastai"], prepare)
