"""`python -m benchmarks.trials.category_effects` on a small table."""

import pandas as pd
import pytest

from benchmarks.trials import category_effects
from sk_entity import EntityEmbeddingRegressor


def test_a_table_has_a_row_per_noise_and_model(output_of, monkeypatch, small):
    monkeypatch.setitem(category_effects.TABLES, "50", (6, False))
    monkeypatch.setattr(category_effects, "N_ROWS", 400)
    monkeypatch.setattr(
        category_effects, "EntityEmbeddingRegressor", lambda: EntityEmbeddingRegressor(**small)
    )
    text = output_of(category_effects.main, "--tables 50 --noises 1 0.5 --seeds 2")
    rows = [line.strip("| ").split(" | ") for line in text.strip().splitlines()]
    assert [row[:2] for row in rows[2:]] == [
        [f"50, {noise}", model] for noise in ("1.0", "0.5") for model in category_effects.MODELS
    ]
    for _, _, covered, error, said, ratio in rows[2:]:
        assert 50 <= int(covered.removesuffix(" %")) <= 100
        assert 0 < float(error) < 0.5
        assert 0 < float(said) < 0.5
        assert float(ratio) == pytest.approx(float(error) / float(said), abs=0.1)


def test_an_interval_holds_what_lies_within_its_deviations():
    of_shops = pd.DataFrame({"error": [1.0, -1.6, -1.7, 3.0], "said": 1.0})
    assert category_effects.cells(of_shops) == ["50 %", "1.965", "1.000", "1.97"]


def test_seeds_draw_the_rows_and_the_truth():
    (X, y, level), (X_again, y_again, _), (_, _, other) = (
        category_effects.shops("slopes", 0.1, seed) for seed in (3, 3, 4)
    )
    assert X.equals(X_again)
    assert (y == y_again).all()
    assert (level != other).all()
    assert len(level) == 50
