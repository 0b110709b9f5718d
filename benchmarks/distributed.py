"""This command compares two workers with one, and the bytes of a step with the cost model.

python -m benchmarks.distributed --rows 200000 --categories 20000
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from skorch.callbacks import Callback

from sk_entity import EntityEmbeddingRegressor, distributed

from .speed.library import bytes_per_step


def loopback() -> int:
    """Bytes sent over the loopback so far, of all processes of this machine."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    fields = next(line for line in lines if line.strip().startswith("lo:")).split(":")[1].split()
    return int(fields[8])


class Witness(Callback):
    """Notes what an epoch took and sent, in the first worker."""

    def __init__(self, path):
        self.path = path

    def on_epoch_begin(self, net, **kwargs):
        self.n_steps = self.sent = self.expected = self.rows = 0
        self.loopback, self.start = loopback(), time.perf_counter()

    def on_batch_end(self, net, training=False, **kwargs):
        if not training:
            return
        exchange, stacks = net.exchange, net.module_.embeddings.stacks
        tables = [(*stack.weight.shape, stack.sparse) for stack in stacks]
        n_tables = sum(stack.weight.numel() for stack in stacks)
        n_dense = sum(p.numel() for p in net.module_.parameters()) - n_tables
        self.n_steps += 1
        self.sent += exchange.bytes_sent
        self.rows += exchange.n_rows
        self.expected += bytes_per_step(n_dense, tables, exchange.reached, exchange.n_workers)

    def on_epoch_end(self, net, **kwargs):
        if net.exchange.rank:
            return
        noted = {
            "seconds": time.perf_counter() - self.start,
            "rows": self.rows,
            "sent": self.sent / self.n_steps,
            "expected": self.expected / self.n_steps,
            "loopback": (loopback() - self.loopback) / self.n_steps,
        }
        with open(self.path, "a") as file:
            print(json.dumps(noted), file=file)


def table(n_rows: int, n_categories: int) -> pd.DataFrame:
    """Rows of a long, a middling and a short column, four numbers and a target."""
    rng = np.random.default_rng(0)
    sizes = {"item": n_categories, "shop": 1000, "day": 7}
    codes = {name: rng.integers(0, size, n_rows) for name, size in sizes.items()}
    X = pd.DataFrame({name: [f"{name}{k}" for k in code] for name, code in codes.items()})
    effects = sum(rng.normal(size=size)[codes[name]] for name, size in sizes.items())
    for k in range(4):
        X[f"x{k}"] = rng.normal(size=n_rows)
    return X.assign(y=effects + X["x0"] + rng.normal(size=n_rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--categories", type=int, default=20_000)
    parser.add_argument("--batch-size", type=int, default=4096)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    rows = table(options.rows, options.categories)
    speeds = {}
    with distributed.local_cluster(num_workers=2), tempfile.TemporaryDirectory() as folder:
        from ray.data import from_pandas

        dataset = from_pandas(rows).repartition(8).materialize()
        for num_workers in (1, 2):
            path = f"{folder}/{num_workers}.jsonl"
            model = EntityEmbeddingRegressor(
                batch_size=options.batch_size,
                max_iter=options.epochs,
                callbacks=[Witness(path)],
                random_state=0,
            )
            distributed.fit(model, dataset, num_workers=num_workers)
            noted = pd.read_json(path, lines=True).iloc[1:]  # the first one also warms up
            speeds[num_workers] = noted["rows"].sum() / noted["seconds"].sum()
            sent, expected, on_loopback = noted[["sent", "expected", "loopback"]].mean()
            print(
                f"{num_workers} workers: {speeds[num_workers]:,.0f} rows per second; a worker "
                f"sends {sent:,.0f} bytes per step, by the cost model {expected:,.0f}; over the "
                f"loopback went {on_loopback:,.0f}, {on_loopback / max(sent, 1) / num_workers:.3f} "
                "times what the workers sent"
            )
    print(f"two workers beside one: {speeds[2] / speeds[1]:.2f}")


if __name__ == "__main__":
    main()
