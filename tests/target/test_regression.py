"""The unit of a continuous target: it does not matter, and predictions come back in it."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sk_entity import EntityEmbeddingRegressor
from sk_entity._target.regression import RegressionTarget

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
weights = st.floats(0.1, 10)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(numbers, numbers, weights), min_size=2, max_size=10))
def test_decoding_undoes_coding(rows):
    *y, weight = np.array(rows).T
    for target in (y[0], np.column_stack(y)):
        columns = target.reshape(len(target), -1)
        assume((np.ptp(columns, axis=0) > 1e-3 * np.abs(columns).max(axis=0)).all())
        learned = RegressionTarget.learn(target, weight, "identity")
        decoded = learned.decode(learned.code(target).astype(np.float64))
        assert decoded.shape == target.shape
        np.testing.assert_allclose(decoded, target, rtol=1e-3, atol=1e-5 * np.abs(target).max())


def test_a_log_link_reads_the_output_as_the_logarithm_of_the_rate_over_the_mean():
    y = np.array([1.0, 2.0, 6.0])
    target = RegressionTarget.learn(y, None, "log")
    np.testing.assert_allclose(target.code(y)[:, 0], y / 3)
    np.testing.assert_allclose(target.decode(np.log(target.code(y))), y, rtol=1e-6)
    np.testing.assert_allclose(target.decode(np.zeros((2, 1))), [3, 3])


def test_the_unit_is_the_weighted_mean_and_deviation():
    y, weight = np.array([1.0, 2, 6, 100]), np.array([1.0, 2, 1, 0])
    target = RegressionTarget.learn(y, weight, "identity")
    repeated = np.array([1.0, 2, 2, 6])
    np.testing.assert_allclose(target.offset, repeated.mean())
    np.testing.assert_allclose(target.scale, repeated.std())
    assert RegressionTarget.learn(y, weight, "log").scale == repeated.mean()


@pytest.mark.parametrize("unit", [1e-200, 1e-30, 1e30, 1e200])
def test_the_unit_of_y_does_not_matter(unit):
    y = np.array([1.0, 2.0, 6.0])
    coded = RegressionTarget.learn(y * unit, None, "identity").code(y * unit)
    expected = RegressionTarget.learn(y, None, "identity").code(y)
    np.testing.assert_allclose(coded, expected, rtol=1e-6)


def test_the_output_starts_at_the_mean():
    y = np.array([[1.0, 10], [3, 20]])
    for link in ("identity", "log"):
        target = RegressionTarget.learn(y, None, link)
        np.testing.assert_allclose(target.decode(target.initial_output[None, :]), [[2, 15]])


def test_a_constant_target_is_refused_among_the_rows_that_count():
    with pytest.raises(ValueError, match=r"y is constant \(5 in all 3 rows"):
        RegressionTarget.learn(np.full(3, 5.0), None, "identity")
    with pytest.raises(ValueError, match=r"y is constant \(5 in all 2 rows of positive weight"):
        RegressionTarget.learn(np.array([5.0, 5, 6]), np.array([1.0, 1, 0]), "identity")
    with pytest.raises(ValueError, match=r"y\[:, 1\] is constant"):
        RegressionTarget.learn(np.array([[1.0, 5], [2, 5]]), None, "identity")


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_predictions_are_in_the_unit_of_y(loss, sales, revenue, small):
    small["max_iter"] = 40
    for unit in (1.0, 1000.0):
        model = EntityEmbeddingRegressor(**small, loss=loss).fit(sales, unit * revenue)
        error = np.abs(model.predict(sales) - unit * revenue).mean()
        assert error < 0.5 * unit * np.abs(revenue - revenue.mean()).mean()


@pytest.mark.parametrize("factor", [1e-290, 1e290])
@pytest.mark.parametrize("link", ["identity", "log"])
def test_the_unit_is_learned_far_from_one(factor, link):
    y = factor * np.array([1.0, 2.0, 4.0])
    target = RegressionTarget.learn(y, None, link)
    near = RegressionTarget.learn(y / factor, None, link)
    assert_allclose(target.code(y), near.code(y / factor), rtol=1e-6)


@pytest.mark.parametrize("link", ["identity", "log"])
def test_a_unit_below_the_precision_of_floats_is_refused(link):
    with pytest.raises(ValueError, match="y is too small or varies too little"):
        RegressionTarget.learn(np.array([0.0, 5e-324, 0.0]), None, link)


@pytest.mark.parametrize("value", [1e300, -1e30])
def test_a_value_too_far_off_for_the_unit_is_refused(value):
    target = RegressionTarget.learn(np.array([1.0, 2.0, 4.0]), None, "identity")
    with pytest.raises(ValueError, match="y holds .* which is more than 1e\\+18 times as far off"):
        target.code(np.array([1.0, value]))


def test_rows_of_weight_zero_have_no_part_in_the_unit():
    y, weight = np.array([1.0, 2.0, 4.0, 1e300]), np.array([1.0, 1.0, 1.0, 0.0])
    found = RegressionTarget.learn(y, weight, "identity")
    assert_allclose(found.scale, y[:3].std())
