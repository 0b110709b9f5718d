"""Weights as arrays: special rows get their meaning, and sizes are read off."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._predict.weights import EmbeddingTable, Layer, NumericTable, Weights

UNKNOWN, MISSING, INFREQUENT = range(3)
ROWS = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)


def with_special_rows(row_counts, unknown_is_trained):
    table = EmbeddingTable(ROWS.copy(), ROWS - 3, ROWS[0])
    found = table.with_special_rows(np.array(row_counts), unknown_is_trained=unknown_is_trained)
    assert_array_equal(table.mean, ROWS)  # the table itself stays
    assert found.log_deviation is table.log_deviation
    assert found.log_prior is table.log_prior
    reached = np.flatnonzero(row_counts)
    assert_array_equal(found.mean[reached], ROWS[reached])
    return found.mean


def test_rows_that_training_has_reached_stay():
    assert_array_equal(with_special_rows([0, 5, 4, 3, 2, 1], True), ROWS)


def test_an_untrained_unknown_row_is_the_mean_of_the_training_rows():
    found = with_special_rows([0, 5, 4, 3, 2, 1], False)
    mean = np.average(ROWS[1:], axis=0, weights=[5, 4, 3, 2, 1])
    assert_allclose(found[UNKNOWN], mean, rtol=1e-6)
    assert_array_equal(found[1:], ROWS[1:])


@pytest.mark.parametrize("unknown_is_trained", [True, False])
@pytest.mark.parametrize("without", [[MISSING], [INFREQUENT], [MISSING, INFREQUENT], [4], [2, 3]])
def test_what_training_did_not_have_is_unknown(without, unknown_is_trained):
    row_counts = np.array([0, 5, 4, 3, 2, 1])
    row_counts[without] = 0
    found = with_special_rows(row_counts, unknown_is_trained)
    for row in range(1, len(ROWS)):
        expected = found[UNKNOWN] if row in without else ROWS[row]
        assert_array_equal(found[row], expected)
    if unknown_is_trained:
        assert_array_equal(found[UNKNOWN], ROWS[UNKNOWN])


@pytest.mark.parametrize("unknown_is_trained", [True, False])
def test_where_all_cells_were_missing_the_column_is_constant(unknown_is_trained):
    found = with_special_rows([0, 9, 0, 0, 0, 0], unknown_is_trained)
    assert_array_equal(found[[UNKNOWN, INFREQUENT]], ROWS[[MISSING, MISSING]])


def test_sizes_are_read_off_the_arrays():
    def zeros(*shape):
        return np.zeros(shape, dtype=np.float32)

    tables = tuple(EmbeddingTable(zeros(9, dim), zeros(9, dim), zeros(dim)) for dim in (2, 5))
    numeric = (NumericTable(zeros(9), zeros(8, 4), zeros(8, 4)),) * 3
    n_in = 2 + 5 + 3 * 4 + 6  # vectors of categories, of numbers, then six numbers
    layers = tuple(Layer(zeros(a, b), zeros(b)) for a, b in ((n_in, 16), (16, 8), (8, 3)))
    weights = Weights(tables, numeric, layers, "relu")
    assert weights.embedding_dims == [2, 5]
    assert weights.hidden_layer_sizes == [16, 8]
    assert weights.n_outputs == 3
    assert weights.n_numerical == 6
    linear = Weights((), (), (Layer(zeros(4, 1), zeros(1)),), "relu")
    assert (linear.embedding_dims, linear.hidden_layer_sizes, linear.n_numerical) == ([], [], 4)
