"""Which columns of a table are embedded."""

from numbers import Integral
from typing import Any

import narwhals as nw
import numpy as np

from .._shown import listed, shown
from .series import is_categorical

FROM_DTYPE = "from_dtype"


def select_categorical(
    frame: nw.DataFrame, categorical_features: Any, *, named: bool, X: Any = None
) -> list[int]:
    """Find the positions of the columns to embed.

    Parameters
    ----------
    frame : narwhals.DataFrame
    categorical_features : "from_dtype", callable, array-like or None
        A list may hold names, positions, callables and "from_dtype" side by
        side, and is then the union of what they choose; or it is a mask.
    named : bool
        Whether the user gave the columns names.
    X : data frame or array, default=None
        The table as the user gave it, for callables; None is that of `frame`.

    Returns
    -------
    list of int, ascending

    Raises
    ------
    ValueError
        For a column that is not there; the message names it.
    """
    if categorical_features is None:
        return []
    if isinstance(categorical_features, str) and categorical_features != FROM_DTYPE:
        raise ValueError(
            f"categorical_features={shown(categorical_features)}: use 'from_dtype', None or a "
            f"list, such as [{shown(categorical_features)}]."
        )
    table = _Table(frame, named, frame.to_native() if X is None else X)
    return sorted(set(table.positions(categorical_features)))


def select_shared(
    frame: nw.DataFrame, shared_embeddings: Any, categorical: list[int], *, named: bool
) -> list[list[int]]:
    """Find the positions of the columns that share a table.

    Parameters
    ----------
    frame : narwhals.DataFrame
    shared_embeddings : list of tuple of str or int, or None
        Groups of columns, by name or position.
    categorical : list of int
        Positions of the columns to embed.
    named : bool
        Whether the user gave the columns names.

    Returns
    -------
    list of list of int

    Raises
    ------
    ValueError
        For a group that is no group of embedded columns, and for a column of two groups; the
        message names it.
    """
    table = _Table(frame, named, frame.to_native(), parameter="shared_embeddings")
    groups = []
    for group in shared_embeddings or ():
        if isinstance(group, str) or not isinstance(group, list | tuple) or len(group) < 2:
            raise ValueError(
                f"shared_embeddings holds {shown(group)}: use groups of two columns or more, such "
                "as [('origin', 'dest')]."
            )
        groups.append([position for w in group for position in table.of_one(w)])
    before: set[int] = set()
    for position in (p for group in groups for p in group):
        name = frame.columns[position]
        if position not in categorical:
            raise ValueError(
                f"shared_embeddings names column {shown(name)}, which is not embedded. Name it in "
                "categorical_features, too, or leave it out."
            )
        if position in before:
            raise ValueError(
                f"shared_embeddings names column {shown(name)} twice: put all columns of one table "
                "in one group."
            )
        before.add(position)
    return groups


class _Table:
    """The columns of a table, to choose from."""

    def __init__(self, frame, named, native, parameter="categorical_features"):
        self.frame, self.named, self.native = frame, named, native
        self.parameter = parameter
        self.names = frame.columns
        self.place = {name: position for position, name in enumerate(self.names)}

    def positions(self, chosen):
        """Find the positions that any form of `categorical_features` means."""
        if isinstance(chosen, str) and chosen == FROM_DTYPE:
            return [i for i, n in enumerate(self.names) if is_categorical(self.frame[n])]
        if callable(chosen):
            chosen = chosen(self.native)
        if isinstance(chosen, slice):
            return range(len(self.names))[chosen]
        wanted = list(np.atleast_1d(_as_objects(chosen)))
        if all(isinstance(w, bool | np.bool_) for w in wanted) and wanted:
            return self._of_mask(wanted)
        return [position for w in wanted for position in self.of_one(w)]

    def _of_mask(self, mask):
        if len(mask) != len(self.names):
            raise ValueError(
                f"categorical_features is a mask of {len(mask)} values for {len(self.names)} "
                "columns."
            )
        return [i for i, chosen in enumerate(mask) if chosen]

    def of_one(self, wanted):
        """Positions that one entry of a list means."""
        if callable(wanted) or (isinstance(wanted, str) and wanted == FROM_DTYPE):
            return self.positions(wanted)
        if isinstance(wanted, str):
            return [self._of_name(wanted)]
        position = isinstance(wanted, Integral) and not isinstance(wanted, bool)
        n = len(self.names)
        if not position or not -n <= wanted < n:
            raise ValueError(
                f"{self.parameter} holds {shown(wanted)}: use column names or positions from 0 to "
                f"{n - 1}."
            )
        return [int(wanted) % n]

    def _of_name(self, name):
        if not self.named:
            raise ValueError(
                f"{self.parameter} names {shown(name)}, but X has no column names. "
                "Use positions or a data frame."
            )
        if name not in self.place:
            raise ValueError(
                f"{self.parameter} names {shown(name)}, which is not a column of X. "
                f"Columns: {listed(self.names)}."
            )
        return self.place[name]


def _as_objects(chosen):
    """Entries as an array of objects; a list of callables among them stays one-dimensional."""
    if isinstance(chosen, list | tuple):
        array = np.empty(len(chosen), dtype=object)
        array[:] = chosen
        return array
    return np.asarray(chosen, dtype=object)
