"""`python -m benchmarks.trials.surprise` on a made-up task."""

import pytest

from benchmarks.trials import surprise
from sk_entity import EntityEmbeddingRegressor


@pytest.mark.slow
def test_tables_have_a_row_per_column_and_shift(add_task, output_of, monkeypatch, small):
    add_task("regression")
    monkeypatch.setattr(surprise, "LEAST_CATEGORIES", 6)
    both = small | {"categorical_features": ["city", "post"]}
    monkeypatch.setattr(surprise, "network", lambda *given: EntityEmbeddingRegressor(**both))
    monkeypatch.setattr(
        surprise, "EntityEmbeddingRegressor", lambda: EntityEmbeddingRegressor(**small)
    )
    text = output_of(surprise.main, "--tasks made-up --seeds 1")
    columns, shops = text.strip().split("\n\n")
    assert [row.split(" | ")[0] for row in columns.splitlines()[2:]] == ["| made-up, city"]
    found = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in shops.splitlines()[2:]}
    assert list(found) == ["0.0", "0.5", "1.0", "2.0"]
    assert found["2.0"] == "3.0 of 3"
