"""`python -m benchmarks.rossmann` on a few made-up drug stores."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import data
from benchmarks.rossmann.__main__ import main

pytest.importorskip("lightgbm")
pytest.importorskip("pyarrow")

pytestmark = pytest.mark.slow


@pytest.fixture
def drug_stores(tmp_path, monkeypatch):
    """12 stores on 60 days, closed on one of seven."""
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    data.read_sales.cache_clear()
    rng = np.random.default_rng(0)
    stores, days = np.arange(1, 13), pd.date_range("2014-12-01", periods=60)
    sales = pd.DataFrame({"Store": stores}).merge(pd.DataFrame({"Date": days}), how="cross")
    sales["DayOfWeek"] = sales["Date"].dt.day_of_week + 1
    sales["Promo"] = rng.integers(2, size=len(sales))
    level = 100.0 * sales["Store"] + 50 * sales["Promo"] + rng.integers(50, size=len(sales))
    sales["Sales"] = level.where(sales["DayOfWeek"] < 7, 0).astype(int)
    sales.to_parquet(tmp_path / "rossmann_train.parquet")
    states = pd.DataFrame({"Store": stores, "State": rng.choice(["BE", "HE", "NW"], len(stores))})
    states.to_parquet(tmp_path / "rossmann_store_states.parquet")
    table = pd.DataFrame({"Store": stores}).assign(**dict.fromkeys(data.STORE_NUMBERS, 1))
    table.to_parquet(tmp_path / "rossmann_store.parquet")
    yield
    data.read_sales.cache_clear()


def errors_of(text):
    """The columns of ours, without and with vectors, by model."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines()[2:]]
    return {name: (without, with_vectors) for name, _, _, without, with_vectors in cells}


# LightGBM says so of the arrays that an encoder in front of it returns.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_models_are_compared_without_and_with_vectors(drug_stores, output_of):
    text = output_of(main, "--rows 200 --seeds 2 --plain-seeds 2 --trees 2 --epochs 2")
    assert text.startswith("| model | paper, without | paper, with | ours, without | ours, with |")
    assert "| random forest | 0.158 | 0.108 | " in text
    errors = errors_of(text)
    assert list(errors) == [
        "k-nearest neighbours",
        "random forest",
        "gradient boosted trees",
        "network, one",
        "network, mean of 2",
    ]
    # Two networks have a spread; the vectors are of one, and means are of predictions.
    assert all("±" in error for error in errors["network, one"])
    assert "±" not in "".join(errors["random forest"] + errors["network, mean of 2"])
    assert 0 < float(errors["random forest"][0]) < 1


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_means_of_unequal_numbers_of_networks_are_not_compared(drug_stores, output_of):
    text = output_of(main, "--rows 200 --seeds 2 --plain-seeds 1 --trees 1 --epochs 1")
    assert errors_of(text)["network, mean of 2"][0] == "–"
