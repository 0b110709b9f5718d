"""Parquet files are found, checked by their footers, and read a few rows at a time."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._shown import shortened, shown
from .schemas import SharedSchema

if TYPE_CHECKING:
    import pyarrow as pa

_SUFFIXES = (".parquet", ".parq", ".pq")
# Of a column. Without this, all of it is read that is in a row group.
BYTES_AT_ONCE = 2**20


class ParquetFiles:
    """Files of one table, in their order.

    Parameters
    ----------
    paths : list of str
    name : str or None
        What errors call the rows; each file by its path if None.

    Raises
    ------
    ValueError
        If a file is no Parquet file, if files have different columns, or if there is no row.
    """

    def __init__(self, paths: list[str], name: str | None = None):
        self.paths, self._name = paths, name
        self._stamps = [_stamp(path) for path in paths]
        self._rows: list[int] = []
        schema: SharedSchema | None = None
        for path in paths:
            with _open(path) as file:
                found = file.schema_arrow
                if schema is None:
                    schema = SharedSchema(found, self._called(path))
                else:
                    schema.add(found, self._called(path), ValuesOf(file.metadata))
                self._rows.append(file.metadata.num_rows)
        assert schema is not None
        self.schema = schema
        self.names = schema.names
        self.n_rows: int | None = sum(self._rows)

    @property
    def identity(self) -> list[list[Any]]:
        """Absolute path, size in bytes and time of the last change in ns, of each file."""
        pairs = zip(self.paths, self._stamps, strict=True)
        return [[os.path.abspath(path), *stamp] for path, stamp in pairs]

    def files(self) -> list[str]:
        """Return the paths of the local files that are read."""
        return self.paths

    def pieces(self, columns: tuple[str, ...]) -> Iterator[tuple[str, Iterator[pa.Table]]]:
        """Give the name of each file, and its rows as tables of any size."""
        for path, stamp, n_rows in zip(self.paths, self._stamps, self._rows, strict=True):
            if not n_rows:
                continue
            if _stamp(path) != stamp:
                raise ValueError(has_changed(self._called(path)))
            yield self._called(path), self._tables(path, columns)

    def _tables(self, path, columns):
        import pyarrow as pa

        with _open(path) as file:
            batches = file.iter_batches(2**16, columns=list(columns), use_threads=False)
            for batch in batches:
                yield self.schema.conform(pa.Table.from_batches([batch]), columns)

    def _called(self, path):
        return self._name or path


def has_changed(path: str) -> str:
    """Say that a file is not what it was."""
    return (
        f"{path} has changed since the dataset was opened, and every pass must see the same rows. "
        "Start again once nobody writes to it."
    )


class ValuesOf:
    """Whether a column has any value, as far as the footer of a file says.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
    """

    def __init__(self, metadata: Any):
        self._metadata = metadata

    def __call__(self, name: str) -> bool:
        """Return False if all cells of the column are missing."""
        paths = [column.path for column in self._metadata.schema]
        if name not in paths:  # it is nested
            return True
        place = paths.index(name)
        groups = [self._metadata.row_group(i) for i in range(self._metadata.num_row_groups)]
        return not all(_is_empty(group.column(place), group.num_rows) for group in groups)


def _is_empty(column, n_rows):
    statistics = column.statistics
    return statistics is not None and statistics.null_count == n_rows


def _open(path):
    import pyarrow as pa
    from pyarrow import parquet

    size = os.path.getsize(path)
    if size == 0:
        raise ValueError(
            f"{path} has zero bytes, so it is no Parquet file: writing it may have been "
            "interrupted. Write it again, or delete it."
        )
    try:
        # A mapped file would count as memory, and buffers ahead of what is decoded would add up.
        return parquet.ParquetFile(
            path, memory_map=False, buffer_size=BYTES_AT_ONCE, pre_buffer=False
        )
    except pa.ArrowException as error:
        raise ValueError(
            f"{path} is no Parquet file, or a damaged one: {shortened(error)}"
        ) from None


def _stamp(path):
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def find_files(paths: Any) -> list[str]:
    """Find the Parquet files of a path, a glob, a folder, or a list of these.

    Those of a folder or a glob are sorted by name; those of a list keep its order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a file is given twice.
    """
    if isinstance(paths, str | os.PathLike):
        return _find(os.fspath(paths))
    found = [file for path in paths for file in _find(os.fspath(path))]
    if not found:
        raise ValueError("The list of paths is empty.")
    twice = _repeated(map(os.path.realpath, found))
    if twice:
        raise ValueError(f"The file {twice} is given twice, and its rows would count twice.")
    return found


def _find(path):
    if "://" in path:
        raise ValueError(
            f"{shown(path)} is not on this machine. Pass pyarrow.dataset.dataset({shown(path)}), "
            "or one with its filesystem."
        )
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        return _files_of_folder(path)
    if os.path.exists(path):
        return [path]
    if not glob.has_magic(path):
        folder = Path(path).parent
        missing = folder if not folder.is_dir() else path
        raise FileNotFoundError(
            f"There is no {shown(str(missing))}, seen from {shown(os.getcwd())}."
        )
    matches = sorted(glob.glob(path, recursive=True))
    found = [f for m in matches for f in (_files_of_folder(m) if os.path.isdir(m) else [m])]
    if not found:
        raise FileNotFoundError(f"No file matches {shown(path)}, seen from {shown(os.getcwd())}.")
    return list(dict.fromkeys(found))


def is_partitioned(folder: Any) -> bool:
    """Whether names of folders inside hold values of columns, as in ``flights/year=2013``."""
    if not isinstance(folder, str | os.PathLike) or not os.path.isdir(folder):
        return False
    parts = (Path(f).relative_to(folder).parent.parts for f in _files_of_folder(folder))
    return any("=" in part for of_file in parts for part in of_file)


def _files_of_folder(folder):
    inside = sorted(
        p for p in Path(folder).rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file()
    )
    visible = [p for p in inside if not _is_hidden(p.relative_to(folder))]
    if not visible:
        raise FileNotFoundError(f"The folder {shown(folder)} holds no file named *.parquet.")
    return [str(path) for path in visible]


def _is_hidden(path):
    """Whether it is what is being written, or what Spark and others write along."""
    return any(part.startswith((".", "_")) for part in path.parts)


def _repeated(paths: Iterable[str]) -> str | None:
    seen = set()
    for path in paths:
        if path in seen:
            return path
        seen.add(path)
    return None
