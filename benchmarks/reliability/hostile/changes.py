"""This module changes a saved file as somebody would who knows the format and means harm.

A file is taken apart into the arrays, the descriptions and the strings that
docs/saving.md lists, something of that is changed, and the parts are put together
again with a right checksum, so that the change reaches what reads it.
"""

import base64
import binascii
import copy
import hashlib
import json
import math
import zlib

import numpy as np

DTYPES = {
    "F64": "<f8", "I64": "<i8", "U64": "<u8", "F32": "<f4", "I32": "<i4", "U32": "<u4",
    "F16": "<f2", "I16": "<i2", "U16": "<u2", "I8": "|i1", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
NO_CHECKSUM = "0" * 64
MOST_PLACES = 5000

NUMBERS = (
    0, 1, -1, 2, 3, 7, 127, 128, 255, 256, 2**15, 2**16, 2**24, 2**31 - 1, 2**31, 2**32, 2**48,
    2**53, 2**62, 2**63 - 1, 2**63, 2**64, -(2**31), -(2**63), 10**30, 10**400,
    0.5, -0.0, 1.5, 1e-320, 1e30, 1e38, 1e39, 1e308, -1e308,
)  # fmt: skip
STRINGS = (
    "", "x", "0", "-1", "1e400", "nan", "NaT", "inf", "Vocabulary", "array", "text", "i4", "O",
    "U1", "U99999", "U999999999", "S5", "M8[ns]", "V8", "|O8", "é", "Ünï", "\ud800", "\0",
    "a" * 999, "__class__", "__import__('os')", "os.system", "../../etc/passwd", "%s%n", "{0}",
    "identity", "log", "relu", "pandas", "polars", "transform", "fit", "1" * 5000,
    "1" * 9999 + "/3", "1/0",
    "9" * 999 + "e999999", "0x1p99999", "P99999999999D", "9999-99-99", "from_dtype", "auto",
    "EntityEmbeddingRegressor", "EntityEmbeddingClassifier", "EntityEmbeddingEncoder",
    "CategoryMerger", "FrozenEstimator", "random_state", "callbacks", "estimator",
)  # fmt: skip
OTHERS = (
    None, True, False, [], [0], [[]], [None], [2**62], [[[[[[[[]]]]]]]], {}, {"ref": 0}, {"ref": 3},
    {"ref": -1}, {"ref": 10**9}, {"ref": "0"}, {"ref": True}, {"ref": 1.0}, {"tuple": []},
    {"tuple": [1, 2]}, {"tuple": {}}, {"dict": []}, {"dict": [[[], 0]]}, {"dict": [[1, 2], [1, 3]]},
    {"dict": [[{"float": "nan"}, 1]]}, {"float": "nan"}, {"float": "inf"}, {"float": "-inf"},
    {"float": "x"}, {"float": []}, {"int": "zz"}, {"int": "f" * 999}, {"int": 1},
    {"characters": [-1]}, {"characters": [2**40]}, {"characters": [55296]}, {"characters": "ab"},
    {"bytes": "0"},
    {"bytes": "00ff"}, {"ref": 0, "tuple": []}, {"other": 1},
)  # fmt: skip

SHAPES = ([], [0], [2**62, 2**62], [2**40, 0], -1, [1.0], [True])


class Parts:
    """A file in parts.

    Attributes
    ----------
    arrays : dict of (str, list of int, bytearray)
        By name: dtype, shape and bytes.
    metadata : dict
        What is neither `document` nor `objects`.
    document, objects : JSON
    offsets : dict of list
        By name of an array: its place in the file, where it is not the right one.
    """

    def __init__(self, content):
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        data = content[8 + length :]
        self.metadata = header.pop("__metadata__")
        self.document = json.loads(self.metadata.pop("document"))
        self.objects = json.loads(zlib.decompress(base64.b64decode(self.metadata.pop("objects"))))
        self.offsets = {}
        self.arrays = {}
        for name, entry in header.items():
            start, stop = entry["data_offsets"]
            self.arrays[name] = [entry["dtype"], entry["shape"], bytearray(data[start:stop])]

    @classmethod
    def of(cls, content):
        """The parts of what is a file of the format, or None."""
        try:
            return cls(content)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None
        except (binascii.Error, zlib.error, OverflowError):
            return None

    def content(self):
        """The file, with the right checksum of whatever it says."""
        data, entries = bytearray(), {}
        for name, (dtype, shape, value) in self.arrays.items():
            place = self.offsets.get(name, [len(data), len(data) + len(value)])
            entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": place}
            data += value
        packed = zlib.compress(json.dumps(self.objects).encode("utf-8", "surrogatepass"), 9)
        said = {
            "document": json.dumps(self.document),
            "objects": base64.b64encode(packed).decode("ascii"),
        }
        header = _header(self.metadata | said | {"sha256": NO_CHECKSUM}, entries)
        digest = hashlib.sha256(len(header).to_bytes(8, "little") + header + data).hexdigest()
        header = _header(self.metadata | said | {"sha256": digest}, entries)
        return len(header).to_bytes(8, "little") + header + bytes(data)


def _header(metadata, entries):
    text = json.dumps({"__metadata__": metadata, **entries}).encode()
    return text + b" " * (-len(text) % 8)


def change(content, rng, others=(), mutate=None):
    """A file in which something is changed.

    Parameters
    ----------
    content : bytes
        Of a file, or of anything.
    rng : random.Random
    others : sequence of bytes
        Files whose descriptions and arrays may be put into this one.
    mutate : callable (bytes) -> bytes, optional
        What changes bytes without knowing the format.
    """
    parts = Parts.of(content)
    if parts is None or rng.random() < 0.05:
        return mutate(content) if mutate is not None else flip(content, rng)
    other = Parts.of(rng.choice(others)) if others else None
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        kind = rng.random()
        if kind < 0.3:
            _change_array(parts, rng, mutate)
        elif kind < 0.38:
            _change_entries(parts, rng)
        elif kind < 0.42:
            holder = {"document": parts.document, "metadata": parts.metadata}
            _change_json(holder, rng)
            parts.document, parts.metadata = holder.get("document"), holder.get("metadata")
            if type(parts.metadata) is not dict:
                parts.metadata = {}
        elif kind < 0.5 and other is not None:
            _graft(parts, other, rng)
        else:
            holder = [parts.objects]
            _change_json(holder, rng)
            parts.objects = holder[0] if holder else None
    return parts.content()


def flip(content, rng):
    """Bytes of which some are other ones, lacking or more."""
    content = bytearray(content or b"\0")
    for _ in range(rng.choice((1, 1, 2, 9))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    if rng.random() < 0.2:
        del content[rng.randrange(len(content)) :]
    if rng.random() < 0.1:
        content += bytes(rng.randrange(99))
    return bytes(content)


def _places(value, found):
    """Containers of a JSON value, with each key or position."""
    if len(found) > MOST_PLACES or not isinstance(value, dict | list):
        return found
    for key in list(value.keys() if isinstance(value, dict) else range(len(value))):
        found.append((value, key))
        _places(value[key], found)
    return found


def _change_json(holder, rng):
    try:
        places = _places(holder, [])
    except RecursionError:
        return
    value, key = rng.choice(places)
    action = rng.random()
    if action < 0.1:
        del value[key]
    elif action < 0.2 and isinstance(value, list):
        value.insert(key, copy.deepcopy(value[key]))
    elif action < 0.3 and isinstance(value, list):
        other = rng.randrange(len(value))
        value[key], value[other] = value[other], value[key]
    elif action < 0.35 and isinstance(value, dict):
        value[rng.choice(STRINGS)] = value.pop(key)
    elif action < 0.5:  # what is said elsewhere, of the right type for somewhere
        elsewhere, at = rng.choice(places)
        value[key] = copy.deepcopy(elsewhere[at]) if at in elsewhere or type(at) is int else None
    elif action < 0.7 and type(value[key]) in (int, float):
        value[key] += rng.choice((-1, 1, 2, -2, 10, 1000))
    else:
        same = {int: NUMBERS, float: NUMBERS, str: STRINGS}.get(type(value[key]), OTHERS)
        pool = same if rng.random() < 0.6 else rng.choice((NUMBERS, STRINGS, OTHERS))
        value[key] = copy.deepcopy(rng.choice(pool))


def _change_array(parts, rng, mutate):
    """Numbers of an array, or its length with a shape that agrees."""
    if not parts.arrays:
        return
    entry = parts.arrays[rng.choice(list(parts.arrays))]
    dtype, shape, value = entry
    width = np.dtype(DTYPES[dtype]).itemsize if dtype in DTYPES else 1
    action = rng.random()
    if action < 0.6 and len(value) >= width:
        start = rng.randrange(len(value) // width) * width
        value[start : start + width] = _number(dtype, rng)[:width]
    elif action < 0.75 and isinstance(shape, list) and len(shape) > 0 and value:
        # Rows fewer or more.
        whole = [n for n in shape[1:] if type(n) is int and 0 < n < 10**4]
        n_bytes = width * math.prod(whole)
        n_rows = max(0, len(value) // n_bytes + rng.choice((-1, 1, 2, -2)))
        entry[1] = [n_rows, *whole]
        entry[2] = bytearray((bytes(value) * 3)[: n_rows * n_bytes].ljust(n_rows * n_bytes, b"\0"))
    elif action < 0.85 and isinstance(shape, list):
        entry[1] = rng.choice((shape[::-1], [*shape, 1], [1, *shape], [math.prod(_whole(shape))]))
    elif action < 0.92 and mutate is not None and value:
        changed = bytearray(mutate(bytes(value)))
        value[:] = changed[: len(value)].ljust(len(value), b"\0")
    else:
        alike = {8: ("F64", "I64", "U64"), 4: ("F32", "I32", "U32"), 2: ("F16", "I16", "U16")}
        entry[0] = rng.choice(alike.get(width, ("I8", "U8", "BOOL")))


def _whole(shape):
    return [n for n in shape if type(n) is int]


def _number(dtype, rng):
    numpy = np.dtype(DTYPES.get(dtype, "|u1"))
    if numpy.kind == "f":
        options = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e30, 1e-40, 3e38, 1e300, rng.gauss(0, 1))
    elif numpy.kind == "b":
        options = (0, 1)
    else:
        info = np.iinfo(numpy)
        options = (info.min, info.max, 0, 1, 2, 3, 7, info.max // 2, rng.randrange(20))
    with np.errstate(all="ignore"):
        return np.array(rng.choice(options)).astype(numpy).tobytes()


def _change_entries(parts, rng):
    """What the header says of an array, whatever its bytes are."""
    if not parts.arrays:
        return
    name = rng.choice(list(parts.arrays))
    entry = parts.arrays[name]
    action = rng.random()
    if action < 0.2:
        del parts.arrays[name]
    elif action < 0.4:
        parts.arrays[rng.choice(["0", "1", "-1", "x", "", "99", "__metadata__"])] = entry
    elif action < 0.6:
        start = rng.choice((0, 8, -1, 2**40, 2**63, 0.5))
        parts.offsets[name] = [start, rng.choice((start, start + len(entry[2]), 0, -8, None))]
    elif action < 0.8:
        entry[1] = copy.deepcopy(
            rng.choice(([], [0], [2**62, 2**62], [2**40, 0], -1, [1.0], [True]))
        )
    else:
        entry[0] = rng.choice((*DTYPES, "BF16", "F8", "C64", 4, None))


def _graft(parts, other, rng):
    """An object or an array of another file."""
    if rng.random() < 0.5 and parts.arrays and other.arrays:
        source = other.arrays[rng.choice(list(other.arrays))]
        parts.arrays[rng.choice(list(parts.arrays))] = copy.deepcopy(source)
    elif all(isinstance(p.objects, list) and p.objects for p in (parts, other)):
        place = rng.randrange(len(parts.objects))
        parts.objects[place] = copy.deepcopy(rng.choice(other.objects))
