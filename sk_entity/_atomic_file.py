"""A file is replaced as a whole, or it stays as it was."""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ._shown import shown

# How a full disk, a used-up quota and a limit on the size of files are told.
FULL = tuple(getattr(errno, name, errno.ENOSPC) for name in ("ENOSPC", "EDQUOT", "EFBIG"))


def write_file(path: Any, parts: Iterable[Any]) -> None:
    """Write a file of these parts, see `replacing`.

    Parameters
    ----------
    path : str or os.PathLike
    parts : iterable of bytes-like objects
        Written one after another.
    """
    with replacing(path) as file:
        for part in parts:
            file.write(part)


@contextmanager
def replacing(path: Any) -> Iterator[Any]:
    """Write a file beside the one of this name, then give it the name.

    A file that is there already keeps its permissions, and a symbolic link keeps
    leading to it.

    Parameters
    ----------
    path : str or os.PathLike

    Yields
    ------
    binary file
        To write to.

    Raises
    ------
    OSError
        If the file cannot be written, for instance because the disk is full, or
        if there is something else of this name. What was there stays. The error
        names the path.
    """
    target = Path(os.path.realpath(os.fsdecode(path)))
    mode = _mode_of_regular_file(target)
    # In the same folder, as no file is moved to another disk in one step; of a short name of its
    # own, as the target's may have the greatest length already.
    beside = target.parent / f".sk_entity-{secrets.token_hex(8)}.tmp"
    try:
        with naming(path, instead_of=beside), open(beside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, target)
    except BaseException:  # Ctrl+C too
        with suppress(OSError):
            os.unlink(beside)
        raise
    _flush_folder(target.parent)


@contextmanager
def naming(path: Any, instead_of: Any = None) -> Iterator[None]:
    """Name a file in the errors of writing to it: Python does not name one on a full disk.

    Parameters
    ----------
    path : str or os.PathLike
    instead_of : Path, optional
        What the user does not know, and errors must not name.
    """
    try:
        yield
    except OSError as error:
        nameless = error.filename is None and error.errno in FULL
        if nameless or (instead_of is not None and error.filename == str(instead_of)):
            reason = os.strerror(error.errno or 0)
            raise OSError(error.errno, reason, os.fsdecode(path)) from error
        raise


def _mode_of_regular_file(path):
    """Permissions of a file that is there, None if none is; refuse all that is no file."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(
            f"{shown(str(path))} is a directory. Give the name of a file in it."
        )
    if not stat.S_ISREG(mode):
        raise OSError(f"{shown(str(path))} is no regular file, and is not replaced by one.")
    return stat.S_IMODE(mode)


def _flush_folder(folder):
    """Bring the new name to the disk, on systems where a folder can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
