"""Objects become numbered descriptions in JSON, with their arrays beside them, and come back.

An object that is met twice is described once, and is one object again when it is
read. A description refers to earlier ones only, so that there are no circles.
"""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# Deeper, Python would refuse to go.
DEEPEST = 50


class Kind(NamedTuple):
    """How objects of one kind are described.

    Attributes
    ----------
    name : str
        In the file.
    matches : callable (object) -> bool
    write : callable (object, Writer, path) -> list
        The description. The path says where the object is, for errors.
    read : callable (Reader, \\*description) -> object
        Raises ValueError for what `write` does not write.
    """

    name: str
    matches: Callable[[Any], bool]
    write: Callable[..., list]
    read: Callable[..., Any]


class NotStorableError(TypeError):
    """An object that cannot be stored without code."""

    def __init__(self, path: tuple[str, ...], value: Any):
        super().__init__(".".join(path))
        self.path, self.value = path, value


class Writer:
    """Describes objects.

    Parameters
    ----------
    kinds : sequence of Kind
        The first one that matches is taken.

    Attributes
    ----------
    objects : list of list
        Name of the kind, then the description.
    tensors : list of ndarray
    fields : dict of list of str
        Names of the fields of each class of records.
    """

    def __init__(self, kinds: tuple[Kind, ...]):
        self.kinds = kinds
        self.objects: list[list] = []
        self.tensors: list[np.ndarray] = []
        self.fields: dict[str, list[str]] = {}
        self._pools: dict[str, list[np.ndarray]] = {}
        # With the objects themselves: the address of one that is gone may be another's.
        self._numbers: dict[int, tuple[int, Any]] = {}

    def value(self, value: Any, path: tuple[str, ...] = ()) -> Any:
        """Describe a plain value in place, any other object by its number."""
        if len(path) > DEEPEST:
            raise NotStorableError(path[:1], value)
        if isinstance(value, np.bool_ | np.integer | np.floating | np.str_):
            value = value.item()
        if value is None or type(value) is bool:
            return value
        if type(value) in _PLAIN:
            return _PLAIN[type(value)](value)
        if type(value) is list:
            return [self.value(v, (*path, f"[{i}]")) for i, v in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": self.value(list(value), path)}
        if type(value) is dict:
            pairs = [
                [self.value(k, path), self.value(v, (*path, str(k)))] for k, v in value.items()
            ]
            return {"dict": pairs}
        return {"ref": self.object(value, path)}

    def object(self, value: Any, path: tuple[str, ...] = ()) -> int:
        """Describe an object, if it was not met before, and return its number."""
        if id(value) not in self._numbers:
            kind = next((kind for kind in self.kinds if kind.matches(value)), None)
            if kind is None or len(path) > DEEPEST:
                raise NotStorableError(path, value)
            self.objects.append([kind.name, *kind.write(value, self, path)])
            self._numbers[id(value)] = len(self.objects) - 1, value
        return self._numbers[id(value)][0]

    def tensor(self, array: np.ndarray) -> int:
        """Keep an array of numbers for the file and return its number there."""
        self.tensors.append(array)
        return len(self.tensors) - 1

    def pool(self, code: str, array: np.ndarray) -> int:
        """Keep a small array together with others of its dtype; return where it begins there."""
        pool = self._pools.setdefault(code, [])
        start = sum(map(len, pool))
        pool.append(array.reshape(-1))
        return start

    def pooled(self) -> dict[str, int]:
        """Keep the pools as tensors; return the number of each by the code of its dtype."""
        return {code: self.tensor(np.concatenate(pool)) for code, pool in self._pools.items()}


class Reader:
    """Makes objects from their descriptions.

    Parameters
    ----------
    kinds : sequence of Kind
    document : dict
        With ``fields`` and ``pools`` of a `Writer`.
    objects : list of list
        Of a `Writer`.
    tensors : dict of ndarray
        By number, as a string.
    newer : bool
        Whether the file may have more fields than are known here.
    """

    def __init__(
        self,
        kinds: tuple[Kind, ...],
        document: Any,
        objects: Any,
        tensors: dict[str, np.ndarray],
        newer: bool,
    ):
        self._kinds = {kind.name: kind for kind in kinds}
        self._tensors = tensors
        self.newer = newer
        self.fields = document["fields"]
        self._pools = {code: self.tensor(number) for code, number in document["pools"].items()}
        self._objects: list[Any] = []
        for name, *description in objects:
            self._objects.append(self._kinds[name].read(self, *description))

    def value(self, coded: Any) -> Any:
        """Make a value from its description."""
        if coded is None or isinstance(coded, bool | int | float | str):
            return coded
        if isinstance(coded, list):
            return [self.value(v) for v in coded]
        [(tag, content)] = coded.items()
        if tag == "ref":
            return self.object(content)
        if tag == "tuple":
            return tuple([self.value(v) for v in content])
        if tag == "dict":
            found = {self.value(k): self.value(v) for k, v in content}
            if len(found) != len(content):
                raise ValueError("a key is there twice")
            return found
        return _TAGGED[tag](content)

    def object(self, number: int) -> Any:
        """Return the object of this number, which must have been read before."""
        if type(number) is not int or not 0 <= number < len(self._objects):
            raise ValueError(f"it refers to an object {str(number)[:20]} that is not there")
        return self._objects[number]

    def tensor(self, number: int) -> np.ndarray:
        """Return the array of this number in the file."""
        if type(number) is not int or str(number) not in self._tensors:
            raise ValueError(f"it refers to an array {str(number)[:20]} that is not there")
        return self._tensors[str(number)]

    def pooled(self, code: str, start: int, length: int) -> np.ndarray:
        """Return values of a pool; the code is that of their dtype."""
        pool = self._pools[code]
        whole = type(start) is int and type(length) is int
        if not whole or pool.ndim != 1 or not 0 <= start <= start + length <= len(pool):
            raise ValueError("a small array lies outside of its pool")
        return pool[start : start + length].copy()


def _write_int(value):
    return value if abs(value) < 2**63 else {"int": f"{value:x}"}


def _write_float(value):
    return value if np.isfinite(value) else {"float": repr(value)}


def _write_str(value):
    # JSON would take a pair of lone surrogates for one character.
    lone = not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)
    return {"characters": list(map(ord, value))} if lone else value


_PLAIN: dict[type, Callable] = {
    int: _write_int,
    float: _write_float,
    str: _write_str,
    bytes: lambda value: {"bytes": value.hex()},
}


def _read_characters(content):
    if not all(type(c) is int and 0 <= c <= sys.maxunicode for c in content):
        raise ValueError("a string holds what is no character")
    return "".join(map(chr, content))


_TAGGED: dict[str, Callable] = {
    "int": lambda content: int(content, 16),
    "float": lambda content: {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}[content],
    "characters": _read_characters,
    "bytes": bytes.fromhex,
}
