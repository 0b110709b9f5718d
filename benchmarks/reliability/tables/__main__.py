"""This command draws random tables, fits them, and tries what must hold of each.

A table is everything that a seed decides: kinds of columns, missing cells, names, sizes, a target,
weights, and parameters. What fails is printed with the seed, which `--replay` runs again. The
counts are appended to benchmarks/results/reliability_tables.jsonl, with the versions they are of.
"""

import argparse
import datetime
import platform
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from threadpoolctl import threadpool_limits

from ...report import header, line, say
from ...store import STORED, Store
from ...versions import versions
from .invariants import INVARIANTS, try_table
from .random_tables import make_table, plan_of_seed

RESULTS = STORED / "reliability_tables.jsonl"
PACKAGES = (
    "sk-entity",
    "numpy",
    "pandas",
    "scikit-learn",
    "torch",
    "narwhals",
    "polars",
    "pyarrow",
)
PACKAGES += ("onnx", "onnxruntime")


def parse(arguments):
    about, _, more = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m benchmarks.reliability.tables", description=about, epilog=more
    )
    add = parser.add_argument
    add("--seconds", type=float, default=60, help="begin no table after so many seconds")
    add("--seed", type=int, default=0, help="of the first table; the next has the next seed")
    add("--only", nargs="+", choices=INVARIANTS, default=list(INVARIANTS), metavar="INVARIANT")
    add("--replay", type=int, metavar="SEED", help="run the table of a seed, and store nothing")
    add("--results", type=Path, default=RESULTS, help="the file to append to")
    return parser.parse_args(arguments)


def run(seeds, names, seconds):
    """Try tables until the time is over; the counts, as they are stored."""
    start, comparisons, failures = time.monotonic(), Counter(), []
    n_tables = n_refused = 0
    for seed in seeds:
        fitted, compared, failed = try_table(make_table(plan_of_seed(seed)), names)
        n_tables, n_refused = n_tables + 1, n_refused + (not fitted)
        comparisons += compared
        for name, error in failed.items():
            failures.append({"seed": seed, "invariant": name, "error": error})
            say(f"seed {seed}, {name}: {error}")
        if time.monotonic() - start > seconds:
            break
    return {
        "first_seed": seeds[0],
        "n_tables": n_tables,
        "n_refused": n_refused,
        "comparisons": {name: comparisons[name] for name in ("fit", *names)},
        "failures": failures,
        "seconds": round(time.monotonic() - start),
    }


def describe(found):
    """A table of the counts."""
    failed = Counter(failure["invariant"] for failure in found["failures"])
    yield (
        f"{found['n_tables']} tables in {found['seconds']} s from seed {found['first_seed']}; "
        f"{found['n_refused']} of them have nothing to learn from, and were refused."
    )
    yield ""
    yield from header(["invariant", "comparisons", "tables that failed"])
    for name, n in found["comparisons"].items():
        yield line([name, f"{n:,}", failed[name]])


def measured_with():
    """When, of which commit, and with which versions."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.date.today().isoformat(),
        "commit": asked.stdout.strip() or None,
        "version": f"Python {platform.python_version()}, {versions(*PACKAGES)}",
    }


def main(arguments=None):
    """Try tables, print and store the counts; 1 if anything has failed."""
    options = parse(arguments)
    import torch

    torch.set_num_threads(1)
    of_what = measured_with()  # before others change the files
    with threadpool_limits(1):
        if options.replay is not None:
            found = run([options.replay], options.only, 0)
        else:
            found = run(range(options.seed, sys.maxsize), options.only, options.seconds)
    say("\n".join(describe(found)))
    if options.replay is None:
        Store(options.results).append(of_what | found)
    return int(bool(found["failures"]))


if __name__ == "__main__":
    sys.exit(main())
