"""What is kept of results, and how it is found again."""

from benchmarks.store import Store, key_of, to_frame


def test_half_a_line_of_a_killed_run_costs_only_itself(tmp_path):
    path = tmp_path / "results.jsonl"
    Store(path).append({"task": "a"})
    path.write_text(path.read_text() + '{"task": "b')
    Store(path).append({"task": "c"})
    assert [line["task"] for line in Store(path).lines] == ["a", "c"]


def test_the_last_line_counts_and_that_of_its_own_file_after_all_others(tmp_path):
    own, other = tmp_path / "new" / "own.jsonl", tmp_path / "other.jsonl"
    Store(own).append({"task": "a", "error": 1})
    Store(own).append({"task": "a", "error": 2})
    Store(other).append({"task": "a", "error": 3})
    store = Store(own, also=[other, tmp_path / "absent.jsonl"])
    assert store.find(task="a")["error"] == 2
    assert store.find(task="a", error=3) == {"task": "a", "error": 3}
    assert store.find(task="b") is None
    store.append({"task": "b"})
    assert store.find(task="b")
    assert len(Store(other).lines) == 1


def test_results_on_rows_that_test_are_not_taken_for_those_to_choose_by(add_task, tmp_path):
    task, store = add_task("regression"), Store(tmp_path / "results.jsonl")
    split = task.split("small", 0)
    store.append(key_of(task, "small", 0, False, split))
    assert store.find(**key_of(task, "small", 0, False, split))
    inner = task.split("small", 0, inner=True)
    assert store.find(**key_of(task, "small", 0, True, inner)) is None


def test_a_frame_has_a_row_for_each_metric():
    frame = to_frame([{"task": "a", "errors": {"RMSE": 1.0, "MAPE": 2.0}}])
    assert frame.to_dict("list") == {
        "task": ["a", "a"],
        "metric": ["RMSE", "MAPE"],
        "error": [1.0, 2.0],
    }
