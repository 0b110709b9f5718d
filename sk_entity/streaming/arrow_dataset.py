"""A dataset of pyarrow is read fragment by fragment, through whatever filesystem it has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .._shown import shown
from .parquet_files import BYTES_AT_ONCE, ValuesOf, has_changed
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
        self._data = _widened(data, self.schema.types, self._is_filtered)
        self._stamps = _stamps(data)
        self.names = self.schema.names
        self.n_rows: int | None = None
        if not self._is_filtered and _is_parquet(data):
            self.n_rows = data.count_rows()

    @property
    def identity(self) -> list[list[Any]] | None:
        """Path, size in bytes and time of the last change in ns of each file; None if filtered."""
        return None if self._is_filtered or not self._stamps else self._stamps

    def files(self) -> list[str]:
        """Return the paths of the local files that are read."""
        from pyarrow.fs import LocalFileSystem

        is_local = isinstance(getattr(self._data, "filesystem", None), LocalFileSystem)
        return list(self._data.files) if is_local else []

    def pieces(self, columns: tuple[str, ...]) -> Iterator[tuple[str, Iterator[pa.Table]]]:
        """Give the name of each fragment, and its rows as tables of any size."""
        import pyarrow as pa

        for before, now in zip(self._stamps, _stamps(self._data), strict=True):
            if before != now:
                raise ValueError(has_changed(now[0]))
        # With little ahead of what is asked for, as a row group may be large.
        scanner = self._data.scanner(
            columns=list(columns),
            batch_size=2**16,
            batch_readahead=0,
            fragment_readahead=1,
            fragment_scan_options=_scan_options(self._data),
        )
        for called, batches in groupby(scanner.scan_batches(), lambda b: self._called(b.fragment)):
            tables = (pa.Table.from_batches([batch.record_batch]) for batch in batches)
            yield called, (self.schema.conform(table, columns) for table in tables)

    def _called(self, fragment):
        return getattr(fragment, "path", None) or self._name


def _stamps(data):
    """Path, size and time of each file, as far as the filesystem tells them."""
    files = getattr(data, "files", ())
    found = data.filesystem.get_file_info(files) if files else ()
    return [[info.path, info.size, info.mtime_ns] for info in found]


def _schemas(data):
    """Whether only some rows are read, and each file's path, schema and `has_values`."""
    try:
        fragments = list(data.get_fragments())
    except ValueError:  # pyarrow does not tell fragments of what is filtered
        files = getattr(data, "files", ())
        found = [(path, data.format.inspect(path, data.filesystem)) for path in files]
        return True, [(path, schema, _always) for path, schema in found]
    with_path = [f for f in fragments if getattr(f, "path", None)]
    return False, [(f.path, f.physical_schema, _has_values(f)) for f in with_path]


def _has_values(fragment):
    return ValuesOf(fragment.metadata) if hasattr(fragment, "metadata") else _always


def _always(name):
    return True


def _shared_schema(data, schemas, name):
    """The schema of all files, as pyarrow looks at the first and fills others with nulls."""
    shared = SharedSchema(data.schema, name)
    if not schemas:
        return shared
    (first, schema, _), *others = schemas
    if not all(field in list(data.schema) for field in schema):
        return shared  # somebody chose a schema, to which pyarrow casts
    of_files = SharedSchema(schema, first)
    for path, schema, has_values in others:
        of_files.add(schema, path, has_values)
    shared.types.update(of_files.types)
    return shared


def _widened(data, types, is_filtered):
    """The dataset with the dtypes that hold the values of all files."""
    import pyarrow as pa
    from pyarrow.dataset import FileSystemDataset

    plain = SharedSchema(data.schema, "").types
    wider = {name: dtype for name, dtype in types.items() if dtype != plain[name]}
    if not wider:
        return data
    if is_filtered or not isinstance(data, FileSystemDataset):
        name, dtype = next(iter(wider.items()))
        raise ValueError(
            f"Column {shown(name)} has dtype {plain[name]} in the schema of the dataset, and the "
            f"wider {dtype} in one of its files. Give a schema: pyarrow.dataset.dataset(…, "
            "schema=…)."
        )
    fields = [pa.field(f.name, wider[f.name]) if f.name in wider else f for f in data.schema]
    fragments = list(data.get_fragments())
    return FileSystemDataset(fragments, pa.schema(fields), data.format, data.filesystem)


def _scan_options(data):
    """Read a Parquet file a little at a time, unless its format says how it is read."""
    from pyarrow.dataset import ParquetFragmentScanOptions

    if not _is_parquet(data) or data.format.default_fragment_scan_options != (
        ParquetFragmentScanOptions()
    ):
        return None
    return ParquetFragmentScanOptions(
        use_buffered_stream=True, buffer_size=BYTES_AT_ONCE, pre_buffer=False
    )


def _is_parquet(data):
    from pyarrow.dataset import ParquetFileFormat

    return isinstance(getattr(data, "format", None), ParquetFileFormat)
