"""`python -m benchmarks.rossmann` on a few made-up drug stores."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from benchmarks import data, versions
from benchmarks.rossmann.__main__ import main, parse
from benchmarks.store import OUTPUT, STORED, Store

pytest.importorskip("lightgbm")
pytest.importorskip("pyarrow")

pytestmark = [
    pytest.mark.slow,
    # LightGBM says so of the arrays that an encoder in front of it returns.
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
]


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


@pytest.fixture
def run(drug_stores, output_of, tmp_path):
    """The table with these options; what is stored is in a folder of the test."""
    files = f"--results {tmp_path / 'rossmann.jsonl'} --predictions {tmp_path / 'predictions'}"
    return lambda options: output_of(main, f"--rows 200 {options} {files}")


@pytest.fixture
def lines(tmp_path):
    """What is stored."""
    return lambda: Store(tmp_path / "rossmann.jsonl").lines


def test_models_are_compared_without_and_with_vectors(run):
    text = run("--seeds 2 --plain-seeds 2 --trees 2 --epochs 2")
    assert text.startswith("| model | paper, without | paper, with | ours, without | ours, with |")
    assert "| random forest | 0.158 | 0.108 | " in text
    assert "| paper's recipe, mean of 2 | – | 0.093 | – | " in text
    errors = errors_of(text)
    assert list(errors) == [
        "k-nearest neighbours",
        "random forest",
        "gradient boosted trees",
        "network, one",
        "paper's recipe, one",
        "network, mean of 2",
        "paper's recipe, mean of 2",
    ]
    # Two networks have a spread; the vectors are of one, and means are of predictions.
    assert all("±" in error for error in errors["network, one"])
    assert "±" in errors["paper's recipe, one"][1]
    assert "±" not in "".join(errors["random forest"] + errors["network, mean of 2"])
    assert 0 < float(errors["random forest"][0]) < 1


def test_means_of_unequal_numbers_of_networks_are_not_compared(run):
    text = run("--seeds 2 --plain-seeds 1 --trees 1 --epochs 1")
    assert errors_of(text)["network, mean of 2"][0] == "–"


def test_what_is_stored_is_not_measured_again(run, lines, tmp_path, monkeypatch):
    once = "--seeds 2 --trees 1 --epochs 1"
    text = run(once)
    # Three models twice, a network on one-hot columns, two networks of two seeds, and their means.
    assert len(lines()) == 6 + 1 + 4 + 2
    assert run(once) == text
    assert len(lines()) == 13
    # More seeds and another loss are measured, and nothing else.
    run("--seeds 3 --trees 1 --epochs 1")
    assert [line["seed"] for line in lines()[13:]] == [2, 2, [0, 1, 2], [0, 1, 2]]
    run(f"{once} --loss absolute_error")
    assert {line["settings"]["loss"] for line in lines()[17:]} == {"absolute_error"}
    n_stored = len(lines())
    run(f"{once} --rerun")
    assert len(lines()) == n_stored + 13


def test_the_loss_reaches_the_network(run):
    once = "--seeds 1 --trees 1 --epochs 2"
    squared, absolute = (errors_of(run(f"{once} {loss}")) for loss in ("", "--loss absolute_error"))
    assert absolute["network, one"][1] != squared["network, one"][1]
    assert absolute["paper's recipe, one"] == squared["paper's recipe, one"]


def test_a_mean_is_made_again_where_the_predictions_are_gone(run, lines, tmp_path):
    once = "--seeds 2 --trees 1 --epochs 1"
    text = run(once)
    kept = lines()
    shutil.rmtree(tmp_path / "predictions")
    assert run(once) == text  # the means are stored, too
    (tmp_path / "rossmann.jsonl").write_text(
        "".join(f"{json.dumps(line)}\n" for line in kept if not isinstance(line["seed"], list))
    )
    assert run(once) == text
    assert len(lines()) == len(kept)


def test_results_of_other_code_are_not_taken_for_those_of_this_code(run, lines, monkeypatch):
    once = "--seeds 1 --trees 1 --epochs 1"
    run(once)
    monkeypatch.setattr(versions, "library_checksum", lambda: "another")
    n_stored = len(lines())
    run(once)
    again = [(line["model"], line["seed"]) for line in lines()[n_stored:]]
    ours = "network with embeddings"
    others = ("k-nearest neighbours", "random forest", "gradient boosted trees")
    assert again == [*((f"{name}, vectors", 0) for name in others), (ours, 0), (ours, [0])]


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [("", STORED), ("--seeds 1", STORED), ("--rows 9", OUTPUT), ("--epochs 9", OUTPUT)],
)
def test_only_what_the_docs_may_show_goes_to_the_file_of_the_project(arguments, folder):
    assert parse(arguments.split()).results == folder / "rossmann.jsonl"
