"""Means are drawn to the average by the variance within levels over that between them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sk_entity._target.shrinkage import MOST_SMOOTHING, center, smooth, smoothing_of, variances


def test_centering_gives_a_target_of_mean_zero_and_weights_of_mean_one():
    target, weight = np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 4.0])
    centered, scaled = center(target, weight)
    assert_allclose(centered, target - 27 / 6)
    assert_allclose(scaled, [0.5, 0.5, 2.0])
    centered, scaled = center(np.column_stack([target, -target]), None)
    assert_allclose(centered, [[-2, 2], [-1, 1], [3, -3]])
    assert_allclose(scaled, 1)


def test_variances_are_those_of_an_analysis_of_variance():
    rng = np.random.default_rng(0)
    y = rng.normal(0, 2, (50, 1)) + rng.normal(size=(50, 4))  # 50 levels of 4 rows
    y -= y.mean()
    mean = y.mean(axis=1)
    within = ((y - mean[:, None]) ** 2).sum() / (200 - 50)
    between = (4 * (mean**2).sum() / 49 - within) / 4
    found = variances(np.full(50, 4.0), mean, (y**2).sum())
    assert_allclose(found, (within, between))


def test_variances_of_levels_of_unequal_size_are_unbiased():
    rng = np.random.default_rng(0)
    mass = np.array([1.0, 1, 2, 3, 5, 8, 40])
    level = np.repeat(np.arange(7), mass.astype(int))
    found = []
    for _ in range(4000):
        y = rng.normal(0, 1.5, 7)[level] + rng.normal(size=60)
        y -= y.mean()
        mean = np.bincount(level, y) / mass
        found.append(variances(mass, mean, (y**2).sum()))
    within, between = np.mean(found, axis=0)
    assert within == pytest.approx(1.0, rel=0.02)
    assert between == pytest.approx(2.25, rel=0.1)


def test_nothing_is_between_where_means_differ_less_than_by_chance():
    within, between = variances(np.array([10.0, 10.0]), np.array([0.1, -0.1]), 20.0)
    assert between == 0
    assert within == pytest.approx((20 - 0.2) / 18)


@pytest.mark.parametrize("mass", [[3.0], [1.0, 1.0, 1.0]])
def test_one_level_or_one_row_per_level_says_nothing_of_what_is_between(mass):
    assert variances(np.array(mass), np.zeros(len(mass)), 6.0) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("within", "between", "smoothing"),
    [
        (4.0, 0.5, 8.0),
        (0.0, 2.0, 0.0),
        (4.0, 1e-9, MOST_SMOOTHING),
        (4.0, 0.0, MOST_SMOOTHING),
        (0.0, 0.0, MOST_SMOOTHING),
    ],
)
def test_the_smoothing_is_the_ratio_of_the_variances_up_to_a_limit(within, between, smoothing):
    assert smoothing_of(within, between) == smoothing


def test_a_mean_of_as_many_rows_as_the_smoothing_is_halved():
    assert_allclose(smooth(np.array([8.0, -3.0]), np.array([2.0, 6.0]), 6.0), [1.0, -0.25])


def test_variances_are_those_of_a_random_effect():
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(2000), rng.integers(1, 9, 2000))
    target = rng.normal(0, 0.7, 2000)[codes] + rng.normal(size=len(codes))
    target = target - target.mean()
    mass = np.bincount(codes)
    within, between = variances(mass, np.bincount(codes, target) / mass, (target**2).sum())
    assert_allclose([within, between], [1.0, 0.49], rtol=0.1)
