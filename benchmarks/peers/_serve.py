"""This module is shared by the scripts of all peers, which run without sk_entity.

Each script runs in an environment of its own. It gets its settings as JSON and answers
in lines of JSON. One that is timed answers with its versions first, and then, for every
line that it reads, with seconds per row and epoch.
"""

import json
import os
import platform
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import torch


def read_table():
    """A DataFrame of seven columns of strings and four of numbers with the target, "y"."""
    arrays = np.load("table.npz")
    levels, numbers = arrays["levels"], arrays["numbers"]
    table = {}
    for j in range(levels.shape[1]):
        names = np.array([f"level {k}" for k in range(levels[:, j].max() + 1)], dtype=object)
        table[f"c{j}"] = pd.Series(names[levels[:, j]], dtype=object)
    for j in range(numbers.shape[1]):
        table[f"n{j}"] = numbers[:, j].astype(np.float64)
    return pd.DataFrame(table | {"y": arrays["target"]})


def split_names(table):
    """Names of the categorical and of the numeric columns."""
    categorical = [name for name in table if name.startswith("c")]
    return categorical, [name for name in table if name.startswith("n")]


def begin():
    """Settings, and the stream to answer on."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the packages print is no answer
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    return settings, answers


def serve(packages, prepare):
    """Measure whenever asked; `prepare` takes the settings and returns what measures."""
    settings, answers = begin()
    measure = prepare(settings)
    versions = {name: version(name) for name in (*packages, "torch", "pandas")}
    answer(answers, versions | {"python": platform.python_version()})
    for _ in sys.stdin:
        answer(answers, measure())


def answer(stream, value):
    """One line."""
    stream.write(json.dumps(value) + "\n")
    stream.flush()
