"""A made-up task, and commands that run on it, so that no test of these needs real data."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.encoder.downstream import DOWNSTREAM
from benchmarks.splits import Table, at_random
from benchmarks.tasks import ODDS, TASKS, Task

CLONE = Path(__file__).parents[2]
METRICS = {"regression": ("RMSE",), "rate": ("deviance",), "binary": ODDS}


def made_up_table(kind, missing_numbers, n_rows=400):
    """Strings with missing ones, integers that are categories, and numbers."""
    rng = np.random.default_rng(0)
    city, post = rng.integers(8, size=n_rows), rng.integers(5, size=n_rows)
    size = rng.normal(size=n_rows)
    X = pd.DataFrame(
        {
            "city": pd.Series([f"city {c}" for c in city], dtype=object).where(city > 0, None),
            "post": post,
            "size": np.where(missing_numbers & (rng.random(n_rows) < 0.1), np.nan, size),
        }
    )
    y = 10.0 + city + 0.5 * post + size + rng.normal(size=n_rows)
    if kind == "binary":
        return Table(X, (y > np.median(y)).astype(int), at_random(n_rows))
    weight = rng.uniform(0.1, 1.0, n_rows) if kind == "rate" else None
    return Table(X, y, at_random(n_rows), weight=weight)


@pytest.fixture(autouse=True)
def same_order_of_models():
    """A model that a test takes out comes back last, and pages are in this order."""
    models = dict(DOWNSTREAM)
    yield
    DOWNSTREAM.clear()
    DOWNSTREAM.update(models)


@pytest.fixture
def add_task(monkeypatch):
    """Add a task of some kind to those that the commands know."""

    def add(kind, missing_numbers=True):
        def read():
            return made_up_table(kind, missing_numbers)

        task = Task("made-up", kind, read, ("city", "post"), METRICS[kind])
        monkeypatch.setitem(TASKS, task.name, task)
        return task

    return add


@pytest.fixture
def output_of(capsys, one_thread):
    """Run a command that must succeed, and return what it prints to stdout."""

    def run(main, arguments):
        assert not main(arguments.split())
        return capsys.readouterr().out

    return run


@pytest.fixture
def asked_by_make():
    """Find the options with which `make` runs a benchmark that writes tables of the docs."""

    def find(name):
        makefile = (CLONE / "Makefile").read_text(encoding="utf-8")
        pattern = rf"^\t\$\(BIN\)/python -m benchmarks\.{name} (.*)$"
        parse = import_module(f"benchmarks.{name}.__main__").parse
        options = parse(re.search(pattern, makefile, re.M)[1].split())
        options.write = CLONE / options.write
        return options

    return find
