"""This module compares training with packages that live in environments of their own."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from sk_entity import EntityEmbeddingRegressor

from ..environments import SCRIPTS, NotInstalledError, python_of
from ..report import say
from . import library
from .comparison import Comparison, compare
from .loops import BATCHES, own_epoch
from .made_up_tables import CATEGORICAL, arrays, full_table
from .timing import timed

EPOCHS = 2


class Peer:
    """A process of a peer that measures whenever it is called, and rests otherwise."""

    def __init__(self, name, folder, **settings):
        self.log = folder / f"{name}.log"
        command = [python_of(name), SCRIPTS / f"fit_{name}.py", json.dumps(settings)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.versions = self._answer()

    def __call__(self):
        self.process.stdin.write("measure\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            lines = self.log.read_text().splitlines() or ["it ended"]
            raise NotInstalledError(lines[-1][:200])
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def _beside(name, work, goal, settings, own, options):
    """One comparison per batch size; `own` times sk-entity with it, in seconds per row."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        levels, numbers, target = arrays(settings["n_rows"])
        np.savez(folder / "table.npz", levels=levels, numbers=numbers, target=target)
        for batch in BATCHES:
            line = f"{work}, batch {batch}"
            try:
                with Peer(name, folder, **settings, batch_size=batch) as peer:
                    versions = ", ".join(f"{k} {v}" for k, v in peer.versions.items())
                    say(f"{name}: {versions}")
                    against = f"{name} {peer.versions[name]}"
                    yield compare(line, against, goal, own(batch), peer, options)
            except NotInstalledError as reason:
                yield Comparison(line, name, goal, note=f"not measured: {reason}")


def against_realmlp(options):
    """An epoch of the default network beside RealMLP's, of the same widths."""
    n_rows = 2_000 if options.quick else 50_000
    coder, examples = library.rossmann_like(n_rows)
    hidden = list(EntityEmbeddingRegressor().hidden_layer_sizes)
    settings = {"n_rows": n_rows, "threads": options.threads, "hidden": hidden, "epochs": EPOCHS}
    yield from _beside(
        "pytabkit",
        f"epoch, default network, {n_rows:,} rows",
        "≥ 4",
        settings,
        lambda batch: own_epoch(coder, examples, "default", batch),
        options,
    )


def against_tabular_libraries(options):
    """A whole fit of the textbook network from a DataFrame of strings and numbers."""
    n_rows = 2_000 if options.quick else 50_000
    X, y = full_table(n_rows, "object")
    dims = {name: library.embedding_dim(X[name].nunique()) for name in CATEGORICAL}
    settings = {
        "n_rows": n_rows,
        "threads": options.threads,
        "hidden": list(EntityEmbeddingRegressor().hidden_layer_sizes),
        "epochs": EPOCHS,
        "dims": dims,
    }

    def own(batch):
        model = EntityEmbeddingRegressor(
            **library.TEXTBOOK,
            embedding_dim=dims,
            batch_size=batch,
            max_iter=EPOCHS,
            device="cpu",
            random_state=0,
        )
        return timed(lambda: model.fit(X, y), per=EPOCHS * n_rows)

    work = f"fit, textbook network, {n_rows:,} rows, {EPOCHS} epochs"
    for name in ("fastai", "pytorch_tabular"):
        yield from _beside(name, work, "≥ 4", settings, own, options)
