"""Tables for the benchmarks, from the folder that SK_ENTITY_DATA names."""

import os
from pathlib import Path

import pandas as pd

FOLDER = Path(
    os.environ.get("SK_ENTITY_DATA") or Path(__file__).parents[1] / ".." / "shared" / "data"
).resolve()


def read_table(name):
    """One Parquet file as a DataFrame."""
    path = FOLDER / f"{name}.parquet"
    if not path.exists():
        raise SystemExit(
            f"{path} is not there. Set SK_ENTITY_DATA to the folder that holds {path.name}."
        )
    return pd.read_parquet(path)
