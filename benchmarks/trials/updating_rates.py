"""This script asks how far layers and numbers should move when further rows are learned.

    python -m benchmarks.trials.updating_rates              # a quarter of an hour
    python -m benchmarks.trials.updating_rates --streams salaries --seeds 1

The error on the next period after `partial_fit`, for learning rates of layers and numbers
over those of a first training, and for parts of the epochs that all rows so far would take;
on the rows before those that `python -m benchmarks.updating` reports.

What decided (November 2026, one or two seeds, a tenth of the flights, rates not yet
multiplied by the square of what the network explains of the new rows). With rates of 0, 0.1,
0.3 and 1 and all epochs: air time 12.8, 12.0, 12.0, 12.0, salaries 9,834, 9,729, 9,797,
9,850; with rates of 0.1 and half of the epochs 12.0 and 9,761. With half of the epochs,
delays had 0.538, 0.553, 0.560 and 0.571, against 0.5385 without an update and 0.536 after
fitting all rows. So the rate is 0.3 where the network explains the rows, and almost nothing
where it does not; half of the epochs do. Salaries with this rule (one seed), half and all of
the epochs: 9,725 and 9,643 at 0, 9,648 and 9,554 at 0.1, 9,706 and 9,651 at 0.3, 9,779 and
9,772 at 0.9.
"""

import argparse
import copy
import time

import pandas as pd
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor

from ..report import digits, header, line, progress, say, spread
from ..speed.library import constants
from ..streams import STREAMS
from ..updating import error

GROWING = "_estimators.growing"
WAYS = [(rate, epochs) for rate in (1e-9, 0.1, 0.3, 0.9) for epochs in (0.5, 1.0)]


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(
        "python -m benchmarks.trials.updating_rates", description=about
    )
    add = parser.add_argument
    add("--streams", nargs="+", choices=STREAMS, default=list(STREAMS))
    add("--seeds", type=int, default=1)
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def measure(stream, seed):
    """A line for each way and period that follows an update."""
    table, y, period = stream.read_earlier()
    table = table.astype(dict.fromkeys(stream.categorical, str))
    kind = EntityEmbeddingClassifier if stream.kind == "binary" else EntityEmbeddingRegressor
    first = kind(random_state=seed, device="cpu").fit(table[period == 0], y[period == 0])
    for rate, epochs in WAYS:
        changed = {f"{GROWING}.{name}": rate for name in ("LAYER_RATE", "NUMBER_RATE")}
        changed[f"{GROWING}.EPOCHS"] = epochs
        model = copy.deepcopy(first)
        for now in range(1, period.max()):
            start = time.perf_counter()
            with constants(changed):
                model.partial_fit(table[period == now], y[period == now])
            seconds = time.perf_counter() - start
            then = period == now + 1
            found = error(stream.kind, model, table[then], y[then])
            yield {"seed": seed, "rate": rate, "epochs": epochs, "error": found, "seconds": seconds}
        progress(f"{stream.name}, seed {seed}, rate {rate:g}, epochs {epochs:g}")


def main(arguments=None):
    """Measure and print."""
    options = parse(arguments)
    import torch

    torch.set_num_threads(options.threads)
    with threadpool_limits(options.threads):
        for name in options.streams:
            seeds = range(options.seeds)
            results = pd.DataFrame([r for s in seeds for r in measure(STREAMS[name], s)])
            by_way = results.groupby(["rate", "epochs"])
            say("\n".join(header([f"{name}: rate", "epochs", "error", "seconds"])))
            for (rate, epochs), of_way in by_way:
                errors = of_way.groupby("seed")["error"].mean()
                cells = [
                    f"{rate:.1g}",
                    epochs,
                    spread(list(errors)),
                    digits(of_way["seconds"].sum()),
                ]
                say(line(cells))
            say("")


if __name__ == "__main__":
    main()
