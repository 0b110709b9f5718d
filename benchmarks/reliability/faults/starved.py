"""This module fills the disk, and limits the memory, while works go on."""

import contextlib
import json
import subprocess

import numpy as np

from . import starved_works
from .fault_process import finish, fresh, start
from .kills import result

# Of the disk; works take from some kilobytes to some megabytes.
KILOBYTES = (16, 64, 128, 256, 512, 1024, 2048, 4096)
# Of memory that is free when the work begins.
MEGABYTES = (1, 4, 16, 64, 256)

# Seconds after which a work that has no memory hangs.
PATIENCE = 90


@contextlib.contextmanager
def small_disk(path, kilobytes):
    """A disk of so many kilobytes, in memory; it takes root to make one."""
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(path)]
    subprocess.run(["mount", *options], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def grow(path):
    """Make room on a small disk."""
    subprocess.run(["mount", "-o", "remount,size=64m", str(path)], check=True)


def full_disk(folder, n):
    """An OSError that names the path, the old file as it was, no temporary file."""
    expected = None
    for work in starved_works.DISK_WORKS:
        name = work.__name__
        for kilobytes in KILOBYTES:
            run = fresh(folder)
            disk = run / "disk"
            with small_disk(disk, kilobytes):
                old = _old_files(name, disk)
                status = finish(start(f"starved_works.{name}", run))
                outcome, ok = _outcome_on_disk(run, disk, status, old)
                if name == "checkpoint" and status == 3:
                    grow(disk)
                    again = finish(start(f"starved_works.{name}", run))
                    if again == 0 and expected is not None:
                        same = np.array_equal(np.load(run / "found.npy"), expected)
                        outcome += ", goes on with the same bits" if same else ", OTHER BITS"
                        ok &= same
                    elif again:
                        outcome, ok = outcome + f", does not go on: {_error(run)['said']}", False
            yield result(name, "full disk", kilobytes, status, outcome, ok=ok)
        if name == "spill":
            expected = _expected(folder)


def _expected(folder):
    run = fresh(folder)
    with small_disk(run / "disk", 64 * 1024):
        finish(start("starved_works.checkpoint", run))
        return np.load(run / "found.npy")


def _old_files(name, disk):
    """What is there before, of the name of what is to be written."""
    names = {
        "save": "target.safetensors",
        "predict": "target.parquet",
        "fit_transform": "target.parquet",
        "page": "target.html",
        "projector": "metadata.tsv",
    }
    if name not in names:
        return {}
    (disk / names[name]).write_bytes(b"old")
    return {names[name]: b"old"}


def _outcome_on_disk(run, disk, status, old):
    if status == 0:
        return "done", True
    if status != 3:
        return f"status {status}", False
    error = _error(run)
    clear = "OSError" in error["kinds"] and str(disk) in error["said"]
    untouched = all((disk / name).read_bytes() == content for name, content in old.items())
    left = [p.relative_to(disk).as_posix() for p in disk.rglob("*") if p.is_file()]
    left = [n for n in left if n not in old and not n.startswith(("kept/", "vectors.tsv"))]
    left += [p.name for p in disk.rglob("*.tmp")]
    outcome = "OSError that names the path" if clear else f"{error['error']}: {error['said'][:150]}"
    outcome += "" if untouched else ", OLD FILE DAMAGED"
    outcome += f", LEFT {left[:3]}" if left else ""
    return outcome, clear and untouched and not left


def _error(run):
    path = run / "error.json"
    return json.loads(path.read_text()) if path.exists() else {"error": "", "said": "", "kinds": []}


def little_memory(folder, n):
    """MemoryError with a sentence, or success; what was fitted before is not damaged."""
    for work in starved_works.MEMORY_WORKS:
        for megabytes in MEGABYTES:
            run = fresh(folder)
            (run / "megabytes").write_text(str(megabytes))
            status = finish(start(f"starved_works.{work.__name__}", run), PATIENCE)
            outcome, ok = _outcome_in_memory(run, status)
            yield result(work.__name__, "RLIMIT_AS", megabytes, status, outcome, ok=ok)


def _outcome_in_memory(run, status):
    if status != 0:
        return f"status {status} {_error(run)['error']}", False
    said = json.loads((run / "said").read_text())
    if not said["error"]:
        return "done", True
    clear = "MemoryError" in said["kinds"]
    outcome = "MemoryError with a sentence" if clear else f"{said['error']}: {said['said'][:60]}"
    if clear and len(said["said"]) < 20:
        outcome = "MemoryError of Python itself, which says nothing"
    return outcome + (", DAMAGED" if said["damaged"] else ""), clear and not said["damaged"]


GROUPS = {"full-disk": full_disk, "little-memory": little_memory}
