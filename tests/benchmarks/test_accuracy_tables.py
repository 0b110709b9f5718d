"""What the accuracy benchmark says of its results."""

import pytest

from benchmarks.accuracy.models import MODELS
from benchmarks.accuracy.results import Results, Roles
from benchmarks.accuracy.tables import tables
from benchmarks.report import MOST_COLUMNS
from benchmarks.store import to_frame

OURS, TREE, LINEAR, SLOW, BEFORE = "ours", "lightgbm", "tuned", "slow", "ours before"
ROLES = Roles(OURS, trees=(TREE, "absent"), linear=LINEAR, apart=(SLOW,))


@pytest.fixture
def text_of(add_task):
    """The tables of errors by model, each with one for each seed."""

    def of(errors, metric="RMSE", kind="regression", sizes=("full",), roles=ROLES):
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
            for size in sizes
            for model, of_seeds in errors.items()
            for seed, error in enumerate(of_seeds)
        ]
        labels = {name: name for name in errors}
        results = Results(to_frame(lines), [add_task(kind)], labels)
        return "\n".join(tables(results, roles))

    return of


def test_what_is_behind_the_trees_is_listed(text_of):
    text = text_of({OURS: (1.02, 1.04), TREE: (1.00, 1.00), LINEAR: (0.9, 1.2)})
    assert "- made-up, full, RMSE: 3.0% behind lightgbm" in text
    assert "behind tuned" not in text  # worse by one seed only


def test_a_little_behind_the_trees_is_not_listed(text_of):
    assert "behind lightgbm" not in text_of({OURS: (1.01, 1.02), TREE: (1.00, 1.00)})


def test_what_is_behind_the_linear_model_beyond_the_spread_is_listed(text_of):
    text = text_of({OURS: (1.04, 1.06), TREE: (1.10, 1.12), LINEAR: (1.00, 1.02)})
    assert "- made-up, full, RMSE: 4.0% behind tuned (spread 0.0%)" in text
    assert "behind lightgbm" not in text


def test_worse_calibration_than_of_lightgbm_is_listed(text_of):
    text = text_of({OURS: (0.03, 0.05), TREE: (0.01, 0.01)}, "calibration", "binary")
    assert "- made-up, full, calibration: 0.0400 against LightGBM's 0.0100" in text


def test_where_nothing_is_lost_it_says_so(text_of):
    text = text_of({OURS: (1.0, 1.0), TREE: (1.1, 1.1), LINEAR: (1.2, 1.2)})
    assert "Nowhere, among these results." in text
    assert "| made-up, RMSE | **1 ± 0** | 1.1 ± 0 | 1.2 ± 0 |" in text
    assert "| made-up | 1.0 (2.0) | 1.0 (2.0) | 1.0 (2.0) |" in text


def test_models_are_summed_up_the_best_first(text_of):
    text = text_of({OURS: (1.0, 1.2), TREE: (1.1,), LINEAR: (0.5, 0.6)})
    assert (
        "| model | full |\n|---|---|\n| tuned | 1.00 |\n| ours | 2.50 |\n| lightgbm | 2.50 |\n"
    ) in text
    # The first seed alone is compared, for the second of the trees is missing; but the rank is
    # by the means, and so is shared.
    assert "| tuned | 0.500 |\n| ours | 1.000 |\n| lightgbm | 1.100 |\n" in text
    assert (
        "| tuned | 2.0 (4.0) | 2 |\n| ours | 2.0 (4.0) | 2 |\n| lightgbm | 1.0 (2.0) | 1 |" in text
    )


def test_two_sizes_have_their_ranks_and_that_of_both(text_of):
    text = text_of({OURS: (1.0,), TREE: (1.1,)}, sizes=("full", "small"))
    assert "| model | full | 2,000 rows | both |" in text
    assert "| ours | 1.00 | 1.00 | 1.00 |" in text
    assert "| ours | 1.000 | 1.000 |" in text
    assert "### Errors, full" in text
    assert "### Errors, 2,000 rows" in text


def test_ours_before_is_ranked_alone_beside_the_others(text_of):
    roles = Roles(OURS, trees=(TREE,), linear=LINEAR, before=(BEFORE,))
    text = text_of({OURS: (1.0,), TREE: (1.1,), LINEAR: (1.3,), BEFORE: (1.2,)}, roles=roles)
    assert "| lightgbm | 2.00 |\n" in text
    section = text.partition("### Before and after")[2].partition("###")[0]
    assert "| ours | 1.00 |\n| ours before | 2.00 |\n" in section
    assert "| ours | 1.000 |\n| ours before | 1.200 |\n" in section
    assert "| made-up, RMSE | **1.0000** | 1.2 |" in section.replace("**1**", "**1.0000**")
    assert "ours before" not in text.replace(section, "")


def test_what_is_slow_has_a_table_of_its_own(text_of):
    text = text_of({OURS: (1.0,), TREE: (1.1,), SLOW: (0.9,)})
    assert "| made-up, RMSE | **1** | 1.1 |" in text
    assert "| made-up, RMSE | 1 | **0.9000** |" in text
    assert "| slow | 1.00 |\n" in text
    assert "| slow | 0.900 |\n" in text


def test_all_rows_stand_beside_the_suite(text_of):
    text = text_of({OURS: (1.0,), TREE: (1.1,)}, sizes=("all",))
    assert "### Errors, all rows" in text
    assert "### Mean rank" not in text


def test_no_table_is_wider_than_a_page(text_of):
    text = text_of({**dict.fromkeys(MODELS, (1.0, 1.1)), SLOW: (1.0,)}, sizes=("full", "small"))
    assert max(line.count(" | ") + 1 for line in text.splitlines()) <= MOST_COLUMNS
