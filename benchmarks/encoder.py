"""Vectors in front of other models, beside the encoders people would use instead.

    python benchmarks/encoder.py                        # everything; more than an hour
    python benchmarks/encoder.py --inner --tasks amazon --sizes small --seeds 1
    python benchmarks/encoder.py --resume               # only what is not stored yet
    python benchmarks/encoder.py --axes                 # do two seeds find the same?
    python benchmarks/encoder.py --cost                 # of cross-fitting; nothing else may run

The tasks, rows and errors are those of accuracy.py, but "full" learns from up to
20,000 rows and tests on as many. An encoder learns once per split; every model
reads what it gives. _encoders.py says what the encoders and the models are, and
where an encoding is left out. Each result is appended to a file at once.

--inner scores on rows split off from those to learn from, to choose settings.
"""

import argparse
import os
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import torch
from _encoder_checks import axes, cost
from _encoder_report import EncoderReport
from _encoders import DOWNSTREAM, ENCODERS
from _scores import scores
from _store import Store, to_frame
from _tasks import TASKS
from threadpoolctl import threadpool_limits

SIZES = ("full", "small")
CAP = 20_000
CACHE = Path(__file__).parents[1] / "output" / "encoder.jsonl"


def capped(name):
    """The task with so many rows that encoders and models take minutes."""
    return replace(TASKS[name], cap=CAP, test_cap=CAP)


class Run:
    """What the options ask for; results that are stored are not made again."""

    def __init__(self, options):
        self.options = options
        self.store = Store(options.results)

    def lines(self):
        """Lines of all results."""
        o = self.options
        for size in o.sizes:
            for name in o.tasks:
                for seed in range(o.seeds):
                    yield from self._on(size, name, seed)

    def _on(self, size, name, seed):
        task = capped(name)
        split = (task.inner if self.options.inner else task.split)(size, seed)
        where = {
            "part": "inner" if self.options.inner else "test",
            "task": name,
            "size": size,
            "seed": seed,
            "rows": split.checksum,
        }
        for key in self.options.encoders:
            of_encoder = {**where, "encoder": key}
            stored = self._stored(of_encoder)
            if stored is None:
                yield from self._make(of_encoder, task, split, seed)
            else:
                yield from stored

    def _stored(self, where):
        if not self.options.resume:
            return None
        found = [self.store.find(**where, model=model) for model in DOWNSTREAM]
        return None if found == [None] * len(found) else [line for line in found if line]

    def _make(self, where, task, split, seed):
        """Encode once, then fit every model that reads the encoding."""
        encoder, threads = ENCODERS[where["encoder"]], self.options.threads
        start, cpu = time.perf_counter(), time.process_time()
        learn, test = encoder.encode(task, split, seed, threads)
        seconds = time.perf_counter() - start, time.process_time() - cpu
        for key, model in DOWNSTREAM.items():
            if not model.reads(task, where["encoder"], learn):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # LightGBM on arrays without names
                predicted = model.predict(task, split, learn, test, seed, threads)
            errors = scores(task, split, predicted)
            line = {
                **where,
                "model": key,
                "columns": learn.shape[1],
                "errors": {metric: round(float(e), 6) for metric, e in errors.items()},
                "seconds": round(seconds[0], 2),
                "cpu_seconds": round(seconds[1], 2),
            }
            self.store.append(line)
            yield line
        error = f"{task.metrics[0]} {errors[task.metrics[0]]:.5g} ({line['model']})"
        name = f"{where['task']}, {where['size']}, seed {seed}, {where['encoder']}"
        print(f"{name}: {error}; {seconds[0]:.1f} s", file=sys.stderr, flush=True)


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK")
    add("--encoders", nargs="+", choices=ENCODERS, default=list(ENCODERS), metavar="ENCODER")
    add("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    add("--seeds", type=int, default=3)
    add("--threads", type=int, default=os.cpu_count())
    add("--inner", action="store_true", help="score on rows split off from those to learn from")
    add("--resume", action="store_true", help="take results from the file")
    add("--axes", action="store_true", help="only correlations between two seeds")
    add("--cost", action="store_true", help="only the time of cross-fitting")
    add("--results", type=Path, default=CACHE, help="the file to append to")
    return parser.parse_args()


def _full(name):
    return capped(name).split("full", 0)


def main():
    """Progress to stderr, tables to stdout."""
    options = parse()
    torch.set_num_threads(options.threads)
    if options.axes or options.cost:
        lines = axes(_full) if options.axes else cost(_full, options.seeds)
        for line in lines:
            print(line, flush=True)
        return
    with threadpool_limits(options.threads):
        lines = list(Run(options).lines())
    where = "VALIDATION rows, split off from those to learn from" if options.inner else "test rows"
    print(f"Errors on {where}; lower is better.")
    for line in EncoderReport(to_frame(lines), options.tasks).render():
        print(line)


if __name__ == "__main__":
    main()
