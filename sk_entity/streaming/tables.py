"""Tables in memory, one or one after another, are read as they are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import narwhals as nw
import pandas as pd

from .._shown import shown
from .._table.reading import as_frame
from .schemas import refuse_other_names


class Table:
    """A table in memory.

    Parameters
    ----------
    frame : narwhals.DataFrame
    name : str
        What errors call it.
    """

    identity = None

    def __init__(self, frame: nw.DataFrame, name: str):
        self._frame, self._name = frame, name
        self.names = tuple(frame.columns)
        self.n_rows: int | None = len(frame)

    def files(self) -> list[str]:
        """Return the paths of the local files that are read: none."""
        return []

    def pieces(self, columns: tuple[str, ...]) -> Iterator[tuple[str, Iterator[nw.DataFrame]]]:
        """Give the name of the table, and the table."""
        yield self._name, iter([self._frame.select(list(columns))])


class CalledTables:
    """Tables that a function gives each time it is called.

    Parameters
    ----------
    function : callable
        Without arguments, returns an iterable of tables.
    name : str
        What errors call it.

    Raises
    ------
    ValueError
        If it gives no table, and in a pass if tables have different columns or kinds.
    TypeError
        If it gives something else.
    """

    identity = None

    def __init__(self, function: Callable[[], Iterable[Any]], name: str):
        self._function, self._name = function, name
        first = next(self._frames(), None)
        if first is None:
            raise ValueError(
                f"{name}: the function gives no table. It is called several times: let it make "
                "a new iterator at each call."
            )
        self.names = tuple(first.columns)
        self.n_rows: int | None = None

    def files(self) -> list[str]:
        """Return the paths of the local files that are read, as far as is known."""
        return []

    def pieces(self, columns: tuple[str, ...]) -> Iterator[tuple[str, Iterator[nw.DataFrame]]]:
        """Give the name of each table, and the table."""
        first = f"table 0 of {self._name}"
        kinds: dict[str, tuple[str, str]] = {}
        for number, frame in enumerate(self._frames()):
            called = f"table {number} of {self._name}"
            refuse_other_names(frame.columns, called, self.names, first)
            frame = frame.select(list(columns))
            _refuse_other_kinds(frame, called, kinds)
            yield called, iter([frame])

    def _frames(self):
        tables = self._function()
        if not hasattr(tables, "__iter__") or as_table(tables) is not None:
            raise TypeError(
                f"{self._name}: the function must return an iterable of tables, as a generator "
                f"function does, and returned {type(tables).__name__}."
            )
        for number, table in enumerate(tables):
            frame = as_table(table)
            if frame is None:
                raise TypeError(
                    f"Table {number} of {self._name} is {type(table).__name__}. Give tables of "
                    "pandas, polars or pyarrow."
                )
            yield frame


def as_table(table: Any) -> nw.DataFrame | None:
    """Wrap a table of pandas, polars or pyarrow; None for anything else, such as a query."""
    with suppress(nw.exceptions.DuplicateError):  # which `as_frame` refuses in its own words
        if isinstance(nw.from_native(table, pass_through=True), nw.LazyFrame):
            return None
    return as_frame(table)


def refuse_used_up(data: Any) -> None:
    """Raise TypeError for what can be passed over only once."""
    if inspect.isgenerator(data) or isinstance(data, Iterator):
        raise TypeError(
            f"{type(data).__name__} is used up after one pass, and several are needed. Pass the "
            "function that makes it, without calling it: open it anew at each call."
        )


def _refuse_other_kinds(frame, called, kinds):
    """Compare with the kinds of the tables before, which `kinds` remembers by column."""
    for name in frame.columns:
        kind = _kind(frame[name])
        if kind is None:
            continue
        before, first = kinds.setdefault(name, (kind, called))
        if before != kind:
            raise ValueError(
                f"{called}: column {shown(name)} holds {kind} ({frame[name].dtype}; "
                f"{_example(frame[name])}), but {before} in {first}. Cast it to the same dtype in "
                "all tables."
            )


def _example(column):
    return f"{shown(column.drop_nulls()[:1].to_list()[0])}, for instance"


def _kind(column):
    """What the cells are, None if all are missing or anything goes with them."""
    dtype, native = column.dtype, column.to_native()
    if column.null_count() == len(column):
        return None
    if isinstance(native, pd.Series):
        if isinstance(native.dtype, pd.CategoricalDtype):
            native = pd.Series(native.cat.categories)
        if pd.api.types.is_object_dtype(native.dtype):
            return _OF_OBJECTS.get(pd.api.types.infer_dtype(native.dropna()))
    if dtype.is_numeric():
        return "numbers"
    if isinstance(dtype, nw.Boolean):
        return "truth values"
    if isinstance(dtype, nw.String | nw.Enum | nw.Categorical):
        return "text"
    if dtype.is_nested():
        return "lists"
    return "dates or times" if dtype.is_temporal() else None


# Names that `pandas.api.types.infer_dtype` gives.
_OF_OBJECTS = {
    "string": "text",
    "boolean": "truth values",
    "integer": "numbers",
    "floating": "numbers",
    "mixed-integer-float": "numbers",
    "decimal": "numbers",
}
