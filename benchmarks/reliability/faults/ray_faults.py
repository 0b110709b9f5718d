"""This module ends the workers and the driver of a training on Ray by force.

A killed worker is what tests/distributed tests; here the driver is killed at many
moments. Ray's processes must end by themselves, and a new start must not be disturbed.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from .kills import result

SCRIPT = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from benchmarks.reliability.faults.works import made_up, model_of
from sk_entity import distributed
import ray.data
folder = Path(sys.argv[1])
(folder / "begun").touch()
with distributed.local_cluster(num_workers=2):
    rows = ray.data.from_pandas(made_up(2000)).repartition(4)
    distributed.fit(model_of(max_iter=3), rows, "y", num_workers=2)
(folder / "ended").touch()
"""
# Ray's own processes notice within this time that their driver is gone; some look once a minute.
MOST_SECONDS_TO_END = 180


def kill_driver(folder, n):
    """Kill the driver at so many moments; then one more run must succeed."""
    # Of its time most is that of starting Ray, from a few seconds to minutes.
    for moment in np.geomspace(2, 60, max(2, n // 5)):
        run = folder / "ray"
        status, _, mark = _run(run, moment)
        left, waited = _processes(mark), 0
        while left and waited < MOST_SECONDS_TO_END:
            time.sleep(1)
            waited, left = waited + 1, _processes(mark)
        names = [Path(f"/proc/{pid}/cmdline").read_text()[:100] for pid in left]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        outcome = f"{names} left" if left else "no process left after some time"
        outcome += ", its folder left" if list(run.glob("ray-*")) else ""
        yield result("ray fit", "kill -9 of the driver", moment, status, outcome, ok=not left)
    status, _, _ = _run(folder / "ray", None)
    outcome = "starts again" if status == 0 else "DOES NOT START AGAIN"
    yield result("ray fit", "after all these", 0, status, outcome, ok=status == 0)


def _run(run, moment):
    """The exit status, the seconds, and the mark that all processes of the run have."""
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir()
    # Ray's processes inherit the environment; it tells them from those of others.
    mark = f"faults-{os.getpid()}-{time.monotonic_ns()}"
    environment = {"SK_ENTITY_FAULT": mark, "OMP_NUM_THREADS": "1", "TMPDIR": str(run)}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(run)],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not (run / "begun").exists():
        time.sleep(0.05)
    begun = time.monotonic()
    if moment is not None:
        time.sleep(moment)
        process.kill()
    return process.wait(), time.monotonic() - begun, mark


def _processes(mark):
    """Processes that have this mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in environment and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


GROUPS = {"kill-ray": kill_driver}
