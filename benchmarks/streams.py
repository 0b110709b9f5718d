"""This module makes tables whose rows arrive in periods: what the benchmark of updating reads.

A stream is learned from its first periods, then it is updated period by period. The
periods before the reported ones serve to choose settings by.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .data import read_flights, read_table
from .tasks import AIRCRAFT, POST

# Half of the rows are learned first; so many periods follow.
N_PERIODS = 6


@dataclass(frozen=True)
class Stream:
    """A table in the order of its time.

    Attributes
    ----------
    kind : str
        "regression" (RMSE) or "binary" (log-loss).
    read : callable
        Returns table, target, and period of each row: 0 is learned first.
    read_earlier : callable
        The same for the rows of period 0, to choose settings by.
    """

    name: str
    kind: str
    read: Callable
    read_earlier: Callable
    categorical: tuple


def _flights(target, of_part):
    flights = _sampled_flights()
    days = pd.to_datetime(flights[["year", "month", "day"]])
    X = flights.assign(
        weekday=days.dt.day_of_week,
        departure=60 * (flights["sched_dep_time"] // 100) + flights["sched_dep_time"] % 100,
    )[[*AIRCRAFT, "weekday", "departure", "distance"]]
    first, last = of_part
    inside = (flights["month"] <= last).to_numpy()
    period = (flights["month"].to_numpy() - first).clip(min=0)
    return X[inside].reset_index(drop=True), target(flights).to_numpy()[inside], period[inside]


@functools.cache
def _sampled_flights():
    """A twentieth of the flights that arrived, in the order of their days."""
    flights = read_flights()
    kept = np.random.default_rng(0).random(len(flights)) < 0.05
    return flights[kept].sort_values(["month", "day"], kind="stable").reset_index(drop=True)


def _salaries(first, last):
    """Employees in the order of their hiring; parts are of all rows."""
    X = read_table("employee_salaries")
    hired = pd.to_datetime(X.pop("date_first_hired"))
    X = X.iloc[np.argsort(hired.to_numpy(), kind="stable")].reset_index(drop=True)
    y = X.pop("current_annual_salary").to_numpy(float)
    n_first, n = int(first * len(X)), int(last * len(X))
    further = np.arange(n) - n_first
    period = np.where(further < 0, 0, 1 + further * N_PERIODS // (n - n_first))
    return X[:n], y[:n], period


def _of_flights(name, kind, target):
    return Stream(
        name,
        kind,
        functools.partial(_flights, target, (6, 12)),
        functools.partial(_flights, target, (3, 6)),
        AIRCRAFT,
    )


STREAMS = {
    stream.name: stream
    for stream in (
        _of_flights("air-time", "regression", lambda f: f["air_time"]),
        _of_flights("delay", "binary", lambda f: (f["arr_delay"] > 15) * 1),
        Stream(
            "salaries",
            "regression",
            functools.partial(_salaries, 0.5, 1.0),
            functools.partial(_salaries, 0.25, 0.5),
            POST,
        ),
    )
}
