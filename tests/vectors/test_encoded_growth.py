"""The vectors of an encoder follow the tables of its network."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._predict.weights import EmbeddingTable
from sk_entity._table import growing as table_growing
from sk_entity._table.vocabulary import Vocabulary
from sk_entity._target.responses import NumberResponses
from sk_entity._target.smoothed_means import LevelSums, SmoothedMeans
from sk_entity._vectors.embedded_column import EmbeddedColumn
from sk_entity._vectors.encoding import encode
from sk_entity._vectors.growing import follow

DIM, N_BACKGROUND = 3, 50


def column_of(vocabulary, mean, rng):
    codes = np.repeat(np.arange(vocabulary.n_rows), vocabulary.row_counts)
    response = NumberResponses(rng.normal(size=(len(codes), 1)))
    sums = LevelSums.count(codes, vocabulary.n_rows, response, None)
    table = EmbeddingTable(mean, np.full(mean.shape, -2.0, np.float32), np.zeros(DIM, np.float32))
    return EmbeddedColumn(
        name="c",
        position=0,
        vocabulary=vocabulary,
        owner=0,
        holds_lists=False,
        table=table,
        means=SmoothedMeans.of(sums),
    )


@pytest.fixture
def grown():
    """A column as it was encoded, its table then, and the column with a new category."""
    rng = np.random.default_rng(0)
    values = pd.Index(list("bcde"), dtype=object)
    before = Vocabulary.learn([values], [np.array([0, 9, 8, 7, 6])])[0]
    after = table_growing.grow([before], [pd.Index(["a"], dtype=object)], [np.array([0, 5])])[0]
    mean = rng.normal(size=(before.n_rows, DIM)).astype(np.float32)
    column = column_of(before, mean, rng)
    gradients = rng.normal(size=(N_BACKGROUND, 1, DIM))
    (encoded,) = encode([column], [gradients], None)
    encoded = replace(encoded, spread=np.arange(4.0))
    moved = mean + 0.1 * rng.normal(size=mean.shape).astype(np.float32)
    now = column_of(after, np.vstack([moved, rng.normal(size=(1, DIM))]).astype(np.float32), rng)
    return encoded, column, now


def test_coordinates_move_by_what_vectors_move(grown):
    encoded, column, now = grown
    (found,) = follow([encoded], [column.table], [now], only_new=False)
    expected = (now.table.mean - encoded.origin) @ encoded.loadings
    assert_allclose(found.table[:, 1:], expected, atol=1e-5)
    assert_array_equal(found.table[:, :1], now.means.effects)
    assert found.components() == encoded.components()
    assert found.vocabulary is now.vocabulary
    assert_array_equal(found.spread, [np.nan, 0, 1, 2, 3])
    assert found.deviations.shape == (8,)


def test_what_the_encoder_had_beside_the_network_stays(grown):
    encoded, column, now = grown
    refitted = replace(encoded, table=encoded.table + np.float32(1))
    (found,) = follow([refitted], [column.table], [now], only_new=False)
    (plain,) = follow([encoded], [column.table], [now], only_new=False)
    assert_allclose(found.table[:7, 1:], plain.table[:7, 1:] + 1, atol=1e-5)
    assert_allclose(found.table[7], plain.table[7])


def test_only_new_rows_are_added(grown):
    encoded, column, now = grown
    (found,) = follow([replace(encoded, spread=None)], [column.table], [now], only_new=True)
    assert_array_equal(found.table[:7], encoded.table)
    assert_array_equal(found.deviations[:7], encoded.deviations)
    assert len(found.table) == 8
    assert found.spread is None
