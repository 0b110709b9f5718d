"""Values and names as messages show them: short, whatever they are."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

# Characters of a value, and of a text that another library wrote.
MOST_CHARACTERS = 100
MOST_OF_A_TEXT = 1000
# Items of a list.
MOST_ITEMS = 10


def shown(value: Any) -> str:
    """Return the ``repr`` of a value; of a long one its first and its last characters.

    Parameters
    ----------
    value : object
        Nothing beyond a few items of a long list is looked at.

    Returns
    -------
    str
        Of at most `MOST_CHARACTERS` characters.
    """
    value = _without_middle(value)
    if isinstance(value, list | tuple | set | frozenset) and len(value) > MOST_ITEMS:
        return _cut(listed(value), MOST_CHARACTERS)
    if isinstance(value, Mapping) and len(value) > MOST_ITEMS:
        return _cut(f"a {type(value).__name__} of {listed(value)}", MOST_CHARACTERS)
    if type(value) in (list, tuple) and any(isinstance(item, str | bytes) for item in value):
        value = type(value)(map(_without_middle, value))
    return _cut(repr(value), MOST_CHARACTERS)


def listed(values: Iterable[Any]) -> str:
    """Return values as a list; of a long one the first ones, and how many more there are.

    Parameters
    ----------
    values : iterable

    Returns
    -------
    str
    """
    values = list(values)
    items = [shown(value) for value in values[:MOST_ITEMS]]
    more = len(values) - len(items)
    return f"[{', '.join(items)}{f', … and {more:,} more' if more else ''}]"


def shortened(text: Any) -> str:
    """Return a text that was written elsewhere, such as an error's; the middle of a long one cut.

    Parameters
    ----------
    text : object
        Converted to a string.
    """
    return _cut(str(text), MOST_OF_A_TEXT)


@contextmanager
def bounded_errors() -> Iterator[None]:
    """Shorten the ValueErrors of another library, which hold values and names of any length."""
    try:
        yield
    except ValueError as error:
        raise type(error)(shortened(error)) from None


def close_matches(word: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Find names that are nearly the same; none for a long word, as the search takes long.

    Parameters
    ----------
    word : str
    names : iterable of str
    most : int
        Names to return.
    """
    if len(word) > MOST_CHARACTERS:
        return []
    return get_close_matches(word, [n for n in names if len(n) <= 2 * len(word)], most)


def _without_middle(value: Any) -> Any:
    """Not to write all of a long text before most of it is cut."""
    if isinstance(value, str | bytes) and len(value) > 2 * MOST_CHARACTERS:
        return value[:MOST_CHARACTERS] + value[-MOST_CHARACTERS:]  # type: ignore[operator]
    return value


def _cut(text, most):
    if len(text) <= most:
        return text
    tail = most // 5
    return f"{text[: most - tail - 1]}…{text[-tail:]}"
