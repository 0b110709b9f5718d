"""The container: a file in the safetensors format, with a checksum of all its bytes.

The format is eight bytes with the length of the header, the header in JSON, and
the arrays one after another. It is written and read here because that is what
allows to check everything before memory is asked for: keys that are repeated,
lengths against the size of the file, the checksum while the arrays are read. All
numbers are stored with the lowest byte first, and read on any machine.
"""

import hashlib
import math
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from .._atomic_file import write_file
from .._shown import shown
from . import strict_json

DTYPES = {
    "F64": "<f8",
    "I64": "<i8",
    "U64": "<u8",
    "F32": "<f4",
    "I32": "<i4",
    "U32": "<u4",
    "F16": "<f2",
    "I16": "<i2",
    "U16": "<u2",
    "I8": "|i1",
    "U8": "|u1",
    "BOOL": "|b1",
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}

# That of the safetensors library.
LONGEST_HEADER = 100_000_000
MOST_DIMENSIONS, LARGEST_DIMENSION = 8, 2**48
CHECKSUM = "sha256"
NO_CHECKSUM = "0" * 64


def write_container(path: Any, metadata: dict[str, str], tensors: Sequence[np.ndarray]) -> None:
    """Write arrays, named by their numbers, and strings beside them.

    Parameters
    ----------
    path : str or os.PathLike
    metadata : dict of str
    tensors : sequence of ndarray
        Of numbers or truth values; each is stored row by row.
    """
    stored = [_lowest_byte_first(tensor) for tensor in tensors]
    # The widest numbers first, so that each number lies at a multiple of its width.
    order = sorted(range(len(stored)), key=lambda i: (-stored[i].dtype.itemsize, i))
    entries, start = {}, 0
    for i in order:
        stop = start + stored[i].nbytes
        dtype, shape = NAMES[stored[i].dtype.str], list(stored[i].shape)
        entries[str(i)] = {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}
        start = stop
    header = _header(metadata | {CHECKSUM: NO_CHECKSUM}, entries)
    data = [stored[i].reshape(-1).view(np.uint8).data for i in order if stored[i].nbytes]
    digest = hashlib.sha256(header)
    for part in data:
        digest.update(part)
    write_file(path, [_header(metadata | {CHECKSUM: digest.hexdigest()}, entries), *data])


def _header(metadata, entries):
    text = strict_json.dumps({"__metadata__": metadata, **entries}).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LONGEST_HEADER:
        raise ValueError(
            f"The description of this estimator takes {len(text)} bytes of JSON, and the format "
            f"has room for {LONGEST_HEADER}."
        )
    return len(text).to_bytes(8, "little") + text


def _lowest_byte_first(array):
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)


@contextmanager
def open_container(path: Any) -> "Iterator[Container]":
    """Open a file and read its header.

    Raises
    ------
    ValueError
        If it is no container.
    OSError
        If it cannot be opened, or is no file.
    """
    path = os.fsdecode(path)
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a directory cannot be opened
        raise OSError(f"{shown(path)} is no regular file")
    with open(path, "rb") as file:
        yield Container(file, os.fstat(file.fileno()).st_size)


class Container:
    """A file that is open, its header read and checked.

    Parameters
    ----------
    file : binary file
    size : int
        Its length in bytes.

    Attributes
    ----------
    metadata : dict of str
    """

    def __init__(self, file: BinaryIO, size: int):
        self.file = file
        self.length_field = file.read(8)
        if len(self.length_field) < 8:
            raise ValueError(f"it is too short: {size} bytes")
        if self.length_field[0] == 0x80 and self.length_field[1] <= 5:
            raise ValueError("it is a pickle, which may hold any code and is not read")
        length = int.from_bytes(self.length_field, "little")
        if length > min(size - 8, LONGEST_HEADER):
            raise ValueError(
                f"it is no safetensors file, or cut short: its header would have {length} bytes, "
                f"and the file has {size}"
            )
        self.header = file.read(length)
        if len(self.header) != length:
            raise ValueError("it became shorter while it was read")
        content = strict_json.loads(self.header)
        if not isinstance(content, dict):
            raise ValueError("its header is no JSON object")
        self.metadata = content.pop("__metadata__", {})
        if not isinstance(self.metadata, dict) or not all(
            isinstance(value, str) for value in self.metadata.values()
        ):
            raise ValueError("the __metadata__ of its header are no strings")
        self.entries = [_Entry(name, entry) for name, entry in content.items()]
        self.entries.sort(key=lambda entry: (entry.start, entry.stop))
        position = 0
        for entry in self.entries:
            if entry.start != position:
                raise ValueError(f"its array {shown(entry.name)} does not begin where another ends")
            position = entry.stop
        if position != size - 8 - length:
            raise ValueError(
                f"it is damaged: its arrays take {position} bytes, and the file has "
                f"{size - 8 - length} for them"
            )

    def read(self) -> dict[str, np.ndarray]:
        """Read all arrays and compare the checksum of the file."""
        stored = self.metadata.get(CHECKSUM, "")
        if self.header.count(stored.encode()) != 1 or len(stored) != len(NO_CHECKSUM):
            raise ValueError("it has no checksum")
        digest = hashlib.sha256(self.length_field)
        digest.update(self.header.replace(stored.encode(), NO_CHECKSUM.encode()))
        found = {}
        for entry in self.entries:
            array = np.empty(entry.shape, dtype=entry.dtype)
            if array.nbytes:
                buffer = array.reshape(-1).view(np.uint8).data
                if self.file.readinto(buffer) != array.nbytes:  # type: ignore[attr-defined]
                    raise ValueError("it became shorter while it was read")
                digest.update(buffer)
            found[entry.name] = array
        if digest.hexdigest() != stored:
            raise ValueError("it is damaged: its checksum is not that of its content")
        return {name: _own_byte_order(name, array) for name, array in found.items()}


class _Entry:
    """What the header says of one array."""

    def __init__(self, name, entry):
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"its array {shown(name[:100])} has no dtype, shape and data_offsets")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        whole = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
        if not whole or not all(type(n) is int and n >= 0 for n in shape + offsets):
            raise ValueError(f"its array {shown(name[:100])} has no shape or no place")
        if not isinstance(dtype, str) or dtype not in DTYPES:
            raise ValueError(
                f"its array {shown(name[:100])} has the dtype {shown(str(dtype)[:20])}"
            )
        if len(shape) > MOST_DIMENSIONS or any(n > LARGEST_DIMENSION for n in shape):
            raise ValueError(f"its array {shown(name[:100])} has an absurd shape")
        self.name, self.dtype, self.shape = name, np.dtype(DTYPES[dtype]), tuple(shape)
        self.start, self.stop = offsets
        if self.stop - self.start != math.prod(shape) * self.dtype.itemsize:
            raise ValueError(f"its array {shown(name[:100])} is not as long as its shape says")


def _own_byte_order(name, array):
    if array.dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise ValueError(f"its array {shown(name[:100])} has a truth value that is neither 0 nor 1")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
