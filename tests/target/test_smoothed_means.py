from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sk_entity._table.coder import CodedTable
from sk_entity._target.classification import ClassificationTarget
from sk_entity._target.examples import Examples
from sk_entity._target.regression import RegressionTarget
from sk_entity._target.responses import NumberResponses
from sk_entity._target.shrinkage import MOST_SMOOTHING, smoothing_of, variances
from sk_entity._target.smoothed_means import LevelSums, SmoothedMeans, learn_smoothed_means


class AsItIs:
    def working_response(self, coded):
        return NumberResponses(coded)


def learn(codes, target, n_rows=None, weight=None, unit=None):
    codes = np.asarray(codes)
    if unit is None:
        target = np.asarray(target, dtype=float).reshape(len(codes), -1)
    training = Examples(CodedTable(codes[:, None], np.empty((len(codes), 0))), target, weight)
    column = SimpleNamespace(vocabulary=SimpleNamespace(n_rows=n_rows or codes.max() + 1))
    return learn_smoothed_means([column], unit or AsItIs(), training)[0]


def many_levels(rng, deviation, n_levels=2000, most_rows=8):
    """Levels of a few rows each, whose true means differ by this deviation; noise is 1."""
    true = rng.normal(0, deviation, n_levels)
    codes = np.repeat(np.arange(n_levels), rng.integers(1, most_rows + 1, n_levels))
    return true, codes, true[codes] + rng.normal(size=len(codes))


@pytest.mark.parametrize("deviation", [0.3, 1.0, 3.0])
def test_effects_are_the_best_smoothed_means(deviation):
    true, codes, target = many_levels(np.random.default_rng(0), deviation)
    effects = learn(codes, target)
    counts = np.bincount(codes)
    mean = np.bincount(codes, target) / counts
    error = np.mean((effects.effects[:, 0] - true) ** 2)
    others = [np.mean((mean * counts / (counts + p) - true) ** 2) for p in np.logspace(-3, 3, 40)]
    assert error < 1.05 * min(others)


@pytest.mark.parametrize("deviation", [0.3, 1.0, 3.0])
def test_deviations_are_those_of_the_true_effects(deviation):
    true, codes, target = many_levels(np.random.default_rng(1), deviation)
    effects = learn(codes, target)
    z = (effects.effects[:, 0] - true) / effects.deviations[:, 0]
    assert 0.9 < z.std() < 1.1


def test_a_level_that_tells_nothing_keeps_its_order():
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(10), 20)
    target = rng.normal(size=200)
    target -= (np.bincount(codes, target) / 20)[codes]  # less between levels than by chance
    target += 0.01 * codes
    effects = learn(codes, target).effects[:, 0]
    assert (np.diff(effects) > 0).all()
    assert_allclose(effects, 20 / (20 + MOST_SMOOTHING) * 0.01 * (np.arange(10) - 4.5), 1e-4)


def test_levels_without_rows_have_no_effect_and_the_deviation_of_any():
    true, codes, target = many_levels(np.random.default_rng(2), 2.0)
    effects = learn(codes, target, n_rows=len(true) + 1)
    assert effects.effects[-1] == 0
    assert_allclose(effects.deviations[-1], 2.0, rtol=0.05)


def test_without_noise_nothing_is_shrunk():
    effects = learn([0, 0, 1, 1, 1], [1.0, 1.0, -2.0, -2.0, -2.0])
    assert_allclose(effects.effects[:, 0], np.array([1.0, -2.0]) + 0.8, rtol=1e-6)
    assert_allclose(effects.deviations, 0, atol=1e-6)


@pytest.mark.parametrize("codes", [[0, 0, 0], [0, 1, 2]])
def test_one_level_or_one_row_per_level_tells_little(codes):
    means = learn(codes, [1.0, 2.0, 6.0]).effects
    assert np.isfinite(means).all()
    assert abs(means).max() <= 3 / MOST_SMOOTHING


def test_weights_count_as_rows_whatever_their_scale():
    rng = np.random.default_rng(0)
    codes, target, weight = rng.integers(0, 5, 60), rng.normal(size=60), rng.integers(0, 3, 60)
    target += codes
    weighted = learn(codes, target, n_rows=5, weight=weight.astype(float))
    # With a mean of 1 the weights add up to the number of rows there are.
    scaled = weight / weight.mean()
    centered = target - np.average(target, weights=weight)
    mass = np.bincount(codes, scaled)
    mean = np.bincount(codes, scaled * centered) / mass
    within, between = variances(mass, mean, (scaled * centered**2).sum())
    smoothing = smoothing_of(within, between)
    assert_allclose(weighted.effects[:, 0], mass * mean / (mass + smoothing), rtol=1e-6)
    assert_allclose(weighted.deviations[:, 0], np.sqrt(within / (mass + smoothing)), rtol=1e-6)
    repeated = np.repeat(codes, weight), np.repeat(target, weight)
    means = np.bincount(*repeated[:1], weights=repeated[1]) / np.bincount(repeated[0])
    assert_allclose(mean, means - repeated[1].mean())
    sevenfold = learn(codes, target, n_rows=5, weight=7.0 * weight)
    assert_allclose(sevenfold.effects, weighted.effects, rtol=1e-6)


def test_each_output_has_its_own_effect():
    rng = np.random.default_rng(0)
    codes, target = rng.integers(0, 5, 60), rng.normal(size=(60, 3))
    together = learn(codes, target)
    for k in range(3):
        alone = learn(codes, target[:, k])
        assert_allclose(together.effects[:, [k]], alone.effects)
        assert_allclose(together.deviations[:, [k]], alone.deviations)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e3, 1e3)), min_size=2, max_size=30))
