"""This module limits the memory of the process that calls it."""

import contextlib
import os
import resource
from pathlib import Path

# Where this machine lets a process make groups of its own; in the order of preference.
GROUPS = (
    (Path("/sys/fs/cgroup/memory/process_api"), "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup"), "memory.max"),
)


def limit_memory(n_bytes, kind="auto"):
    """Hold this process, and those that it starts, to so much memory; say by what.

    A cgroup counts what is resident, the pages of files that were read included. Where none can
    be made, or if `kind` is "address space", the address space is limited: it counts the
    libraries that are mapped, too, about a GiB.
    """
    if kind in ("auto", "cgroup"):
        for parent, file in GROUPS:
            group = parent / f"sk-entity-{os.getpid()}"
            try:
                group.mkdir()
                (group / file).write_text(str(n_bytes))
                (group / "cgroup.procs").write_text(str(os.getpid()))
            except OSError:
                _remove(group)
                continue
            return f"cgroup, {file}"
        if kind == "cgroup":
            raise SystemExit("No cgroup can be made here: use --limit-by 'address space'.")
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))
    return "RLIMIT_AS"


def remove_groups(pid):
    """Remove the group of a process that has ended."""
    for parent, _ in GROUPS:
        _remove(parent / f"sk-entity-{pid}")


def peak_resident():
    """Bytes that this process had in memory at most."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _remove(group):
    with contextlib.suppress(OSError):
        group.rmdir()
