"""A bar shows how far a pass over rows is."""

from typing import Any

from .progress import kind_of_bar


def rows_bar(n_rows: int | None, what: str) -> Any:
    """Make a bar over rows.

    Parameters
    ----------
    n_rows : int or None
        In all, None if nobody knows.
    what : str
        Is done to them, shown in front.

    Returns
    -------
    tqdm.tqdm
        Count rows by ``update(n)``, and end by ``close()`` or in a ``with`` block.
    """
    return kind_of_bar()(total=n_rows, desc=what, unit="row", unit_scale=True)