def test_effects_never_exceed_the_means(rows):
    codes, target = (np.array(x) for x in zip(*rows, strict=True))
    effects = learn(codes, target, n_rows=4)
    counts = np.bincount(codes, minlength=4)
    mean = np.bincount(codes, target - target.mean(), minlength=4) / np.maximum(counts, 1)
    assert (abs(effects.effects[:, 0]) <= abs(mean) * (1 + 1e-6) + 1e-6).all()
    assert (effects.effects[:, 0] * mean >= -1e-6).all()
    assert np.isfinite(effects.deviations).all()


def test_effects_on_a_regression_are_in_deviations_of_the_target():
    y = np.array([10.0, 10.0, 30.0, 30.0])
    unit = RegressionTarget.learn(y, None, "identity")
    effects = learn([0, 0, 1, 1], unit.code(y), unit=unit)
    assert_allclose(effects.effects[:, 0], [-1.0, 1.0])
    assert_allclose(effects.effects[:, 0] * unit.working_unit, [-10.0, 10.0])


def test_effects_with_a_log_link_are_in_shares_of_the_mean():
    y = np.array([9.0, 9.0, 11.0, 11.0])
    unit = RegressionTarget.learn(y, None, "log")
    effects = learn([0, 0, 1, 1], unit.code(y), unit=unit)
    assert_allclose(effects.effects[:, 0], np.log([0.9, 1.1]), atol=0.01)
    assert_allclose(effects.effects[:, 0] * unit.working_unit, [-0.1, 0.1], rtol=1e-6)


def test_effects_on_two_classes_are_log_odds_to_first_order():
    classes = np.repeat([0, 1], 500)
    codes = np.zeros(1000, dtype=int)
    codes[245:755] = 1  # 255 of each class in level 1
    codes[755:765] = 1  # and ten more of the second
    unit = ClassificationTarget.learn(classes, None)
    effects = learn(codes, classes, unit=unit).effects
    assert_allclose(effects, 4 * learn(codes, 1.0 * classes).effects, rtol=1e-6)
    assert 0 < effects[1, 0] < np.log(265 / 255)


def test_effects_on_three_classes_are_one_per_class():
    classes = np.repeat([0, 1, 2], 100)
    codes = (classes == 2) * 1
    unit = ClassificationTarget.learn(classes, None)
    effects = learn(codes, classes, unit=unit).effects
    assert effects.shape == (2, 3)
    assert_allclose(effects[1], np.array([-1 / 3, -1 / 3, 2 / 3]) / (2 / 9), rtol=0.05)


def sums(codes, target, n_rows, weight=None):
    response = np.asarray(target, dtype=float).reshape(len(codes), -1)
    return LevelSums.count(np.asarray(codes), n_rows, NumberResponses(response), weight)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.floats(-3, 3), st.floats(0.1, 3)), min_size=6, max_size=30
    ),
    st.integers(3, 5),
)
def test_further_rows_change_means_as_if_all_had_come_at_once(rows, cut):
    codes, target, weight = (np.array(x) for x in zip(*rows, strict=True))
    at_once = SmoothedMeans.of(sums(codes, target, 5, weight))
    first = SmoothedMeans.of(sums(codes[:cut], target[:cut], 5, weight[:cut]))
    updated = first.update(sums(codes[cut:], target[cut:], 5, weight[cut:]))
    shift = at_once.reference - first.reference
    assert_allclose(updated.effects, at_once.effects + shift, atol=1e-4)
    assert (updated.seen == at_once.seen).all()


def test_deviations_are_those_of_all_rows():
    _, codes, target = many_levels(np.random.default_rng(0), 1.0, n_levels=50)
    order = np.random.default_rng(1).permutation(len(codes))
    first, then = order[:60], order[60:]
    at_once = SmoothedMeans.of(sums(codes, target, 50))
    updated = SmoothedMeans.of(sums(codes[first], target[first], 50)).update(
        sums(codes[then], target[then], 50)
    )
    assert_allclose(updated.deviations, at_once.deviations, rtol=1e-5)


def test_effects_are_measured_from_the_first_mean():
    first = SmoothedMeans.of(sums([0, 0, 1, 1], [-1.0, -1.1, 1.0, 1.1], 3))
    later = first.update(sums([0, 1] * 50, [4.0, 6.0] * 50, 3))
    assert first.effects[2] == 0
    assert 4 < later.effects[2] < 5.5
    assert 0.5 < later.effects[1] - later.effects[2] < 1.5


def test_new_rows_are_smoothed_as_the_old_ones_are():
    rng = np.random.default_rng(0)
    _, codes, target = many_levels(rng, 1.0, n_levels=50)
    before = SmoothedMeans.of(sums(codes, target, 50))
    mean = target.mean()
    after = before.extend(sums([50, 50, 51], [mean + 2, mean + 2, mean + 2], 52))
    assert (after.effects[:50] == before.effects).all()
    assert (after.deviations[:50] == before.deviations).all()
    two, one = after.effects[50:, 0]
    assert 0 < one < two < 2
    # n * 2 / (n + smoothing): two equations, one smoothing
    assert_allclose(2 * 2 / two - 2, 2 / one - 1, rtol=1e-4)
    assert after.sums.n_samples == len(codes) + 3
