"""`python -m benchmarks.trials.parents` on a made-up task."""

import numpy as np
import pytest
import torch

from benchmarks.speed.library import vectors_times
from benchmarks.trials import parents
from sk_entity import EntityEmbeddingRegressor


@pytest.fixture
def pair(add_task, monkeypatch):
    task = add_task("regression")
    monkeypatch.setitem(parents.PAIRS, "made-up", ("city", "post"))
    return task


def test_the_vector_of_the_parent_is_added_wherever_vectors_are_read(pair, small, one_thread):
    split = pair.split("full", 0, inner=True)
    X, categorical = parents.prepare(pair, split.X, "city", "post", "column and parent")
    dims, matrix = parents.sum_of_vectors(X, categorical, "city", "column and parent")
    settings = small | {"embedding_dim": dims, "categorical_features": categorical}
    plain = EntityEmbeddingRegressor(**settings).fit(X, split.y)
    with vectors_times(matrix):
        model = EntityEmbeddingRegressor(**settings).fit(X, split.y)
        codes, numbers = model.to_codes(X)
        predicted = model.predict(X)
        by_torch = model.to_torch()(torch.from_numpy(codes), torch.from_numpy(numbers))
    np.testing.assert_allclose(by_torch.detach().numpy().ravel(), predicted, rtol=1e-5)
    assert not np.allclose(predicted, plain.predict(X))
    # As a column of the parent's alone it reaches nothing, so that the sum is all there is of it.
    own, of_parent = matrix.sum(axis=0), matrix.sum(axis=1)
    assert own.tolist() == [2] * dims["city"] + [1] * dims["post"] + [0] * dims["city"]
    assert (of_parent == 1).all()


def test_a_table_has_a_row_per_way_and_group(pair, output_of, monkeypatch):
    def found(task, split, child, parent, way, seed, models):
        return dict.fromkeys(models, split.y_test + (2.0 if way == "parent" else 1.0))

    monkeypatch.setattr(parents, "predictions", found)
    text = output_of(parents.main, "--tasks made-up --sizes small --seeds 2")
    head, _, *rows = text.strip().splitlines()[2:]
    assert head == "| way, rows | made-up |"
    assert rows[0] == "| column and parent, all | +0.0 ± 0.0 |"
    assert rows[6] == "| parent, all | +69.3 ± 0.0 |"
    assert rows[8] == "| parent, new | – |"  # fewer than 30
