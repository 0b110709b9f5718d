import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sk_entity._vectors.axes import Axes, LinearisedColumn, align

N_ROWS, DIM, N_BACKGROUND = 40, 5, 200
COUNTS = np.random.default_rng(9).integers(1, 30, N_ROWS)


def random_vectors(seed=0, n_outputs=1, *, map_by=None):
    """A table and gradients, if asked for under another map of the table."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(N_ROWS, DIM)) * [3.0, 2.0, 1.0, 0.5, 0.1]
    gradients = rng.normal(0.3, 1, size=(N_BACKGROUND, n_outputs, DIM))
    if map_by is not None:
        table, gradients = table @ map_by, gradients @ np.linalg.inv(map_by).T
    return LinearisedColumn(table, COUNTS, gradients)


def no_effects(n_outputs=1):
    return np.zeros((N_ROWS, n_outputs))


def rotation(seed):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(DIM, DIM)))[0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_a_rotated_copy_of_a_table_is_recovered_exactly(seed, n_outputs):
    effects = np.random.default_rng(1).normal(size=(N_ROWS, n_outputs))
    plain = random_vectors(n_outputs=n_outputs)
    rotated = random_vectors(n_outputs=n_outputs, map_by=rotation(seed))
    axes = Axes.find(plain, effects)
    assert_allclose(rotated.along(axes), plain.along(axes), atol=1e-10)
    found_again = Axes.find(rotated, effects)
    assert_allclose(found_again.sizes, axes.sizes, atol=1e-8)
    assert_allclose(rotated.along(found_again), plain.along(axes), atol=1e-7)


def test_so_is_a_copy_under_any_invertible_map_and_shift():
    plain = random_vectors()
    mapped = random_vectors(map_by=np.random.default_rng(2).normal(size=(DIM, DIM)))
    shifted = LinearisedColumn(
        plain.centered + 7.0, COUNTS, np.sqrt(N_BACKGROUND) * plain.gradients[:, None]
    )
    axes = Axes.find(plain, no_effects())
    assert_allclose(mapped.along(axes), plain.along(axes), atol=1e-8)
    assert_allclose(shifted.along(axes), plain.along(axes), atol=1e-8)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_mean_responses_are_those_of_the_gradients(n_outputs):
    vectors = random_vectors(n_outputs=n_outputs)
    axes = Axes.find(vectors, no_effects(n_outputs))
    gradients = np.sqrt(N_BACKGROUND) * vectors.gradients.reshape(N_BACKGROUND, n_outputs, DIM)
    # All axes are there, so that the coordinates say all of each response.
    expected = vectors.centered @ gradients.mean(axis=0).T
    found = vectors.along(axes) @ axes.mean_responses(n_outputs).T
    assert_allclose(found, expected, atol=1e-8)
    assert axes[:0].mean_responses(n_outputs).shape == (n_outputs, 0)


def test_the_first_axes_are_the_best_ones():
    vectors = random_vectors()
    axes = Axes.find(vectors, no_effects())
    responses = vectors.centered @ vectors.gradients.T
    root = np.sqrt(vectors.frequency)[:, None]
    sizes = np.linalg.svd(root * responses, compute_uv=False)
    assert len(axes) == DIM
    assert_allclose(axes.sizes, sizes[:DIM])
    for k in range(1, DIM + 1):
        kept = vectors.along(axes[:k]) @ axes.directions[:, :k].T
        lost = np.linalg.norm(root * (responses - kept))
        assert_allclose(lost, np.linalg.norm(sizes[k:]), atol=1e-10)


def test_the_average_training_row_is_the_origin_and_axes_are_uncorrelated():
    vectors = random_vectors()
    axes = Axes.find(vectors, no_effects())
    coordinates = vectors.along(axes)
    assert_allclose(vectors.frequency @ coordinates, 0, atol=1e-12)
    covariance = coordinates.T @ (vectors.frequency[:, None] * coordinates)
    assert_allclose(covariance, np.diag(axes.sizes**2), atol=1e-10)


def test_what_the_effects_explain_is_no_part_of_an_axis():
    vectors = random_vectors()
    responses = vectors.centered @ vectors.gradients.T
    assert len(Axes.find(vectors, responses[:, :DIM])) == 0
    one_explained = Axes.find(vectors, responses[:, :1])
    assert len(one_explained) == DIM - 1


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_along_an_axis_the_last_output_rises(n_outputs):
    vectors = random_vectors(n_outputs=n_outputs)
    axes = Axes.find(vectors, no_effects(n_outputs))
    of_last = axes.directions.reshape(N_BACKGROUND, n_outputs, -1)[:, -1]
    assert (of_last.sum(axis=0) > 0).all()


def test_deviations_turn_with_the_axes():
    vectors = random_vectors()
    axes = Axes.find(vectors, no_effects())
    log_deviations = np.log(np.random.default_rng(0).uniform(0.1, 1, size=(N_ROWS, DIM)))
    found = vectors.deviations_along(axes, log_deviations)
    rng = np.random.default_rng(1)
    drawn = np.exp(log_deviations[0]) * rng.normal(size=(50_000, DIM))
    assert_allclose(
        found[0], (drawn @ vectors.gradients.T @ axes.directions).std(axis=0), rtol=0.03
    )


def test_a_table_that_does_nothing_has_no_axes():
    vectors = LinearisedColumn(np.ones((N_ROWS, DIM)), COUNTS, np.ones((N_BACKGROUND, 1, DIM)))
    assert len(Axes.find(vectors, no_effects())) == 0
    assert vectors.along(Axes.find(vectors, no_effects())).shape == (N_ROWS, 0)


def test_alignment_undoes_a_linear_map():
    rng = np.random.default_rng(0)
    reference, mixed = rng.normal(size=(N_ROWS, 3)), rng.normal(size=(3, 3))
    found = align(reference @ mixed, reference, COUNTS)
    assert_allclose(reference @ mixed @ found, reference, atol=1e-10)
    assert align(reference[:, :0], reference[:, :0], COUNTS).shape == (0, 0)


def test_alignment_heeds_only_categories_with_rows():
    rng = np.random.default_rng(0)
    reference, weight = rng.normal(size=(N_ROWS, 2)), COUNTS.copy()
    coordinates = 2 * reference
    coordinates[:5], weight[:5] = 100.0, 0
    assert_allclose(align(coordinates, reference, weight), 0.5 * np.eye(2), atol=1e-12)


def test_many_outputs_take_memory_in_proportion_to_their_number():
    n_outputs = 400
    vectors = random_vectors(n_outputs=n_outputs)
    effects = np.random.default_rng(0).normal(size=(N_ROWS, n_outputs)).astype(np.float32)
    effects[:, 30:] = effects[:, :1]  # else they would explain all vectors
    tracemalloc.start()
    axes = Axes.find(vectors, effects)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(axes) == DIM
    # What has a number for each pair of outputs, in each row, would be 80 times as large.
    assert peak < 4 * vectors.gradients.nbytes
