"""This module compares the time and the memory of training on tables of ever larger size."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

from ..report import say
from .comparison import Comparison
from .timing import alternate

CLONE = Path(__file__).parents[2]


def against_cardinality(options):
    """One column of ever more levels: seconds per epoch, and memory per weight of its table.

    Memory beyond the table is flat if its growth is that of the table alone:
    the bytes that training takes per weight.
    """
    n_rows = 10_000 if options.quick else 1_000_000
    scales = [n_rows // part for part in ((10, 1) if options.quick else (1000, 100, 10, 1))]
    seconds = _seconds("levels", {s: (n_rows, s) for s in scales}, options)
    memory = {s: _usage("memory", "levels", n_rows, s) for s in scales}
    least, *_, most = scales
    for s in scales:
        m = memory[s]
        say(
            f"{s:,} levels: {statistics.median(seconds[s]) * n_rows:.2f} s per epoch, "
            f"table {_mb(4 * m['n_weights'])}, peak of fit {_mb(m['peak'])}"
        )
    work = f"{n_rows:,} rows, one column of {most:,} levels"
    against = f"{least:,} levels"
    cost = _growth(seconds[least], seconds[most])
    yield Comparison(f"{work}: seconds per epoch", against, "≤ 1.5", cost)
    growth = {key: memory[most][key] - memory[least][key] for key in ("peak", "n_weights")}
    per_weight = [growth["peak"] / growth["n_weights"]]
    goal = f"≤ {memory[most]['bytes_per_weight']} bytes"
    yield Comparison(f"{work}: memory per further weight", against, goal, per_weight, " bytes")


def against_rows(options):
    """Ever more rows: seconds per row, peak memory against the coded table."""
    scales = [2_000, 20_000] if options.quick else [100_000, 1_000_000, 10_000_000]
    least, *_, most = scales
    # A small table has more epochs, so that the clock sees enough of it.
    arguments = {s: (s, max(1, most // (20 * s))) for s in scales}
    seconds = _seconds("rows", arguments, options)
    for s in scales:
        m = _usage("memory", "rows", s)
        say(
            f"{s:,} rows: {1e6 * statistics.median(seconds[s]):.2f} µs per row and epoch, "
            f"coded table {_mb(m['coded'])}, peak of fit {_mb(m['peak'])}, "
            f"with X, y and what was there before {_mb(m['total'])} over the imports"
        )
    cost = _growth(seconds[least], seconds[most])
    yield Comparison(f"epoch, {most:,} rows: seconds per row", f"{least:,} rows", "≤ 1.2", cost)
    # m is that of the most rows.
    peak = [m["peak"] / m["coded"]]
    yield Comparison(f"fit, {most:,} rows: peak memory", "the coded table", "≤ 2.5", peak)


def _seconds(axis, arguments, options):
    works = {
        scale: lambda given=given: _usage("time", axis, *given)["seconds"]
        for scale, given in arguments.items()
    }
    # Each process warms itself up.
    return alternate(works, options.runs, warm_up=False)


def _usage(*arguments):
    """What one measurement of usage.py says, from a process that does nothing else."""
    command = [sys.executable, "-m", f"{__package__}.usage", *map(str, arguments)]
    run = subprocess.run(command, cwd=CLONE, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def _growth(small, large):
    return [b / a for a, b in zip(small, large, strict=True)]


def _mb(n_bytes):
    return f"{n_bytes / 1e6:,.0f} MB"
