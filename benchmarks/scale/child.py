"""This script fits once, in a process of its own, and prints what it took as a line of JSON.

python -m benchmarks.scale.child '{"how": "stream", "folder": "...", ...}'
"""

import json
import math
import os
import sys
import time

from .limits import limit_memory, peak_resident


def run(job):
    """Fit as the job says; return seconds, memory and error."""
    limited = limit_memory(job["limit"], job["limit_by"]) if job.get("limit") else None
    import torch

    torch.set_num_threads(job["threads"])
    from sk_entity import EntityEmbeddingRegressor

    from . import made_up

    model = EntityEmbeddingRegressor(
        max_iter=job["epochs"], batch_size=job["batch"], device="cpu", random_state=job["seed"]
    )
    start, cpu = time.perf_counter(), time.process_time()
    passes = (_stream if job["how"] == "stream" else _in_memory)(model, job)
    seconds, peak = time.perf_counter() - start, peak_resident()
    cpu = time.process_time() - cpu
    X, y = made_up.held_out(job["held_out"])
    error = float(((model.predict(X) - y) ** 2).mean() ** 0.5)
    return {
        **{name: job[name] for name in ("how", "rows", "threads", "epochs", "batch", "seed")},
        "limit": job.get("limit"),
        "limited_by": limited,
        "seconds": seconds,
        "cpu": cpu,
        "passes": passes,
        "per_epoch": [float(s) for s in model.history_["seconds"]],
        "peak": peak,
        "error": error,
        **_costs(model, job),
    }


def _in_memory(model, job):
    """Read all rows, then fit; seconds of reading."""
    from . import made_up

    start = time.perf_counter()
    X, y = made_up.read(job["folder"])
    seconds = time.perf_counter() - start
    model.fit(X, y)
    return {"read": seconds}


def _stream(model, job):
    """Fit from disk; seconds of each pass."""
    from sk_entity.streaming import dataset, fit

    from . import made_up

    passes = []
    with timed_passes(dataset.Dataset, passes):
        fit(model, os.path.join(job["folder"], "*.parquet"), target=made_up.TARGET)
    return {f"pass {k + 1}": seconds for k, seconds in enumerate(passes)}


class timed_passes:  # noqa: N801
    """Note the seconds of each pass over a dataset that goes to the end."""

    def __init__(self, cls, seconds):
        self.cls, self.seconds = cls, seconds

    def __enter__(self):
        self.before = self.cls.batches

        def batches(dataset, *args, **kwargs):
            start = time.perf_counter()
            yield from self.before(dataset, *args, **kwargs)
            self.seconds.append(time.perf_counter() - start)

        self.cls.batches = batches

    def __exit__(self, *error):
        self.cls.batches = self.before


def _costs(model, job):
    """What the cost model needs: sizes, rows in a step, and rates of the machine at this moment."""
    from dataclasses import asdict

    from .cost_model import Sizes, measure_rates

    sizes, batch = Sizes.of(model), job["batch"]
    if batch == "auto":
        batch = min(1024, max(16, 2 ** round(math.log2(2 * job["rows"]) / 2)))
    batch = min(batch, job["rows"])
    return {
        "sizes": asdict(sizes),
        "steps_of": batch,
        "rates": asdict(measure_rates(sizes, batch)),
    }


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))), flush=True)
