"""This script times RealMLP: its epochs alone, without what surrounds them."""

import time

from _serve import read_table, serve
from pytabkit import RealMLP_TD_Regressor
from pytorch_lightning.loops.fit_loop import _FitLoop

durations = []
run_epoch = _FitLoop.advance


def run_epoch_timed(loop):
    """An epoch of Lightning's loop, which pytabkit trains with; of the pinned version."""
    start = time.perf_counter()
    run_epoch(loop)
    durations.append(time.perf_counter() - start)


def prepare(settings):
    table = read_table()
    X, y = table.drop(columns="y"), table["y"].to_numpy()
    _FitLoop.advance = run_epoch_timed

    def measure():
        durations.clear()
        RealMLP_TD_Regressor(
            device="cpu",
            hidden_sizes=settings["hidden"],
            batch_size=settings["batch_size"],
            n_epochs=settings["epochs"],
            n_threads=settings["threads"],
            val_fraction=0.0,
            random_state=0,
        ).fit(X, y)
        if len(durations) != settings["epochs"]:
            raise RuntimeError(f"{len(durations)} epochs were timed")
        # Rows that do not fill a batch are dropped.
        n_rows = len(y) // settings["batch_size"] * settings["batch_size"]
        return sum(durations) / (len(durations) * n_rows)

    return measure


if __name__ == "__main__":
    serve(["pytabkit"], prepare)
