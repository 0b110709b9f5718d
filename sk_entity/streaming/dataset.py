"""A dataset gives its rows in batches, the same in every pass, however many they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import narwhals as nw

from .._estimators.inside import did_you_mean
from .._shown import listed, shortened, shown
from .tables import CalledTables, Table, as_table, refuse_used_up

# Of a batch, at most.
ROWS_PER_BATCH = 2**16


class Batch(NamedTuple):
    """Some rows of a dataset, and where they are from.

    Attributes
    ----------
    frame : narwhals.DataFrame
    where : str
        For errors, such as "flights/part-3.parquet, rows 65,536 to 131,071"; the rows of a
        file or table are counted from 0.
    """

    frame: nw.DataFrame
    where: str


class Dataset:
    """Rows that are read batch by batch; `open_dataset` makes one.

    Parameters
    ----------
    source : ParquetFiles, ArrowDataset, ComputedQuery, Table or CalledTables
    name : str
        What errors call it.

    Attributes
    ----------
    names : tuple of str
        The columns, in order.
    n_rows : int or None
        None if only a full pass will tell.
    """

    def __init__(self, source: Any, name: str):
        self._source, self.name = source, name
        self.names: tuple[str, ...] = source.names
        self.n_rows: int | None = source.n_rows
        if not self.names:
            raise ValueError(f"{name} has no column.")
        if self.n_rows == 0:
            raise ValueError(_no_row(name))

    @property
    def identity(self) -> Any:
        """What is the same as long as the rows are, to be kept as JSON; None if nobody knows.

        Of files, path, size in bytes and time of the last change in ns of each.
        """
        return self._source.identity

    @property
    def files(self) -> list[str]:
        """Paths of the local files that are read, as far as is known."""
        return self._source.files()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """Pass over all rows.

        Parameters
        ----------
        columns : sequence of str, default=None
            Read these only, in this order; None for all.

        Returns
        -------
        iterator of Batch
            Of 1 to `ROWS_PER_BATCH` rows; the same ones in the same order in each pass.

        Raises
        ------
        ValueError
            If there is no such column, and in the pass where a file has changed or is
            damaged, where a table of a function has other columns or kinds than those before,
            or if there are more or fewer rows than in the pass before.
        """
        names = self.names if columns is None else tuple(columns)
        absent = [name for name in names if name not in self.names]
        if absent:
            hint = did_you_mean(absent[0], self.names)
            raise ValueError(
                f"{self.name} has no column {shown(absent[0])}. "
                f"{hint or f'It has {listed(self.names)}.'}"
            )
        return self._batches(names)

    def _batches(self, names):
        n_rows = 0
        for called, tables in self._source.pieces(names):
            start = 0
            for frame in _regrouped(_readable(tables, called)):
                stop = start + len(frame)
                yield Batch(frame, f"{called}, rows {start:,} to {stop - 1:,}")
                start = stop
            n_rows += start
        if not n_rows:
            raise ValueError(_no_row(self.name))
        if self.n_rows is not None and n_rows != self.n_rows:
            raise ValueError(
                f"{self.name} gave {self.n_rows:,} rows at first and {n_rows:,} in a later pass, "
                "and every pass must see the same rows in the same order. If it is a function, "
                "let it begin anew at each call, and seed what it draws."
            )
        self.n_rows = n_rows


def open_dataset(data: Any, name: str = "dataset") -> Dataset:
    """Open what holds rows, and check as much of it as is known before a pass.

    ===================================  ====================================================
    data                                 what is read
    ===================================  ====================================================
    path, glob, folder, or list of them  Parquet files, sorted by name within a glob or folder
    pyarrow.dataset.Dataset              its fragments, from whatever filesystem
    polars.LazyFrame, DuckDB relation,   the result, computed once into a temporary file (in
    other with ``__arrow_c_stream__``    the folder of the variable TMPDIR)
    pandas, polars or pyarrow table      its rows
    function without arguments           the tables it gives, called again for each pass (and
                                         once to see the first table)
    ===================================  ====================================================

    Parameters
    ----------
    data : object
    name : str, default="dataset"
        What errors call it where no file has a name.

    Returns
    -------
    Dataset

    Raises
    ------
    FileNotFoundError
        If no file is there, or none matches.
    ImportError
        If pyarrow is needed and not installed.
    TypeError
        For what is used up after one pass, such as a generator, and for anything else.
    ValueError
        If a file is no Parquet file, if files have different columns, or if there is no row.
    """
    if isinstance(data, Dataset):
        return data
    return Dataset(_source(data, name), name)


def _source(data, name):
    if isinstance(data, str | os.PathLike) or _is_list_of_paths(data):
        return _of_paths(data, name)
    if isinstance(data, nw.LazyFrame):
        data = data.to_native()
    refuse_used_up(data)
    library = type(data).__module__.partition(".")[0]
    if library == "polars" and hasattr(data, "sink_parquet"):
        require("pyarrow")
        from .computed_query import compute_lazy_frame

        return compute_lazy_frame(data, name)
    if library == "pyarrow" and hasattr(data, "get_fragments"):
        from .arrow_dataset import ArrowDataset

        return ArrowDataset(data, name)
    frame = as_table(data)
    if frame is not None:
        return Table(frame, name)
    if hasattr(data, "__arrow_c_stream__"):
        require("pyarrow")
        from .computed_query import compute_stream

        return compute_stream(data, name)
    if callable(data):
        return CalledTables(data, name)
    raise TypeError(
        f"{type(data).__name__} is no dataset. Give a path, glob or folder of Parquet files, a "
        "list of paths, a pyarrow dataset, a polars LazyFrame, a table, or a function without "
        "arguments that gives tables each time it is called."
    )


def _is_list_of_paths(data):
    return isinstance(data, list | tuple) and all(isinstance(p, str | os.PathLike) for p in data)


def _of_paths(data, name):
    require("pyarrow")
    from .parquet_files import ParquetFiles, find_files, is_partitioned

    if is_partitioned(data):
        from pyarrow import dataset

        from .arrow_dataset import ArrowDataset

        folder = os.fspath(data)
        parts = dataset.dataset(
            find_files(data), format="parquet", partitioning="hive", partition_base_dir=folder
        )
        return ArrowDataset(parts, name)
    return ParquetFiles(find_files(data))


def require(library: str) -> None:
    """Raise ImportError if a library of the extra is not installed."""
    if find_spec(library) is None:
        raise ImportError(
            f"Streams need {library}, which is not installed. Install it by: "
            'pip install "sk-entity[stream]"'
        )


def _readable(tables, called):
    """The tables, with the name of the file where one cannot be read."""
    while True:
        try:
            table = next(tables, None)
        except OSError as error:  # which pyarrow raises for pages that are damaged, too
            raise OSError(f"{called} cannot be read: {shortened(error)}") from error
        except ValueError as error:
            raise ValueError(f"{called}: {shortened(error)}") from error
        if table is None:
            return
        yield nw.from_native(table, eager_only=True, pass_through=False)


def _regrouped(frames):
    """The same rows, in frames of `ROWS_PER_BATCH` each but for the last."""
    kept: list[nw.DataFrame] = []
    n_kept = 0
    for frame in frames:
        start = 0
        while n_kept + len(frame) - start >= ROWS_PER_BATCH:
            stop = start + ROWS_PER_BATCH - n_kept
            yield _joined([*kept, frame[start:stop]])
            kept, n_kept, start = [], 0, stop
        if start < len(frame):
            kept.append(frame[start:])
            n_kept += len(frame) - start
    if kept:
        yield _joined(kept)


def _joined(frames):
    return frames[0] if len(frames) == 1 else nw.concat(frames)


def _no_row(name):
    return f"{name} has no row."


_ROWS = re.compile(r"(.*), rows ([\d,]+) to [\d,]+$")


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put the place of a batch in front of errors that are raised inside of the block.

    Parameters
    ----------
    where : str
        Of the batch.

    Raises
    ------
    ValueError, TypeError
        Of the type that was raised.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        text = f"{where}: {shortened(error)}{_count_rows_from(where, str(error))}"
        raise _of_same_type(error, text).with_traceback(error.__traceback__) from None


def _count_rows_from(where, text):
    """Say what row 0 of an error is, where it is not the first of the file."""
    place = _ROWS.match(where)
    if place is None or place[2] == "0" or not re.search(r"\brows? \d", text):
        return ""
    return f" (Here rows count within the batch: row 0 is row {place[2]} of {place[1]}.)"


def _of_same_type(error, text):
    try:
        return type(error)(text)
    except TypeError:  # its constructor takes more than a text
        return ValueError(text) if isinstance(error, ValueError) else TypeError(text)
