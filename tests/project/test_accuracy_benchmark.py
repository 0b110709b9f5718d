"""The benchmark of accuracy: what it may look at, what it keeps, and what it reports."""

import numpy as np
import pandas as pd
import pytest


def a_task(tasks, by_time):
    """5,000 rows whose target is their number."""
    X = pd.DataFrame({"row": np.arange(5_000)})
    masks = tasks.newest(len(X)) if by_time else (tasks.at_random(len(X)),)
    return tasks.Task(
        "t",
        "regression",
        lambda: tasks.Table(X, np.arange(5_000.0), *masks),
        (),
        ("RMSE",),
        cap=3_000,
    )


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("size", ["full", "small", "all"])
def test_inner_rows_never_test(benchmark, size, by_time):
    task = a_task(benchmark("_tasks"), by_time)
    test = {row for seed in range(3) for row in task.split(size, seed).X_test["row"]}
    for seed in range(3):
        split, inner = task.split(size, seed), task.inner(size, seed)
        assert set(split.X_test["row"]) == test
        assert not set(split.X["row"]) & test
        assert not (set(inner.X["row"]) | set(inner.X_test["row"])) & test
        assert not set(inner.X["row"]) & set(inner.X_test["row"])
        assert len(inner.X_test) > 300


def test_time_is_never_learned_from_backwards(benchmark):
    task = a_task(benchmark("_tasks"), by_time=True)
    for split in (task.split("full", 0), task.inner("full", 0)):
        assert split.y.max() < split.y_test.min()


def test_a_seed_draws_other_rows_and_the_checksum_tells(benchmark):
    task = a_task(benchmark("_tasks"), by_time=False)
    splits = [task.split("small", 0), task.split("small", 1), task.inner("small", 0)]
    assert [len(split.X) for split in splits] == [2_000] * 3
    assert len({split.checksum for split in splits}) == 3
    assert task.split("small", 0).checksum == splits[0].checksum


def test_calibration_error_is_the_mean_distance_to_the_frequency(benchmark):
    calibration_error = benchmark("_scores").calibration_error
    y = np.tile([0, 1], 300)
    assert calibration_error(y, np.full(600, 0.5)) == 0
    assert calibration_error(y, np.full(600, 0.7)) == pytest.approx(0.2)


def test_half_a_line_of_a_killed_run_costs_only_itself(benchmark, tmp_path):
    store, path = benchmark("_store").Store, tmp_path / "results.jsonl"
    store(path).append({"task": "a"})
    path.write_text(path.read_text() + '{"task": "b')
    store(path).append({"task": "c"})
    assert [line["task"] for line in store(path).lines] == ["a", "c"]


def test_the_report_lists_what_is_behind(benchmark):
    scores, store = benchmark("_scores"), benchmark("_store")
    task = a_task(benchmark("_tasks"), by_time=False)
    errors = {"ours": (1.04, 1.06), "tree": (1.00, 1.02), "linear": (0.9, 1.2)}
    lines = [
        {
            "task": "t",
            "size": "full",
            "seed": seed,
            "model": model,
            "errors": {"RMSE": error},
            "fit_seconds": 1.0,
            "cpu_seconds": 1.0,
        }
        for model, of_seeds in errors.items()
        for seed, error in enumerate(of_seeds)
    ]
    labels = {name: name for name in errors}
    report = scores.Report(store.to_frame(lines), [task], labels, "ours", ["tree"], "linear")
    text = "\n".join(report.render())
    assert "- t, full, RMSE: 4.0% behind tree" in text
    assert "behind linear" not in text
    assert report.ranks("full").iloc[0].to_dict() == {"ours": 2.5, "tree": 1.0, "linear": 2.5}
