"""This module measures what it brings to learn further rows instead of all rows anew.

    python -m benchmarks.updating                     # a quarter of an hour
    python -m benchmarks.updating --streams salaries --seeds 1
    python -m benchmarks.updating --earlier           # on the rows that choose settings

A model learns the first part of a table that arrives over time. Then, period by period,
it predicts the rows of the next period before it has seen any of them, and goes on: by
fitting all rows so far anew, by `partial_fit`, by `partial_fit` with ``only_new=True``, or
not at all. The ways take turns within a period, so that their seconds can be compared.

The streams: a twentieth of the flights of 2013, January to June learned first, then month by
month (air time, and whether the arrival is late by more than 15 minutes); and employees in
the order of their hiring, the first half learned first, then six equal parts.
"""

import argparse
import copy
import time

import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor

from .report import digits, folded, header, line, progress, say, spread
from .streams import STREAMS

REFIT, UPDATE, ONLY_NEW, STAY = "fit on all rows", "partial_fit", "only_new=True", "no update"


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.updating", description=about)
    add = parser.add_argument
    add("--streams", nargs="+", choices=STREAMS, default=list(STREAMS))
    add("--seeds", type=int, default=2)
    add("--threads", type=int, default=1)
    add("--earlier", action="store_true", help="on rows before those reported")
    return parser.parse_args(arguments)


def update(way, model, table, y, period, now):
    """Let a model go on after a period."""
    so_far, of_now = period <= now, period == now
    if way == REFIT:
        model.fit(table[so_far], y[so_far])
    elif way != STAY:
        model.partial_fit(table[of_now], y[of_now], only_new=way == ONLY_NEW)


def error(kind, model, table, y):
    """The error that the stream is judged by."""
    if kind == "binary":
        return log_loss(y, model.predict_proba(table)[:, 1])
    return root_mean_squared_error(y, model.predict(table))


def measure(stream, seed, earlier=False):
    """A line for each way and period: error on the rows of the period, seconds to learn them."""
    table, y, period = (stream.read_earlier if earlier else stream.read)()
    table = table.astype(dict.fromkeys(stream.categorical, str))
    kind = EntityEmbeddingClassifier if stream.kind == "binary" else EntityEmbeddingRegressor
    first = kind(random_state=seed, device="cpu").fit(table[period == 0], y[period == 0])
    models = {way: copy.deepcopy(first) for way in (REFIT, UPDATE, ONLY_NEW, STAY)}
    found = []
    for now in range(1, period.max() + 1):
        of_now = period == now
        # What no vector stands for, before the first update.
        is_new = (first.to_codes(table[of_now])[0] == 0).any(axis=1)
        for way, model in models.items():
            result = {"seed": seed, "period": now, "way": way, "n_new": int(is_new.sum())}
            result["error"] = error(stream.kind, model, table[of_now], y[of_now])
            start = time.perf_counter()
            if now < period.max():
                update(way, model, table, y, period, now)
            result["seconds"] = time.perf_counter() - start
            found.append(result | {"n": int(of_now.sum())})
        progress(f"{stream.name}, seed {seed}, period {now}")
    return found


def report(stream, results):
    """Tables with a column per way: errors by period and after updates; rows; seconds."""
    ways = list(results["way"].unique())
    yield f"**{stream.name}** ({'log-loss' if stream.kind == 'binary' else 'RMSE'})"
    yield ""
    yield from header(["period", *ways])
    for now, of_period in results.groupby("period"):
        cells = [spread(list(of_period.loc[of_period["way"] == way, "error"])) for way in ways]
        yield line([now, *cells])
    after = results[results["period"] > 1]
    by_seed = after.pivot_table(index="way", columns="seed", values="error")
    yield line(["after an update", *(spread(list(by_seed.loc[way])) for way in ways)])
    yield from folded("Rows, and seconds in all", _rows_and_seconds(results, ways))
    yield ""


def _rows_and_seconds(results, ways):
    yield from header(["period", "rows", "with a new category"])
    for now, of_period in results.groupby("period"):
        yield line([now, *of_period.iloc[0][["n", "n_new"]]])
    yield ""
    yield from header(["seconds", *ways])
    seconds = results.groupby(["way", "seed"])["seconds"].sum().groupby("way").mean()
    parts = [f"{digits(seconds[way])}" if way != STAY else "–" for way in ways]
    yield line(["in all", *parts])


def main(arguments=None):
    """Measure and print."""
    options = parse(arguments)
    import torch

    torch.set_num_threads(options.threads)
    with threadpool_limits(options.threads):
        for name in options.streams:
            stream = STREAMS[name]
            results = [r for s in range(options.seeds) for r in measure(stream, s, options.earlier)]
            say("\n".join(report(stream, pd.DataFrame(results))))


if __name__ == "__main__":
    main()
