"""The forward pass in NumPy: one result per row, in small memory, for every shape of network."""

import numpy as np
import pytest
from counting import peak_memory
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from sk_entity import EntityEmbeddingRegressor
from sk_entity._predict.forward import (
    ACTIVATIONS,
    ROWS_PER_BLOCK,
    ROWS_PER_PASS,
    first_input,
    forward,
)
from sk_entity._predict.numbers import NumberVectors
from sk_entity._predict.weights import EmbeddingTable, Layer, NumericTable, Weights
from sk_entity._table.coder import CodedTable

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
    tables = [normal(20, 5), normal(6, 3)]
    steps = [normal(4, 2), normal(4, 2)]
    edges = np.sort(normal(2, 5), axis=1)
    shapes = zip(sizes[:-1], sizes[1:], strict=True)
    return Weights(
        tables=tuple(EmbeddingTable(t, t, t[0]) for t in tables),
        numeric_tables=tuple(NumericTable(e, s, s) for e, s in zip(edges, steps, strict=True)),
        layers=tuple(Layer(normal(n_in, n_out), normal(n_out)) for n_in, n_out in shapes),
        activation=activation,
    )


def arrays_of(weights):
    return [
        *(table.mean for table in weights.tables),
        *(array for layer in weights.layers for array in (layer.kernel, layer.bias)),
    ]


def random_rows(n_samples):
    rng = np.random.default_rng(1)
    categorical = np.column_stack(
        [rng.integers(20, size=n_samples), rng.integers(6, size=n_samples)]
    )
    numerical = rng.standard_normal((n_samples, 3)).astype(np.float32)
    return CodedTable(categorical.astype(np.int32), numerical)


def exact_forward(weights, coded):
    """The same network in double precision, all rows at once."""
    x = first_input(weights, NumberVectors(weights.numeric_tables), coded).astype(np.float64)
    *hidden, last = weights.layers
    for layer in hidden:
        x = EXACT[weights.activation](x @ layer.kernel.astype(np.float64) + layer.bias)
    return x @ last.kernel.astype(np.float64) + last.bias


# The wide layers are multiplied in parts, the last of them narrower than the others.
@pytest.mark.parametrize("hidden", [(), (7,), (256, 128), (1000, 530)])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_row_has_the_same_bits_wherever_it_stands(hidden, n_outputs):
    weights = random_weights(hidden, n_outputs)
    coded = random_rows(ROWS_PER_PASS + ROWS_PER_BLOCK + 3)
    together = forward(weights, coded)
    assert len(np.unique(together, axis=0)) == len(together)
    order = np.random.default_rng(2).permutation(len(coded))
    assert_array_equal(forward(weights, coded[order]), together[order])
    for row in range(0, len(coded), 41):
        assert_array_equal(forward(weights, coded[row : row + 1]), together[row : row + 1])


@pytest.mark.parametrize("n_samples", [0, 1, ROWS_PER_BLOCK, ROWS_PER_PASS - 1, ROWS_PER_PASS + 1])
def test_any_number_of_rows_can_be_predicted(n_samples):
    weights, coded = random_weights((9,), 2), random_rows(n_samples)
    output = forward(weights, coded)
    assert output.dtype == np.float64
    assert_allclose(output, exact_forward(weights, coded), rtol=0, atol=1e-6)


@pytest.mark.parametrize("hidden", [(7,), (256, 128), (1000, 530)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_costs_less_than_a_millionth(activation, hidden):
    weights, coded = random_weights(hidden, 2, activation), random_rows(100)
    exact = exact_forward(weights, coded)
    assert_allclose(forward(weights, coded), exact, rtol=0, atol=3e-6 * np.abs(exact).max())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_neither_overflow_nor_lose_the_tails(activation):
    x = np.array([-1e4, -200, -89, -20, -1, 0, 1, 20, 89, 200, 1e4], dtype=np.float32)
    value = ACTIVATIONS[activation](x.copy())
    assert value.dtype == np.float32
    assert_allclose(value, EXACT[activation](x.astype(np.float64)), rtol=1e-6, atol=1e-6)


def test_a_prediction_changes_neither_weights_nor_codes():
    weights, coded = random_weights((8,), 1), random_rows(50)
    before = [a.copy() for a in arrays_of(weights)]
    before += [coded.categorical.copy(), coded.numerical.copy()]
    forward(weights, coded)
    after = [*arrays_of(weights), coded.categorical, coded.numerical]
    for array, expected in zip(after, before, strict=True):
        assert_array_equal(array, expected)


def test_memory_does_not_grow_with_the_rows():
    weights = random_weights((256, 128), 1)

    def peak(n_samples):
        coded = random_rows(n_samples)
        used, output = peak_memory(lambda: forward(weights, coded))
        return used - output.nbytes

    assert peak(20 * ROWS_PER_PASS) < 1.5 * peak(2 * ROWS_PER_PASS)


def test_a_row_is_predicted_alike_in_any_number_and_order_of_rows(small, sales, revenue):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    together = estimator.predict(sales)
    alone = [estimator.predict(sales.iloc[[row]])[0] for row in range(len(sales))]
    assert_array_equal(alone, together)
    order = np.random.default_rng(0).permutation(len(sales))
    assert_array_equal(estimator.predict(sales.iloc[order]), together[order])
