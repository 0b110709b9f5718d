"""`python -m benchmarks.reliability.relabelled` on a made-up task."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.reliability import relabelled


@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_a_row_per_variant(kind, add_task, output_of, monkeypatch):
    task = add_task(kind)
    network = relabelled.network

    def quick(*args, **settings):
        return network(*args, **settings, max_iter=1, hidden_layer_sizes=(4,))

    monkeypatch.setattr(relabelled, "network", quick)
    text = output_of(relabelled.main, f"--tasks {task.name} --seeds 2")
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines()]
    assert [row[2] for row in rows[2:]] == ["as they are", "relabelled", "reordered"]
    assert [row[5] == "" for row in rows[2:]] == [True, False, False]


def test_new_names_are_one_to_one_and_in_another_order():
    X = pd.DataFrame({"a": ["x", None, "y", "z", "y"], "b": [3, 1, 2, 9, 1], "c": 1.0})
    new, _ = relabelled.relabel((X, X), ("a", "b"), np.random.default_rng(0))
    for name in ("a", "b"):
        assert pd.factorize(new[name])[0].tolist() == pd.factorize(X[name])[0].tolist()
    assert new["a"].isna().tolist() == X["a"].isna().tolist()
    assert pd.api.types.is_integer_dtype(new["b"])
    assert new["c"].equals(X["c"])
    many = pd.DataFrame({"a": [f"{k:03d}" for k in range(100)]})
    (renamed,) = relabelled.relabel((many,), ("a",), np.random.default_rng(0))
    assert not renamed["a"].is_monotonic_increasing
