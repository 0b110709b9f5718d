"""JSON without what its readers disagree on: repeated keys, NaN, infinity."""

import json
from typing import Any

from .._shown import shown


def dumps(value: Any) -> str:
    """Write a value of plain types as short as can be, in ASCII."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def loads(text: str | bytes) -> Any:
    """Read a value.

    Raises
    ------
    ValueError
        For what is no JSON, repeated keys, NaN and infinity, integers of
        thousands of digits, and brackets nested by the thousand.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"its JSON cannot be read: {error}") from None


def _unique(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shown(twice[:100])} is there twice")
    return found


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON")
