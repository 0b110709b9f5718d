"""How much memory there is, and what is said where it does not suffice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# torch says so in a RuntimeError.
SIGNS_OF_TORCH = ("allocate memory", "out of memory", "Storage size calculation overflowed")


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes of memory that this process may use, or None where no one says.

    They are those of the machine, or of the container (control group) that the process is in.

    Parameters
    ----------
    root : Path
        Where the system's files are.
    """
    limits = [*_limits_of_groups(root), physical_memory()]
    return min((limit for limit in limits if limit is not None), default=None)


def physical_memory() -> int | None:
    """Return the bytes of memory of this machine, or None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _limits_of_groups(root):
    """Limits of the group of this process, and of those around it, of both versions of groups."""
    groups = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2, which older systems mount beside version 1
            places, name = [groups, groups / "unified"], "memory.max"
        elif "memory" in controllers.split(","):
            places, name = [groups / "memory"], "memory.limit_in_bytes"
        else:
            continue
        group = Path(path.lstrip("/"))
        for place in places:
            for around in (group, *group.parents):
                limit = _read(place / around / name).strip()
                if limit.isdecimal():  # else "max", or there is no such file
                    yield int(limit)


def _read(path):
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


@contextmanager
def failed_allocations_explained() -> Iterator[None]:
    """Raise MemoryError, with the ways out, where torch finds too little memory."""
    try:
        yield
    except RuntimeError as error:
        said = str(error)
        if not any(sign in said for sign in SIGNS_OF_TORCH):
            raise
        raise MemoryError(
            f"There is too little memory to train ({said.splitlines()[0]}). Lower "
            "hidden_layer_sizes, embedding_dim or batch_size; give rare categories one vector, by "
            "min_frequency or max_categories; or keep the rows on disk, by sk_entity.streaming, "
            "where n_hashed bounds the tables, too."
        ) from error
