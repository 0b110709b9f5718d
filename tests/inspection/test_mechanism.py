"""An embedding row is a weight: lookup is the product of a one-hot vector with the table."""

import numpy as np
import pandas as pd
import pytest
import torch

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import block_matrix, one_hot_and_numeric


@pytest.fixture
def fitted(sales, revenue, small):
    return EntityEmbeddingRegressor(**small).fit(sales, revenue)


def tables_of(model):
    weights = model.state_.weights
    return [*(t.mean for t in weights.tables), *(t.steps for t in weights.numeric_tables)]


def first_layer_input(model, X):
    """What the first dense layer of the torch module receives."""
    module, received = model.to_torch(), []
    module.network.hidden[0].register_forward_hook(
        lambda layer, args, out: received.append(args[0])
    )
    module(*map(torch.from_numpy, model.to_codes(X)))
    return received[0].detach().numpy()


def test_the_block_matrix_gives_what_the_first_dense_layer_receives(fitted, sales):
    product = one_hot_and_numeric(fitted, sales) @ block_matrix(fitted)
    assert product.toarray() == pytest.approx(first_layer_input(fitted, sales), abs=1e-6)


def test_the_block_matrix_has_tables_zeros_and_an_identity(fitted):
    matrix = block_matrix(fitted).toarray()
    row = column = 0
    for table in tables_of(fitted):
        block = np.s_[row : row + len(table), column : column + table.shape[1]]
        assert np.array_equal(matrix[block], table)
        matrix[block] = 0
        row, column = row + len(table), column + table.shape[1]
    n_numbers = matrix.shape[1] - column
    assert matrix.shape[0] - row == n_numbers > 0
    assert np.array_equal(matrix[row:, column:], np.eye(n_numbers))
    matrix[row:, column:] = 0
    assert not matrix.any()


def test_training_changes_the_tables_and_neither_zeros_nor_identity(sales, revenue, small):
    model = EntityEmbeddingRegressor(warm_start=True, **small).fit(sales, revenue)
    before = block_matrix(model)
    after = block_matrix(model.fit(sales, revenue))
    changed = (before != after).toarray()
    tables = tables_of(model)
    n_rows = sum(len(t) for t in tables)
    n_dims = sum(t.shape[1] for t in tables)
    assert changed[:n_rows, :n_dims].any()
    assert not changed[n_rows:].any()
    assert not changed[:, n_dims:].any()
    assert set(zip(*changed.nonzero(), strict=True)) <= set(zip(*after.nonzero(), strict=True))


def test_an_encoder_shows_the_matrix_of_its_network(sales, revenue, small):
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small)).fit(sales, revenue)
    assert (block_matrix(encoder) != block_matrix(encoder.estimator_)).nnz == 0
    assert one_hot_and_numeric(encoder, sales).shape[1] == block_matrix(encoder).shape[0]


@pytest.mark.parametrize("columns", [["shop", "product"], ["month", "price"]])
def test_tables_without_numbers_or_without_categories(sales, revenue, small, columns):
    model = EntityEmbeddingRegressor(**small).fit(sales[columns], revenue)
    product = one_hot_and_numeric(model, sales[columns]) @ block_matrix(model)
    assert product.toarray() == pytest.approx(first_layer_input(model, sales[columns]), abs=1e-6)


def test_one_hot_rows_have_a_one_per_column(fitted, sales):
    hot = one_hot_and_numeric(fitted, sales)
    sizes = [len(t.mean) for t in fitted.state_.weights.tables]
    blocks = np.split(hot.toarray(), np.cumsum(sizes), axis=1)[:-1]
    assert all((block.sum(axis=1) == 1).all() for block in blocks)
    shop = pd.isna(sales["shop"]).to_numpy()
    assert (blocks[0][shop, 1] == 1).all()


def test_one_hot_and_numeric_shows_positions(sales, revenue, small):
    model = EntityEmbeddingRegressor(**small).fit(sales[["price"]], revenue)
    shown = one_hot_and_numeric(model, sales[["price"]]).toarray()
    positions = shown[:, : len(model.state_.weights.numeric_tables[0].steps)]
    assert positions.min() == -0.5
    assert positions.max() == 0.5
    assert (np.diff(positions, axis=1) <= 0).all()


def test_shared_tables_and_lists_have_a_block_for_each_column(trips, small):
    X, y = trips
    model = EntityEmbeddingRegressor(**small, shared_embeddings=[("origin", "dest")]).fit(X, y)
    product = one_hot_and_numeric(model, X) @ block_matrix(model)
    assert product.toarray() == pytest.approx(first_layer_input(model, X), abs=1e-6)
    origin, dest, tags = model.state_.weights.tables
    assert origin is dest
    assert block_matrix(model).shape[0] >= 2 * len(origin.mean) + len(tags.mean)
