"""What the accuracy benchmark says of its results."""

import pytest

from benchmarks.accuracy.tables import AccuracyTables
from benchmarks.store import to_frame

OURS, TREE, LINEAR = "ours", "lightgbm", "linear"


@pytest.fixture
def tables(add_task):
    """Tables of errors of ours, a tree and a linear model, with two seeds each."""

    def of(errors, metric="RMSE", kind="regression", size="full"):
        lines = [
            {
                "task": "made-up",
                "size": size,
                "seed": seed,
                "model": model,
                "errors": {metric: error},
                "fit_seconds": 1.0,
                "cpu_seconds": 2.0,
            }
            for model, of_seeds in errors.items()
            for seed, error in enumerate(of_seeds)
        ]
        labels = {name: name for name in errors}
        return AccuracyTables(to_frame(lines), [add_task(kind)], labels, OURS, [TREE], LINEAR)

    return of


def text_of(tables):
    return "\n".join(tables.render())


def test_what_is_behind_the_trees_is_listed(tables):
    made = tables({OURS: (1.04, 1.06), TREE: (1.00, 1.02), LINEAR: (0.9, 1.2)})
    text = text_of(made)
    assert "- made-up, full, RMSE: 4.0% behind lightgbm" in text
    assert "behind linear" not in text  # worse by one seed only
    assert made.ranks("full").iloc[0].to_dict() == {OURS: 2.5, TREE: 1.0, LINEAR: 2.5}


def test_what_is_behind_the_linear_model_beyond_the_spread_is_listed(tables):
    text = text_of(tables({OURS: (1.04, 1.06), TREE: (1.10, 1.12), LINEAR: (1.00, 1.02)}))
    assert "- made-up, full, RMSE: 4.0% behind linear (spread 0.0%)" in text
    assert "behind lightgbm" not in text


def test_worse_calibration_than_of_lightgbm_is_listed(tables):
    errors = {OURS: (0.03, 0.05), TREE: (0.01, 0.01)}
    text = text_of(tables(errors, "calibration", "binary"))
    assert "- made-up, full, calibration: 0.0400 against LightGBM's 0.0100" in text


def test_where_nothing_is_lost_it_says_so(tables):
    text = text_of(tables({OURS: (1.0, 1.0), TREE: (1.1, 1.1), LINEAR: (1.2, 1.2)}))
    assert "Nowhere, among these results." in text
    assert "| made-up | RMSE | **1 ± 0** | 1.1 ± 0 | 1.2 ± 0 |" in text
    assert "| made-up | 1.0 (2.0) | 1.0 (2.0) | 1.0 (2.0) |" in text
    assert "| ours | 1.00 | 2.0 (4.0) | 2 |" in text


def test_all_rows_stand_beside_the_suite(tables):
    text = text_of(tables({OURS: (1.0,), TREE: (1.1,)}, size="all"))
    assert "### Errors, all" in text
    assert "### Mean rank" not in text
