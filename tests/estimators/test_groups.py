"""Groups of vectors: found by all or by some of them, and confirmed by rows of their own."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._estimators import groups as module
from sk_entity._estimators.groups import Groups, find_groups


@pytest.fixture(scope="module")
def column():
    rng = np.random.default_rng(0)
    shop = rng.integers(30, size=900)
    X = pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "price": rng.normal(size=900)})
    X.loc[:9, "shop"] = None
    y = 2.0 * (shop % 3) + 0.2 * rng.normal(size=900)
    network = EntityEmbeddingRegressor(
        max_iter=5, hidden_layer_sizes=(8,), device="cpu", random_state=0
    )
    return EntityEmbeddingEncoder(network).fit(X, y).state_.columns[0]


def of_shops(groups, column):
    names = [int(name[1:]) for name in column.vocabulary.categories]
    return pd.Series(groups.of_categories(column), index=names).sort_index()


@pytest.mark.parametrize("most_of_all", [20_000, 10])
def test_groups_are_in_the_order_of_their_effects(column, monkeypatch, most_of_all):
    monkeypatch.setattr(module, "MOST_ROWS_OF_ALL", most_of_all)
    groups = find_groups(column, 3, 0)
    assert of_shops(groups, column).tolist() == [s % 3 for s in range(30)]
    assert groups.merges
    assert groups.labels == ["group_0", "group_1", "group_2"]
    assert groups.of_rows.shape == (len(column.table),)


def test_no_more_groups_than_vectors(column):
    # Missing cells have one, too.
    groups = find_groups(column, 99, 0)
    assert len(groups.centers) == 31
    assert not groups.merges
    assert groups.labels[3] == "group_03"


def test_a_group_that_no_row_reaches_becomes_one_with_the_nearest(column):
    width = column.table.shape[1]

    def vectors(effects):
        return np.column_stack([effects, np.zeros((len(effects), width - 1))])

    centers = vectors([0.0, 1.0, 5.0])
    rows = np.arange(len(column.table), dtype=np.int32) % 3
    groups = Groups("shop", centers, rows, merges=True)
    own = vectors([0.0] * 10 + [1.0] * 10 + [5.0] * 10)
    same = groups.confirmed(column, own, own)
    assert (same.of_rows == rows).all()
    # Of the ten of group 1, most are nearer to group 0 without their own target.
    reached = vectors([0.0] * 10 + [0.4] * 6 + [1.0] * 4 + [5.0] * 10)
    found = groups.confirmed(column, own, reached)
    assert (found.centers == centers[[0, 2]]).all()
    assert (found.of_rows[rows == 0] == 0).all()
    assert (found.of_rows[rows == 2] == 1).all()
    table = column.table[rows == 1]
    apart = [np.linalg.norm(table - center, axis=1) for center in found.centers]
    assert (found.of_rows[rows == 1] == np.argmin(apart, axis=0)).all()
    # One is always left.
    assert len(groups.confirmed(column, own, vectors([5.0] * 30)).centers) == 1
