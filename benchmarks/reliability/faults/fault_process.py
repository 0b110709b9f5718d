"""This module runs a work in a process of its own, which a fault may end.

Processes are forked from one that has imported the libraries and done nothing with
them, as importing takes longer than most works.
"""

import contextlib
import multiprocessing
import os
import shutil
import tempfile
import time
from pathlib import Path

from .works import prepare, run

MOST_SECONDS = 300
# What works write beside the files that are theirs to write.
OWN = {"begun", "said", "found.npy", "error.json"}


def context():
    """Where processes come from."""
    # Memory that is freed goes back at once, so that a limit on it is one on what a work takes.
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "65536")
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "65536")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([f"{__package__}.works", f"{__package__}.preload"])
    return found


def start(work, folder, prepared=None):
    """Start a work; its folder for temporary files is inside of its folder."""
    process = context().Process(target=_in_folder, args=(work, str(folder), prepared))
    process.start()
    return process


def _in_folder(work, folder, prepared):
    passing = Path(folder, "passing")
    passing.mkdir(exist_ok=True)
    tempfile.tempdir = str(passing)
    os.environ["TMPDIR"] = str(passing)
    os.chdir(folder)
    run(work, folder, prepared)


def wait_until_begun(process, folder):
    """Wait until the work itself begins, or the process has ended."""
    while process.is_alive() and not Path(folder, "begun").exists():
        time.sleep(0.002)


def finish(process, seconds=MOST_SECONDS):
    """Wait for the end, and return the exit status; one that hangs is ended."""
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return "hangs"
    return process.exitcode


def whole(work, folder):
    """Do a work without a fault; return its seconds."""
    process = start(work, folder)
    wait_until_begun(process, folder)
    begun = time.monotonic()
    status = finish(process)
    if status != 0:
        raise RuntimeError(f"{work} fails without a fault: {status}, see {folder}")
    return time.monotonic() - begun


@contextlib.contextmanager
def prepared_folder():
    """A folder with the files that works read."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        folder = Path(folder)
        (folder / "given").mkdir()
        process = context().Process(target=prepare, args=(str(folder / "given"),))
        process.start()
        process.join()
        if process.exitcode:
            raise RuntimeError("The files for the works could not be made.")
        yield folder


def fresh(folder):
    """A folder for one run of a work, with links to the files that works read."""
    found = folder / "run"
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir()
    for path in (folder / "given").iterdir():
        (found / path.name).symlink_to(path)
    return found


def left_behind(folder):
    """Names of temporary files that are left in the folder of a run, but for a checkpoint's."""
    found = [path for path in Path(folder).rglob("*") if not path.is_symlink()]
    names = {path.relative_to(folder).as_posix() for path in found}
    # torch makes an empty folder of its own.
    kept = {"passing", "kept", "target.safetensors", "output.parquet"}
    kept |= {name for name in names if name.startswith("passing/torchinductor")}
    return sorted(
        name
        for name in names - OWN - kept
        if not (name.startswith("kept/") and not name.endswith(".tmp"))
    )
