"""The trials of the encoder on a made-up task."""

import pytest

from benchmarks.encoder.downstream import DOWNSTREAM
from benchmarks.trials import cross_fit, leakage

# Before, TargetEncoder takes no splitter.
pytest.importorskip("sklearn", minversion="1.9")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_leakage_has_a_row_for_each_way(kind, add_task, output_of, monkeypatch):
    add_task(kind, missing_numbers=False)
    for model in ("forest", "boosting"):
        monkeypatch.delitem(leakage.MODELS, model)
    text = output_of(leakage.main, "--tasks made-up --rows 200 --draws 1")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines()]
    assert rows[0][4:] == ["neighbours, permuted", "neighbours, identifiers"]
    assert [row[2] for row in rows[2:]] == [*leakage.WAYS, "target"]
    assert all(0 < float(row[3]) < 1 for row in rows[2:5])  # the noise
    assert all(-1 < float(row[4]) < 1 for row in rows[2:])


@pytest.mark.slow
def test_ways_to_cross_fit_stand_beside_target_means(add_task, output_of, monkeypatch):
    for model in ("lightgbm", "forest", "hgb"):
        monkeypatch.delitem(DOWNSTREAM, model)
    add_task("regression", missing_numbers=False)
    text = output_of(cross_fit.main, "--tasks made-up --seeds 1")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert [row[0] for row in rows[2:]] == list(cross_fit.WAYS)
    for row in rows[2:5]:
        assert 0.7 < float(row[1]) < 1.1
