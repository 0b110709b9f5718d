"""`python -m benchmarks.updating` on a made-up stream."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import updating
from benchmarks.streams import STREAMS, Stream
from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor


def made_up(kind):
    rng = np.random.default_rng(0)
    period = np.repeat([0, 1, 2, 3], 40)
    X = pd.DataFrame({"shop": rng.integers(5 + period), "x": rng.normal(size=160)})
    y = X["shop"] + rng.normal(size=160)
    return X, (y > 3).to_numpy(int) if kind == "binary" else y.to_numpy(), period


@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_a_row_per_period_and_a_column_per_way(kind, output_of, monkeypatch, small):
    def read():
        return made_up(kind)

    monkeypatch.setitem(STREAMS, "made-up", Stream("made-up", kind, read, read, ("shop",)))
    for name, estimator in (
        ("EntityEmbeddingRegressor", EntityEmbeddingRegressor),
        ("EntityEmbeddingClassifier", EntityEmbeddingClassifier),
    ):
        monkeypatch.setattr(updating, name, lambda e=estimator, **given: e(**small | given))
    text = output_of(updating.main, "--streams made-up --seeds 2 --earlier")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    counted = [row for row in rows if len(row) == 3]
    rows = [row for row in rows if len(row) == 5]
    assert rows[0][1:] == [updating.REFIT, updating.UPDATE, updating.ONLY_NEW, updating.STAY]
    assert [row[0] for row in rows[2:5]] == ["1", "2", "3"]
    assert len(set(rows[2][1:])) == 1  # nobody has gone on yet
    assert len(set(rows[3][1:])) > 1
    assert rows[5][0] == "after an update"
    assert [row[:2] for row in counted[2:]] == [["1", "40"], ["2", "40"], ["3", "40"]]
    assert rows[-1][0] == "in all"
    assert rows[-1][-1] == "–"


@pytest.mark.parametrize("name", STREAMS)
def test_periods_follow_one_another(name, data_dir):
    X, y, period = STREAMS[name].read()
    assert len(X) == len(y) == len(period)
    assert (np.diff(period) >= 0).all()
    assert np.unique(period).tolist() == list(range(period.max() + 1))
    _, _, earlier = STREAMS[name].read_earlier()
    assert len(earlier) <= (period == 0).sum() + 1
