"""`python -m benchmarks.trials.groups` on made-up rows."""

import pytest

from benchmarks.trials import groups
from sk_entity import EntityEmbeddingRegressor


def rows_of(text):
    return [line.strip("| ").split(" | ") for line in text.strip().splitlines()]


def mean(cell):
    return float(cell.split()[0].replace(",", ""))


@pytest.fixture
def quick(small, monkeypatch):
    """Small networks, and few rows of noise."""

    def make(*given, **settings):
        return EntityEmbeddingRegressor(**small | settings)

    monkeypatch.setattr(groups, "EntityEmbeddingRegressor", make)
    monkeypatch.setattr(
        groups, "network", lambda *given: make(categorical_features=["city", "post"])
    )
    monkeypatch.setattr(groups, "N_ROWS", 400)
    monkeypatch.setattr(groups, "N_LEVELS", 100)


def test_groups_leak_without_cross_fitting_only(quick, output_of):
    text = output_of(groups.main, "--parts leakage --groups 4 8 --seeds 3")
    head, _, *rows = rows_of(text)
    assert head[2:] == [
        "ridge, cross-fitted",
        "forest, cross-fitted",
        "ridge, cv=None",
        "forest, cv=None",
    ]
    assert [row[0] for row in rows] == ["4", "8"]
    for row in rows:
        assert 1 <= mean(row[1]) <= int(row[0])
        ridge, forest, *leaking = map(mean, row[2:])
        assert max(ridge, forest) < 0.2
        assert min(leaking) > 0.3


def test_errors_of_models_behind_groups_stand_beside_others(
    quick, add_task, output_of, monkeypatch
):
    add_task("regression", missing_numbers=False)
    monkeypatch.setattr(groups, "TASK", "made-up")
    text = output_of(groups.main, "--parts benefit --merged 2 8 --seeds 2")
    head, _, *rows = rows_of(text)
    assert head == ["given", "ridge", "HistGradientBoosting"]
    found = {row[0]: row[1:] for row in rows}
    assert list(found) == [
        "one-hot", "categories", "TargetEncoder", "vectors", "2 groups", "8 groups"
    ]  # fmt: skip
    assert (found["one-hot"][1], found["categories"][0]) == ("–", "–")
    # The noise has a deviation of 1, and the target one of about 2.7.
    assert 0.9 < mean(found["one-hot"][0]) < 1.2
    assert mean(found["8 groups"][0]) < mean(found["2 groups"][0])
    assert all(0.9 < mean(cell) < 2.7 for cells in found.values() for cell in cells if cell != "–")


def test_no_row_of_a_seed_tests_or_stands_twice(add_task):
    task = add_task("regression")
    (X, y), (X_new, y_new) = groups.halves(task, 0)
    assert abs(len(y) - len(y_new)) <= 1
    used = set(X.index) | set(X_new.index)
    assert len(used) == len(y) + len(y_new) == (~task.table.test).sum()
    assert not task.table.test[list(used)].any()
