"""The vector of a number is the product of its positions within bins with the steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._predict.numbers import Bins, NumberVectors
from sk_entity._predict.weights import NumericTable

# The second bin of the first column has no width: from its edge on, a number is above it.
EDGES = [[0.0, 1.0, 1.0, 3.0], [-2.0, -1.0, 0.0, 4.0]]
STEPS = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
TABLES = tuple(
    NumericTable(np.array(edges, dtype=np.float32), steps, steps)
    for edges, steps in zip(EDGES, STEPS, strict=True)
)
# Of the first column, then of the second: number, its bin, and the part of the bin below it.
PLACES = [
    (-1.0, 0, 0.0, -3.0, 0, 0.0),
    (0.25, 0, 0.25, -1.5, 0, 0.5),
    (1.0, 2, 0.0, -1.0, 1, 0.0),
    (2.0, 2, 0.5, 3.0, 2, 0.75),
    (9.0, 2, 1.0, 99.0, 2, 1.0),
]
NUMBERS = np.array([[x, z, 7.0] for x, _, _, z, _, _ in PLACES], dtype=np.float32)


def test_a_number_is_placed_in_its_bin():
    bins, fraction = Bins(TABLES).place(NUMBERS)  # the third number has no vector
    assert_array_equal(bins, [[b, d] for _, b, _, _, d, _ in PLACES])
    assert_array_equal(fraction, [[f, g] for _, _, f, _, _, g in PLACES])


def test_positions_are_half_below_the_number_and_minus_half_above():
    positions = Bins(TABLES).positions(NUMBERS)
    assert positions.dtype == np.float32
    assert_array_equal(positions[1], [-0.25, -0.5, -0.5, 0.0, -0.5, -0.5])
    assert_array_equal(positions[3], [0.5, 0.5, 0.0, 0.5, 0.5, 0.25])


def test_vectors_are_positions_times_steps():
    vectors = NumberVectors(TABLES).look_up(NUMBERS)
    assert vectors.dtype == np.float32
    positions = Bins(TABLES).positions(NUMBERS).reshape(5, 2, 3)
    assert_allclose(vectors, np.einsum("nck,ckd->ncd", positions, STEPS).reshape(5, 8), atol=1e-6)


@pytest.mark.parametrize("n_numbers", [0, 2])
def test_without_tables_no_number_has_a_vector(n_numbers):
    numbers = np.zeros((5, n_numbers), dtype=np.float32)
    assert NumberVectors(()).look_up(numbers).shape == (5, 0)
    assert Bins(()).positions(numbers).shape == (5, 0)
