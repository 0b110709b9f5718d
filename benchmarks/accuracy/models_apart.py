"""This module runs RealMLP and TabM of pytabkit, which live in an environment of their own."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..environments import SCRIPTS, NotInstalledError, python_of
from .models import Outcome

# They take no weights, and an unweighted rate of claims means nothing.
KINDS = ("regression", "binary")


@dataclass(frozen=True)
class ModelApart:
    """A model that is run by benchmarks/peers/predict_pytabkit.py."""

    name: str
    label: str
    tree: bool = False

    # Stored results count whatever their version: it is known only in there.
    version = None

    def run(self, task, split, seed, threads, settings):
        """Fit and predict over there; NotInstalledError where that cannot be."""
        if task.kind not in KINDS:
            raise NotInstalledError(f"{self.label} takes no weights")
        python = python_of("pytabkit")
        with tempfile.TemporaryDirectory() as folder:
            np.savez(Path(folder) / "rows.npz", **_arrays(task, split))
            asked = {
                "model": self.name,
                "binary": task.kind == "binary",
                "columns": list(split.X),
                "categorical": list(task.categorical),
                "seed": seed,
                "threads": threads,
            }
            answer = subprocess.run(
                [python, SCRIPTS / "predict_pytabkit.py", json.dumps(asked)],
                cwd=folder,
                capture_output=True,
                text=True,
            )
            if answer.returncode:
                raise RuntimeError(answer.stderr[-2000:])
            predicted = np.load(Path(folder) / "predicted.npy")
        return Outcome(predicted, **json.loads(answer.stdout))


def _arrays(task, split):
    """Columns to write: categories as strings, None where one is missing."""
    arrays = {"y": split.y}
    for part, X in (("learn", split.X), ("test", split.X_test)):
        for name in X:
            column = X[name]
            if name in task.categorical:
                column = column.astype(object).map(str, na_action="ignore")
                column = column.where(X[name].notna(), None)
            arrays[f"{part} {name}"] = column.to_numpy()
    return arrays


MODELS_APART = {
    "realmlp": ModelApart("realmlp", "RealMLP-TD"),
    "tabm": ModelApart("tabm", "TabM-D"),
}
