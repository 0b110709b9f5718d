"""Fixtures that more than one test file uses."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

# A test has no display; matplotlib reads this when it is imported.
os.environ.setdefault("MPLBACKEND", "Agg")
# The networks of the tests are too small for threads to pay, and threads that wait for each
# other on a busy machine take many times as long. Torch reads this when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


# Doctests are looked for in every file, and files of one name cannot be collected together.
collect_ignore_glob = ["*conftest.py"]


def pytest_collection_modifyitems(items):
    """Mark tests of the benchmarks, and examples that fit networks of the default size."""
    slow = {
        "classifier.EntityEmbeddingClassifier",
        "encoder.EntityEmbeddingEncoder",
        "folds.fit_transform",
        "leakage.check_leakage",
        "regressor.EntityEmbeddingRegressor",
    }
    for item in items:
        name = ".".join(item.name.split(".")[-2:])
        is_example = isinstance(item, pytest.DoctestItem) and name in slow
        if is_example or item.path.parent.name == "benchmarks":
            item.add_marker("slow")


@pytest.fixture
def small():
    """Settings with which an estimator learns a small table in well under a second."""
    return {
        "embedding_dim": 3,
        "hidden_layer_sizes": (16,),
        "batch_size": 64,
        "learning_rate_init": 0.02,
        "max_iter": 5,
        "device": "cpu",
        "random_state": 0,
    }


@pytest.fixture
def regressor(small):
    """An unfitted one with these settings."""
    from sk_entity import EntityEmbeddingRegressor

    return EntityEmbeddingRegressor(**small)


@pytest.fixture
def classifier(small):
    """An unfitted one with these settings."""
    from sk_entity import EntityEmbeddingClassifier

    return EntityEmbeddingClassifier(**small)


@pytest.fixture
def sales():
    """120 rows of strings, booleans, integers and floats, with and without missing cells."""
    rng = np.random.default_rng(0)
    n_samples = 120
    return pd.DataFrame(
        {
            "shop": rng.choice(["north", "south", "east", None], n_samples),
            "product": rng.choice([f"p{i}" for i in range(12)], n_samples),
            "promotion": rng.random(n_samples) < 0.3,
            "month": rng.integers(1, 13, n_samples),
            "price": np.where(rng.random(n_samples) < 0.1, np.nan, rng.gamma(2.0, 10.0, n_samples)),
        }
    )


@pytest.fixture
def revenue(sales):
    """A positive target for `sales` that depends on every column."""
    level = sales["product"].str[1:].astype(int).to_numpy() + 3.0 * sales["shop"].isna().to_numpy()
    price = sales["price"].fillna(0.0).to_numpy()
    return 5.0 + level + 0.1 * price + 0.5 * sales["month"].to_numpy() + 2.0 * sales["promotion"]


@pytest.fixture
def trips():
    """400 rows of two columns of the same towns, and lists of tags; what each has is known."""
    rng = np.random.default_rng(0)
    n_samples, towns = 400, np.array([f"t{k:02d}" for k in range(12)])
    place, weight = np.linspace(-1, 1, 12), dict(zip("abcdef", [2, 1, 0, 0, -1, -2], strict=True))
    origin, dest = rng.integers(0, 12, (2, n_samples))
    tags = [list(rng.choice(list(weight), rng.integers(0, 4))) for _ in range(n_samples)]
    X = pd.DataFrame({"origin": towns[origin], "tags": tags, "dest": towns[dest]})
    X["hour"] = rng.integers(0, 24, n_samples)
    of_tags = [np.mean([weight[t] for t in cell]) if cell else 0.5 for cell in tags]
    y = np.abs(place[origin] - place[dest]) + of_tags + 0.05 * rng.normal(size=n_samples)
    return X, y


@pytest.fixture
def size(revenue):
    """Three classes for `sales`, named."""
    return pd.cut(revenue, [-np.inf, 10, 15, np.inf], labels=["s", "m", "l"]).to_numpy(object)


@pytest.fixture
def slopes():
    """500 rows of a group and a number, and a noisy target: the slope differs by group."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"group": rng.choice(list("abcdefgh"), 500), "x": rng.normal(size=500)})
    y = X["group"].map(dict(zip("abcdefgh", rng.normal(size=8), strict=True))) * X["x"]
    return X, y.to_numpy() + 0.3 * rng.normal(size=500)


@pytest.fixture
def with_a_long_table(monkeypatch, slopes):
    """`slopes` with a column of 300 levels, whose table is updated row by row."""
    monkeypatch.setattr("sk_entity._network.embeddings.MOST_DENSE_ROWS", 100)
    X, y = slopes
    identifier = np.random.default_rng(0).integers(300, size=len(X)).astype(str)
    return X.assign(identifier=identifier)[["group", "identifier", "x"]], y


@pytest.fixture(scope="session")
def geometry():
    """Shops with a level and a slope in price, days that shift it; rows, target and the truth."""
    rng = np.random.default_rng(0)
    shop, day = rng.integers(0, 30, 1500), rng.integers(0, 7, 1500)
    price = rng.normal(size=1500)
    level, slope = rng.normal(size=30), rng.normal(size=30)
    y = level[shop] + slope[shop] * price + 0.3 * day + rng.normal(0, 0.3, 1500)
    X = pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "day": day.astype(str), "price": price})
    return SimpleNamespace(X=X, y=y, level=level, slope=slope, shop=shop)


@pytest.fixture(scope="session")
def learner():
    """Make a regressor that learns `geometry`."""
    from sk_entity import EntityEmbeddingRegressor

    def make(seed=0, **settings):
        settings = {"max_iter": 15, "device": "cpu", "hidden_layer_sizes": (64, 32)} | settings
        return EntityEmbeddingRegressor(random_state=seed, **settings)

    return make


@pytest.fixture
def flights():
    """Four rows with columns of strings, integers, floats and booleans; two cells are missing."""
    return pd.DataFrame(
        {
            "carrier": ["UA", "DL", None, "UA"],
            "hour": [5, 6, 7, 8],
            "delay": [1.0, np.nan, 2.0, 3.0],
            "late": [True, False, True, True],
        }
    )


class TrainingStartedError(Exception):
    """Raised in place of training."""


@pytest.fixture
def no_training(monkeypatch):
    """Raise an error wherever training would start; the value is its class."""

    def train(*args):
        raise TrainingStartedError

    monkeypatch.setattr("sk_entity._training.loop.train", train)
    return TrainingStartedError


@pytest.fixture
def one_thread():
    """Let torch compute on one thread, for results that agree to the last bit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def data_dir():
    """Folder of the real tables, `SK_ENTITY_DATA`; the test is skipped where it is absent."""
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("SK_ENTITY_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"real data not found: SK_ENTITY_DATA or {default}")
    return folder


@pytest.fixture
def doubles():
    """Draw tensors of double precision that need a gradient, to check gradients with."""
    import torch

    def draw(*shape):
        generator = torch.Generator().manual_seed(sum(shape))
        return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)

    return draw
