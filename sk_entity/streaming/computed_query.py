"""The rows of a query are written to disk once, so that every pass sees the same."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._shown import shortened
from .parquet_files import ParquetFiles

if TYPE_CHECKING:
    import polars as pl

ROWS_PER_GROUP = 2**17
FULL_DISK = os.strerror(errno.ENOSPC)


class ComputedQuery(ParquetFiles):
    """The result of a query, in a temporary file that is deleted along with this object.

    A query may give its rows in another order each time, and would be computed anew in
    each pass.

    Parameters
    ----------
    write : callable
        Writes the result to the path of a Parquet file.
    name : str
        What errors call the rows.
    """

    identity = None  # type: ignore[assignment]

    def __init__(self, write: Callable[[str], None], name: str):
        folder = tempfile.mkdtemp(prefix="sk_entity-")
        # At the latest when Python ends, and if what follows fails.
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = os.path.join(folder, "rows.parquet")
        with _told_apart(path):
            write(path)
        super().__init__([path], name)

    def files(self) -> list[str]:
        """Return the paths of the local files that are read, as far as is known."""
        return []


@contextmanager
def _told_apart(path):
    """Tell a full disk from what may be wrong with a query, in the words of whichever library."""
    try:
        yield
    except Exception as error:
        if FULL_DISK not in str(error):
            raise
        raise OSError(
            errno.ENOSPC,
            f"{FULL_DISK}. The result of a query is kept in a file while it is read: set TMPDIR "
            "to a folder with more room",
            path,
        ) from error


def compute_lazy_frame(query: pl.LazyFrame, name: str) -> ComputedQuery:
    """Write the rows of a lazy frame of polars, by its streaming engine."""

    def write(path):
        import polars as pl

        try:
            query.sink_parquet(path, row_group_size=ROWS_PER_GROUP)
        except pl.exceptions.InvalidOperationError as error:
            if "not yet supported" not in str(error):
                raise
            # The engine of older versions leaves out some queries, which are computed in memory.
            query.collect().write_parquet(path, row_group_size=ROWS_PER_GROUP)

    return ComputedQuery(write, name)


def compute_stream(data: Any, name: str) -> ComputedQuery:
    """Write the rows of a DuckDB relation, or of another object with ``__arrow_c_stream__``.

    Raises
    ------
    TypeError
        If it gives arrays instead of tables.
    """
    import pyarrow as pa
    from pyarrow import parquet

    def write(path):
        try:
            reader = _reader(data)
        except pa.ArrowInvalid as error:
            raise TypeError(f"{type(data).__name__} is no table: {shortened(error)}") from None
        with reader, parquet.ParquetWriter(path, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)

    return ComputedQuery(write, name)


def _reader(data):
    import pyarrow as pa

    # What older versions of DuckDB give as a stream, they hold in memory; each has other names.
    for method in "to_arrow_reader", "fetch_record_batch", "fetch_arrow_reader":
        if hasattr(data, method):
            return getattr(data, method)(ROWS_PER_GROUP)
    return pa.RecordBatchReader.from_stream(data)
