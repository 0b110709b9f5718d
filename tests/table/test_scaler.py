import dataclasses

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sk_entity._table.scaler import N_BINS, NumericScaler


def learn(values, sample_weight=None):
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, dtype=float)
    return NumericScaler.learn(np.asarray(values, dtype=float), sample_weight)


def apply(scaler, values):
    return scaler.apply(np.asarray(values, dtype=float))


def test_median_becomes_zero_and_the_interquartile_range_one():
    scaler = learn(range(101))
    assert (scaler.center, scaler.scale) == (50, 50)
    scaled, missing = apply(scaler, [50, 100, 0])
    np.testing.assert_allclose(scaled, np.array([0, 1, -1]) / np.sqrt(1 + 1 / 9))
    assert not missing.any()
    assert not scaler.has_indicator


def test_outliers_keep_their_order_and_lose_their_weight():
    scaler = learn(range(101))
    values = np.array([-1e9, -1e3, 0, 50, 100, 1e3, 1e6])
    scaled, _ = apply(scaler, values)
    assert (np.diff(scaled) > 0).all()
    assert np.abs(scaled).max() <= 3


def test_where_most_values_are_equal_half_the_range_is_the_scale():
    assert learn([0] * 99 + [8]).scale == 4


def test_a_constant_column_becomes_zero_even_for_new_values():
    scaled, _ = apply(learn([7, 7, 7]), [7, -100, 1e300])
    assert scaled.tolist() == [0, 0, 0]


def test_missing_at_fit_is_the_median_with_an_indicator():
    scaler = learn([1, 2, 3, np.nan])
    assert scaler.has_indicator
    assert scaler.center == 2
    scaled, missing = apply(scaler, [np.nan, 2, 3])
    assert scaled[0] == scaled[1] == 0
    assert missing.tolist() == [True, False, False]


def test_a_column_without_value_in_any_training_row_is_constant():
    scaler = learn([np.nan, np.nan], [1, 2])
    scaled, _ = apply(scaler, [5, np.nan])
    assert scaled.tolist() == [0, 0]
    assert not scaler.has_indicator  # which would say so for the first time at predict


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    training=st.lists(finite | st.just(np.nan), min_size=1, max_size=8),
    values=st.lists(finite | st.just(np.nan), min_size=1, max_size=8),
)
@example([-1.7e308, 1.7e308], [-1.7e308, 0.0, 1.7e308])
@example([1.7e308], [-1.7e308])
@example([0.0, 5e-324], [-1.0, 5e-324, 1.7e308])
def test_every_finite_number_is_scaled_to_a_finite_one_in_order(training, values):
    scaled, missing = apply(learn(training), values)
    assert np.isfinite(scaled).all()
    assert np.abs(scaled).max() <= 3
    assert missing.tolist() == np.isnan(values).tolist()
    present = np.sort(np.asarray(values)[~missing])
    assert (np.diff(apply(learn(training), present)[0]) >= 0).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.tuples(finite | st.just(np.nan), st.integers(1, 4)), min_size=1, max_size=8)
)
def test_a_whole_weight_counts_as_so_many_rows(rows):
    values, weights = map(list, zip(*rows, strict=True))
    assert_same(learn(values, weights), learn(np.repeat(values, weights)))
    assert_same(learn(values, np.ones(len(values))), learn(values))


def assert_same(one, other):
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(values=st.lists(finite, min_size=1, max_size=60))
def test_bins_ascend_within_the_scaled_values(values):
    scaler = learn(values)
    scaled, _ = apply(scaler, values)
    assert scaler.edges.shape == (N_BINS + 1,)
    assert (np.diff(scaler.edges) >= 0).all()
    assert scaler.edges[0] == scaled.min()
    assert scaler.edges[-1] == scaled.max()


def test_a_value_that_most_rows_share_leaves_bins_to_the_others():
    scaler = learn([0.0] * 900 + list(range(1, 101)))
    of_zero, _ = apply(scaler, [0.0])
    assert np.isclose(scaler.edges, of_zero).sum() < N_BINS / 2


def test_outliers_leave_bins_to_the_others():
    scaler = learn([*np.random.default_rng(0).normal(size=1000), 1e6, 1e7])
    assert (scaler.edges < 2).sum() > 0.9 * N_BINS


def test_input_is_left_as_it_was():
    values = np.array([1.0, np.nan, 3.0])
    NumericScaler.learn(values, None).apply(values)
    np.testing.assert_array_equal(values, [1, np.nan, 3])
