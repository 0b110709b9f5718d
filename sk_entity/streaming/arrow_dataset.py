"""A dataset of pyarrow is read fragment by fragment, through whatever filesystem it has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .schemas import SharedSchema

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import dataset


class ArrowDataset:
    """The fragments of a pyarrow Dataset.

    Parameters
    ----------
    data : pyarrow.dataset.Dataset
    name : str
        What errors call rows that are in no file.

    Raises
    ------
    ValueError
        If the dataset has the schema of its first file, which others do not have.
    """

    def __init__(self, data: dataset.Dataset, name: str):
        self._name = name
        self._is_filtered, schemas = _schemas(data)
        self.schema = _shared_schema(data, schemas, name)
        self._data = data.replace_schema(_widened(data.schema, self.schema.types))
        self.names = self.schema.names
        self.n_rows: int | None = None
        if not self._is_filtered and _is_parquet(data):
            self.n_rows = data.count_rows()

    @property
    def identity(self) -> list[list[Any]] | None:
        """Path, size in bytes and time of the last change in ns of each file; None if filtered."""
        files = getattr(self._data, "files", None)
        if not files or self._is_filtered:
            return None
        found = self._data.filesystem.get_file_info(files)
        return [[info.path, info.size, info.mtime_ns] for info in found]

    def files(self) -> list[str]:
        """Return the paths of the local files that are read."""
        from pyarrow.fs import LocalFileSystem

        is_local = isinstance(getattr(self._data, "filesystem", None), LocalFileSystem)
        return list(self._data.files) if is_local else []

    def pieces(self, columns: tuple[str, ...]) -> Iterator[tuple[str, Iterator[pa.Table]]]:
        """Give the name of each fragment, and its rows as tables of any size."""
        import pyarrow as pa

        scanner = self._data.scanner(
            columns=list(columns), batch_size=2**16, batch_readahead=1, fragment_readahead=1
        )
        for called, batches in groupby(scanner.scan_batches(), lambda b: self._called(b.fragment)):
            tables = (pa.Table.from_batches([batch.record_batch]) for batch in batches)
            yield called, (self.schema.conform(table) for table in tables)

    def _called(self, fragment):
        return getattr(fragment, "path", None) or self._name


def _schemas(data):
    """Whether only some rows are read, and the schema of each file by its path."""
    try:
        fragments = list(data.get_fragments())
    except ValueError:  # pyarrow does not tell fragments of what is filtered
        files = getattr(data, "files", ())
        return True, {path: data.format.inspect(path, data.filesystem) for path in files}
    with_path = [f for f in fragments if getattr(f, "path", None)]
    return False, {f.path: f.physical_schema for f in with_path}


def _shared_schema(data, schemas, name):
    """The schema of all files, as pyarrow looks at the first and fills others with nulls."""
    shared = SharedSchema(data.schema, name)
    if not schemas:
        return shared
    (first, schema), *others = schemas.items()
    if not all(field in list(data.schema) for field in schema):
        return shared  # somebody chose a schema, to which pyarrow casts
    of_files = SharedSchema(schema, first)
    for path, schema in others:
        of_files.add(schema, path, lambda name: True)
    shared.types.update(of_files.types)
    return shared


def _widened(schema, types):
    """The schema that a file of a wider dtype is not cast from."""
    import pyarrow as pa

    plain = SharedSchema(schema, "").types
    return pa.schema(
        [
            pa.field(f.name, types[f.name]) if types.get(f.name) != plain.get(f.name) else f
            for f in schema
        ]
    )


def _is_parquet(data):
    from pyarrow.dataset import ParquetFileFormat

    return isinstance(getattr(data, "format", None), ParquetFileFormat)
