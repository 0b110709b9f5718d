"""Tables in the container that `set_output` asks for."""

from typing import Any

import pandas as pd

from .sklearn_compat import output_container


def in_container(estimator: Any, name: str, frame: pd.DataFrame) -> Any:
    """Return a pandas table as it is, or as the polars one that `set_output` asks for.

    Parameters
    ----------
    estimator : estimator
    name : str
        Of the column that the table is of, for messages.
    frame : pandas.DataFrame
    """
    if output_container(estimator) != "polars":
        return frame
    import polars as pl

    # By way of lists, as polars reads other columns of pandas with the help of pyarrow only.
    cells = {c: frame[c].astype(object).where(frame[c].notna(), None).tolist() for c in frame}
    numbers = {c: frame[c].to_numpy() for c in frame if frame[c].dtype.kind == "f"}
    try:
        return pl.DataFrame(cells | numbers)
    except TypeError:
        raise ValueError(
            f"Column {name!r} has categories of several types, which no column of polars holds. "
            "Use set_output(transform='pandas')."
        ) from None
