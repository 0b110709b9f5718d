"""A category that someone asks for by its value."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from .._shown import close_matches, shown
from .vocabulary import find

# Among so many categories, the most frequent ones, a misspelt one is looked for.
_MOST_COMPARED = 20_000
_FEW = 3


def position_of(
    category: Any, categories: pd.Index, counts: np.ndarray, name: str, note: str = ""
) -> int:
    """Find the position of a category that is not missing.

    Parameters
    ----------
    category : object
    categories : pandas.Index
    counts : ndarray of int, shape (n_categories,)
        Rows of each.
    name : str
        Of the column, for messages.
    note : str
        A sentence that a message about no such category ends with.

    Raises
    ------
    TypeError
        If it is a list or the like, which no category is.
    ValueError
        If it is none of the categories; the message names close ones.
    """
    if not isinstance(category, Hashable):
        raise TypeError(
            f"A category of column {shown(name)} is a single value; got {shown(category)}, a "
            f"{type(category).__name__}."
        )
    asked = pd.Index(_as_objects([category]), dtype=object)
    position = int(find(asked, categories)[0])
    if position < 0:
        message = _message(category, categories, counts, name)
        raise ValueError(f"{message} {note}" if note else message)
    return position


def _as_objects(values):
    # NumPy would make a row of a tuple.
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _message(category, categories, counts, name):
    message = f"Column {shown(name)} has no category {shown(category)}"
    if len(categories) == 0:
        return f"{message}: it has none at all."
    written = str(category)
    compared = categories
    if len(categories) > _MOST_COMPARED:
        compared = categories[np.argpartition(-counts, _MOST_COMPARED)[:_MOST_COMPARED]]
    compared = compared.tolist()
    other_type = [c for c in compared if str(c) == written]
    if other_type:
        types = type(category).__name__, type(other_type[0]).__name__
        return (
            f"{message} of type {types[0]}, but it has {shown(other_type[0])} of type {types[1]}. "
            "Pass that one."
        )
    by_text = {str(c).casefold(): c for c in compared}
    close = [by_text[t] for t in close_matches(written.casefold(), by_text, _FEW)]
    if close:
        return f"{message}. Did you mean {' or '.join(map(shown, close))}?"
    return f"{message}. Its categories are such as {', '.join(map(shown, compared[:_FEW]))}."
