"""The forward pass in NumPy: one result per row, in small memory, for every shape of network."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from sk_entity import EntityEmbeddingRegressor
from sk_entity._inference import ACTIVATIONS, ROWS_AT_A_TIME, ROWS_PER_BLOCK, Weights
from sk_entity._table import Coded

EXACT = {
    "identity": lambda x: x,
    "logistic": expit,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
    ),
    "silu": lambda x: x * expit(x),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
}


def random_weights(hidden, n_outputs, activation="silu"):
    rng = np.random.default_rng(0)

    def normal(*shape):
        return (rng.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)

    sizes = [5 + 3 + 2 * 2 + 3, *hidden, n_outputs]
    return Weights(
        tables=[normal(20, 5), normal(6, 3)],
        log_deviations=[],
        log_priors=[],
        steps=[normal(4, 2), normal(4, 2)],
        log_step_deviations=[],
        kernels=[normal(*shape) for shape in zip(sizes[:-1], sizes[1:], strict=True)],
        biases=[normal(size) for size in sizes[1:]],
        edges=np.sort(normal(2, 5), axis=1),
        activation=activation,
    )


def random_rows(n_samples):
    rng = np.random.default_rng(1)
    categorical = np.column_stack(
        [rng.integers(20, size=n_samples), rng.integers(6, size=n_samples)]
    )
    numerical = rng.standard_normal((n_samples, 3)).astype(np.float32)
    return Coded(categorical.astype(np.int32), numerical)


def exact_forward(weights, coded):
    """The same network in double precision, all rows at once."""
    x = weights.first_input(coded, weights.number_vectors).astype(np.float64)
    for kernel, bias in zip(weights.kernels[:-1], weights.biases[:-1], strict=True):
        x = EXACT[weights.activation](x @ kernel.astype(np.float64) + bias)
    return x @ weights.kernels[-1].astype(np.float64) + weights.biases[-1]


# The wide layers are multiplied in parts, the last of them narrower than the others.
@pytest.mark.parametrize("hidden", [(), (7,), (256, 128), (1000, 530)])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_row_has_the_same_bits_wherever_it_stands(hidden, n_outputs):
    weights = random_weights(hidden, n_outputs)
    coded = random_rows(ROWS_AT_A_TIME + ROWS_PER_BLOCK + 3)
    together = weights.forward(coded)
    assert len(np.unique(together, axis=0)) == len(together)
    order = np.random.default_rng(2).permutation(len(coded))
    assert_array_equal(weights.forward(coded[order]), together[order])
    for row in range(0, len(coded), 41):
        assert_array_equal(weights.forward(coded[row : row + 1]), together[row : row + 1])


@pytest.mark.parametrize(
    "n_samples", [0, 1, ROWS_PER_BLOCK, ROWS_AT_A_TIME - 1, ROWS_AT_A_TIME + 1]
)
def test_any_number_of_rows_can_be_predicted(n_samples):
    weights, coded = random_weights((9,), 2), random_rows(n_samples)
    output = weights.forward(coded)
    assert output.dtype == np.float64
    assert_allclose(output, exact_forward(weights, coded), rtol=0, atol=1e-6)


@pytest.mark.parametrize("hidden", [(7,), (256, 128), (1000, 530)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_costs_less_than_a_millionth(activation, hidden):
    weights, coded = random_weights(hidden, 2, activation), random_rows(100)
    exact = exact_forward(weights, coded)
    assert_allclose(weights.forward(coded), exact, rtol=0, atol=3e-6 * np.abs(exact).max())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_neither_overflow_nor_lose_the_tails(activation):
    x = np.array([-1e4, -200, -89, -20, -1, 0, 1, 20, 89, 200, 1e4], dtype=np.float32)
    value = ACTIVATIONS[activation](x.copy())
    assert value.dtype == np.float32
    assert_allclose(value, EXACT[activation](x.astype(np.float64)), rtol=1e-6, atol=1e-6)


def test_a_prediction_changes_neither_weights_nor_codes():
    weights, coded = random_weights((8,), 1), random_rows(50)
    before = [a.copy() for a in (*weights.tables, *weights.kernels, *weights.biases)]
    before += [coded.categorical.copy(), coded.numerical.copy()]
    weights.forward(coded)
    after = [*weights.tables, *weights.kernels, *weights.biases, coded.categorical, coded.numerical]
    for array, expected in zip(after, before, strict=True):
        assert_array_equal(array, expected)


def test_memory_does_not_grow_with_the_rows():
    weights = random_weights((256, 128), 1)

    def peak(n_samples):
        coded = random_rows(n_samples)
        tracemalloc.start()
        weights.forward(coded)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used - 8 * n_samples  # without the output itself

    assert peak(20 * ROWS_AT_A_TIME) < 1.5 * peak(2 * ROWS_AT_A_TIME)


def test_a_prediction_of_one_row_is_that_of_the_table(small, sales, revenue):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    together = estimator.predict(sales)
    alone = [estimator.predict(sales.iloc[[row]])[0] for row in range(len(sales))]
    assert_array_equal(alone, together)
