"""What `fit` leaves behind: one record that is replaced as a whole and cannot be changed."""

import dataclasses

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity import EntityEmbeddingEncoder
from sk_entity._estimators.state import FittedEncoder, FittedNetwork
from sk_entity._network.embeddings import EntityEmbeddings


@pytest.fixture
def fitted(regressor, sales, revenue):
    return regressor.fit(sales, revenue)


def test_a_record_is_frozen_and_replaced_by_the_next_fit(fitted, sales, revenue):
    state = fitted.state_
    assert isinstance(state, FittedNetwork)
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.n_iter = 7
    assert fitted.fit(sales, -revenue).state_ is not state
    assert state != fitted.state_  # compared by identity, where arrays have no truth value
    assert state == state


def test_columns_bring_together_what_is_known_of_each(fitted):
    state = fitted.state_
    assert [column.name for column in state.columns] == ["shop", "product", "promotion"]
    for column, coded, table, means in zip(
        state.columns, state.coder.categorical, state.weights.tables, state.means, strict=True
    ):
        assert column.vocabulary is coded.vocabulary
        assert column.table is table
        assert column.means is means
        assert len(means.effects) == len(table.mean) == coded.vocabulary.n_rows


def test_output_and_network_are_those_of_the_predictions(fitted, sales):
    state = fitted.state_
    coded = fitted._code(sales)
    output = state.output(coded)
    assert_array_equal(state.target.decode(output), fitted.predict(sales))
    network = state.to_network(dropout=0.4, embedding_dropout=0.2)
    assert (network.dropout.p, network.embeddings.embedding_dropout) == (0.4, 0.2)
    tensors = torch.from_numpy(coded.categorical), torch.from_numpy(coded.numerical)
    assert_allclose(network.eval()(*tensors).detach(), output, atol=1e-5)


def test_a_network_to_train_further_knows_the_training_rows_behind_each_vector(fitted):
    state = fitted.state_
    network = state.to_network(embedding_dropout=0.2)
    row_counts = [column.vocabulary.row_counts for column in state.coder.categorical]
    fresh = EntityEmbeddings(row_counts, state.weights.embedding_dims, embedding_dropout=0.2)
    for own, expected in zip(network.embeddings.stacks, fresh.stacks, strict=True):
        assert torch.equal(own.per_visit, expected.per_visit)


def test_gradients_are_those_of_each_column(fitted, sales):
    coded = fitted._code(sales)[:7]
    gradients = fitted.state_.gradients(coded)
    dims = fitted.embedding_dims_.values()
    assert [g.shape for g in gradients] == [(7, 1, dim) for dim in dims]
    assert all(np.abs(g).max() > 0 for g in gradients)


def test_an_encoder_keeps_its_network_and_its_vectors(regressor, sales, revenue):
    encoder = EntityEmbeddingEncoder(regressor, cv=None).fit(sales, revenue)
    assert isinstance(encoder.state_, FittedEncoder)
    assert encoder.state_.network is encoder.estimator_.state_
    for column in encoder.state_.columns:
        assert_array_equal(column.vectors(), encoder.embeddings_[column.name])
