"""Tables whose vectors are given are trained in a unit of their own, which the network undoes."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._predict.forward import forward
from sk_entity._predict.table_prior import TablePrior
from sk_entity._predict.weights import EmbeddingTable, Layer, Weights
from sk_entity._table.coder import CodedTable

F = np.float32


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    mean = (100 + 20 * rng.normal(size=(6, 2))).astype(F)
    none = np.zeros(6, dtype=bool)
    prior = TablePrior(mean + 1, none, none, np.array([100, 90], F), np.array([40, 60], F))
    tables = (
        EmbeddingTable(rng.normal(size=(5, 3)).astype(F), np.zeros((5, 3), F), np.zeros(3, F)),
        EmbeddingTable(mean, np.ones((6, 2), F), np.zeros(2, F), prior),
    )
    layers = (
        Layer(rng.normal(size=(6, 4)).astype(F) / 50, rng.normal(size=4).astype(F)),
        Layer(rng.normal(size=(4, 1)).astype(F), np.zeros(1, F)),
    )
    return Weights(tables, (), layers, "tanh")


def test_training_sees_vectors_in_their_unit(weights):
    seen = weights.in_training()
    table, given = seen.tables[1], weights.tables[1]
    assert_allclose(table.mean, (given.mean - [100, 90]) / [40, 60], rtol=1e-5)
    assert_allclose(table.prior.mean, (given.prior.mean - [100, 90]) / [40, 60], rtol=1e-5)
    assert_allclose(np.exp(table.log_deviation), np.exp(1) / np.tile([40, 60], (6, 1)), rtol=1e-5)
    assert_array_equal(seen.tables[0].mean, weights.tables[0].mean)


def test_outputs_are_the_same(weights):
    rng = np.random.default_rng(1)
    codes = np.column_stack([rng.integers(0, 5, 50), rng.integers(0, 6, 50)]).astype(np.int32)
    coded = CodedTable(codes, rng.normal(size=(50, 1)).astype(F))
    seen = weights.in_training()
    assert_allclose(forward(seen, coded), forward(weights, coded), atol=1e-5)
    table = replace(seen.tables[1], prior=weights.tables[1].prior)
    back = replace(seen, tables=(seen.tables[0], table)).after_training()
    assert_allclose(forward(back, coded), forward(weights, coded), atol=1e-5)
    assert_allclose(back.tables[1].mean, weights.tables[1].mean, rtol=1e-5)
    assert_allclose(back.tables[1].log_prior, weights.tables[1].log_prior, atol=1e-5)


def test_weights_without_given_vectors_are_as_they_were(weights):
    plain = replace(weights, tables=(weights.tables[0], replace(weights.tables[1], prior=None)))
    assert plain.after_training() is plain
    assert plain.in_training().layers is plain.layers


def test_a_given_row_keeps_its_vector_without_training_rows(weights):
    given = np.arange(6) >= 3
    prior = replace(weights.tables[1].prior, given=given, held=np.arange(6) == 4)
    table = replace(weights.tables[1], prior=prior)
    found = table.with_special_rows(np.array([0, 0, 0, 0, 7, 7]), unknown_is_trained=True)
    assert_array_equal(found.mean[1:3], table.mean[[0, 0]])
    assert_array_equal(found.mean[3], prior.mean[3])  # no training row
    assert_array_equal(found.mean[4], prior.mean[4])  # held
    assert_array_equal(found.mean[5], table.mean[5])


def test_new_rows_are_drawn_to_what_the_unknown_row_is_drawn_to(weights):
    prior = weights.tables[1].prior.grown(2)
    assert_array_equal(prior.mean[6:], prior.mean[[0, 0]])
    assert prior.held.shape == prior.given.shape == (8,)
    assert not prior.held[6:].any()
