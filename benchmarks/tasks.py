"""This module lists the fifteen tasks of the accuracy and the encoder benchmark.

A task says how its table is made from the files, which columns are categorical, what
is predicted from them, and which errors are reported.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import splits
from .data import STORE_NUMBERS, read_flights, read_sales, read_table
from .splits import Table, at_random, newest

ROSSMANN = ("Store", "DayOfWeek", "Promo", "Year", "Month", "Day", "State")
HOLIDAYS = ("StateHoliday", "SchoolHoliday")
STORE_LEVELS = ("StoreType", "Assortment", "Promo2", "PromoInterval")
AIRCRAFT = ("carrier", "flight", "tailnum", "origin", "dest")
WHEN = ("month", "weekday", "departure", "arrival", "distance")
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
SERVICES = (
    "gender",
    "SeniorCitizen",
    "Partner",
    "Dependents",
    "PhoneService",
    "MultipleLines",
    "InternetService",
    "OnlineSecurity",
    "OnlineBackup",
    "DeviceProtection",
    "TechSupport",
    "StreamingTV",
    "StreamingMovies",
    "Contract",
    "PaperlessBilling",
    "PaymentMethod",
)
APPLICANT = (
    "checking_status",
    "credit_history",
    "purpose",
    "savings_status",
    "employment",
    "personal_status",
    "other_parties",
    "property_magnitude",
    "other_payment_plans",
    "housing",
    "job",
    "own_telephone",
    "foreign_worker",
)
WEBSITE = (
    "having_ip_address",
    "url_length",
    "shortining_service",
    "having_at_symbol",
    "double_slash_redirecting",
    "prefix_suffix",
    "having_sub_domain",
    "sslfinal_state",
    "domain_registeration_length",
    "favicon",
    "port",
    "https_token",
    "request_url",
    "url_of_anchor",
    "links_in_tags",
    "sfh",
    "submitting_to_email",
    "abnormal_url",
    "redirect",
    "on_mouseover",
    "rightclick",
    "popupwidnow",
    "iframe",
    "age_of_domain",
    "dnsrecord",
    "web_traffic",
    "page_rank",
    "google_index",
    "links_pointing_to_page",
    "statistical_report",
)
JOINED = ROSSMANN + HOLIDAYS + STORE_LEVELS
ODDS = ("1-AUC", "log-loss")


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
        """Read once."""
        return self.read()

    @property
    def has_full(self):
        """Whether more rows can be learned from than the small size has."""
        return (~self.table.test).sum() * splits.LEARN_SHARE > splits.SMALL

    def split(self, size, seed, inner=False):
        """Rows to learn from and rows that test, or with `inner` rows to choose settings by."""
        draw = splits.inner if inner else splits.outer
        return draw(self.table, size, seed, self.cap, self.test_cap)


def _rossmann(columns):
    def read():
        sales = read_sales()
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


def _target(file, column, positive=None):
    """A table whose columns are used as they are; of two classes one is positive."""

    def read():
        X = read_table(file)
        y = X.pop(column)
        y = y.to_numpy(float) if positive is None else (y == positive).to_numpy(int)
        return Table(X, y, at_random(len(X)))

    return read


def _flights(target):
    """What is known before departure; of each month, the last days test.

    Whole days, as flights of a day share its weather; days of every month, as
    one year teaches nothing about a month that is left out. The days 21 to 25
    validate.
    """

    def read():
        flights = read_flights()
        days = pd.to_datetime(flights[["year", "month", "day"]])
        X = flights.assign(
            weekday=days.dt.day_of_week,
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
    Task("lectures", "regression", _target("inst_eval", "y"), ("s", "d", "dept"), ("RMSE",)),
    Task("phishing", "binary", _target("phishing_websites", "result", -1), WEBSITE, ODDS),
    Task("churn", "binary", _target("telco_churn", "Churn", "Yes"), SERVICES, ODDS),
    Task(
        "california",
        "regression",
        _target("california_housing", "median_house_value"),
        ("ocean_proximity",),
        ("RMSE",),
    ),
    Task("credit", "binary", _target("german_credit", "class", "bad"), APPLICANT, ODDS),
    Task("abalone", "regression", _target("abalone", "Rings"), ("Gender",), ("RMSE",)),
)
TASKS = {task.name: task for task in ALL}
