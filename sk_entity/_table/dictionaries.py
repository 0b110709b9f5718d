"""Arrow's dictionaries: columns of positions in a list of values, one list per chunk."""

import narwhals as nw
import pandas as pd


def decoded(column: nw.Series) -> nw.Series:
    """Return a column of values in the place of one of dictionaries; any other as it is.

    The values of a dictionary may repeat and be null, and each chunk may have others, which few
    of Arrow's functions allow for.

    Parameters
    ----------
    column : narwhals.Series

    Returns
    -------
    narwhals.Series
    """
    native = column.to_native()
    dtype = getattr(native, "type", None)  # of a ChunkedArray
    if isinstance(native, pd.Series) and isinstance(native.dtype, pd.ArrowDtype):
        dtype = native.dtype.pyarrow_dtype
    if dtype is None or not str(dtype).startswith("dictionary<"):
        return column
    import pyarrow as pa

    chunks = native.array.__arrow_array__() if isinstance(native, pd.Series) else native
    plain = dtype.value_type
    if "string" in str(plain):
        plain = pa.large_string()  # decoded they may take more than 2 GiB, and few know views
    elif "binary" in str(plain):
        plain = pa.binary()
    cells = [chunk.dictionary.cast(plain).take(chunk.indices) for chunk in chunks.chunks]
    return nw.from_native(pa.chunked_array(cells, type=plain), series_only=True)
