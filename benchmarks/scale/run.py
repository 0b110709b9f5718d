"""This module fits made-up tables, in memory and from disk, each fit in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ..report import progress
from ..store import Store
from ..versions import versions
from . import made_up
from .limits import remove_groups

HOW = ("memory", "stream")
CLONE = Path(__file__).parents[2]
HELD_OUT = 200_000


def measure(options):
    """A line for each number of rows, way and repetition; those that are stored are not rerun."""
    store = Store(options.results)
    version = versions("sk-entity", "torch", "pyarrow")
    for n_rows in options.rows:
        jobs = list(_jobs(options, n_rows))
        keys = [_key(job, version) for job in jobs]
        found = [None if options.rerun else store.find(**key) for key in keys]
        if None in found:
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                progress(f"{n_rows:,} rows are written to {folder}")
                n_bytes = made_up.write(folder, n_rows)
                for k, (job, key) in enumerate(zip(jobs, keys, strict=True)):
                    if found[k] is None:
                        job |= {"folder": folder, "temporary": str(options.folder)}
                        found[k] = _fit(job) | key | {"parquet": n_bytes}
                        store.append(found[k])
                        _show(found[k])
        yield from found


def _jobs(options, n_rows):
    """Both ways in turn, so that what else the machine does meets both."""
    for seed in range(options.repeats):
        for how in HOW if seed % 2 == 0 else reversed(HOW):
            yield {
                "how": how,
                "rows": n_rows,
                "epochs": options.epochs,
                "batch": options.batch,
                "threads": options.threads,
                "seed": seed,
                "held_out": min(HELD_OUT, n_rows),
                "limit": int(options.limit * 2**30) if how == "stream" else None,
                "limit_by": options.limit_by,
            }


def _key(job, version):
    return {**{name: job[name] for name in job if name != "limit_by"}, "version": version}


def _fit(job):
    """Run the child, let it print its progress, and read its last line."""
    # Of the allocator, so that memory that is freed is given back; and what is temporary is where
    # the rows are.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2", "TMPDIR": job["temporary"]}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(job["threads"]))
    command = [sys.executable, "-m", "benchmarks.scale.child", json.dumps(job)]
    with subprocess.Popen(
        command, cwd=CLONE, stdout=subprocess.PIPE, text=True, env=environment | threads
    ) as child:
        out = child.communicate()[0]
    remove_groups(child.pid)
    if child.returncode:
        raise SystemExit(
            f"The fit of {job['rows']:,} rows ({job['how']}) ended with {child.returncode}; -9 is "
            "what a limit of memory does."
        )
    return json.loads(out.splitlines()[-1])


def _show(line):
    epochs = ", ".join(f"{s:,.1f}" for s in line["per_epoch"])
    passes = ", ".join(f"{name} {s:,.1f} s" for name, s in line["passes"].items())
    progress(
        f"{line['rows']:,} rows, {line['how']}: {line['seconds']:,.1f} s in all; {passes}; epochs "
        f"{epochs} s; at most {line['peak'] / 2**30:.2f} GiB; RMSE {line['error']:.4f}"
    )
