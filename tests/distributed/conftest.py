"""One Ray on this machine for all tests of a process."""

import warnings

import numpy as np
import pandas as pd
import pytest


def pytest_collection_modifyitems(items):
    """Ray takes seconds to start; and it warns of its own parameters."""
    for item in items:
        if item.path.parent.name == "distributed":
            item.add_marker("slow")
            item.add_marker(pytest.mark.xdist_group("ray"))
            item.add_marker(
                pytest.mark.filterwarnings(r"ignore:`use_\w+` is deprecated:DeprecationWarning")
            )


@pytest.fixture(scope="session")
def cluster():
    """Ray with four logical CPUs: two workers, one to read, one to spare."""
    pytest.importorskip("ray")
    from sk_entity.distributed import local_cluster

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`use_\\w+` is deprecated", DeprecationWarning)
        with local_cluster(num_workers=2) as ray:
            yield ray


@pytest.fixture(scope="session")
def trips_table():
    """3,000 rows of towns, days and numbers, and a target that depends on all of them."""
    rng = np.random.default_rng(0)
    n = 3000
    town, day, hour = rng.integers(0, 30, n), rng.integers(0, 7, n), rng.normal(size=n)
    level = rng.normal(size=30)
    X = pd.DataFrame(
        {
            "trip": np.arange(n),
            "town": [f"t{k:02d}" for k in town],
            "day": day.astype(str),
            "hour": np.where(rng.random(n) < 0.05, np.nan, hour),
        }
    )
    X["weight"] = rng.integers(0, 3, n).astype(float)
    X["minutes"] = level[town] + 0.3 * (day > 4) + 0.5 * hour + 0.3 * rng.normal(size=n)
    X["late"] = np.where(X["minutes"] > 0.5, "late", "on time")
    return X
