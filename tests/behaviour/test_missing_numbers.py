"""A number that is missing counts as the median, and training tells it apart if it can."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sk_entity import EntityEmbeddingRegressor


@pytest.fixture
def houses():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "zip": rng.choice(["a", "b"], 80),
            "area": rng.gamma(2.0, 50.0, 80),
            "year": np.where(rng.random(80) < 0.3, np.nan, rng.integers(1900, 2020, 80)),
        }
    )
    return X, X["area"] + 50 * X["year"].isna() + rng.normal(size=80)


def test_numbers_missing_at_fit_add_an_indicator_to_what_the_network_receives(houses, small):
    X, y = houses
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    _, numerical = model.to_codes(X)
    assert model.state_.coder.numerical_names == ["area", "year", "year_missing"]
    np.testing.assert_array_equal(numerical[:, 2], X["year"].isna())
    np.testing.assert_array_equal(numerical[X["year"].isna(), 1], 0)


def test_numbers_missing_for_the_first_time_at_predict_count_as_the_median(houses, small):
    X, y = houses
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    median = np.quantile(X["area"], 0.5, method="inverted_cdf")
    np.testing.assert_array_equal(
        model.predict(X.assign(area=np.nan)), model.predict(X.assign(area=median))
    )
    nothing = pl.DataFrame(X).with_columns(area=pl.lit(None))
    np.testing.assert_array_equal(model.predict(nothing), model.predict(X.assign(area=median)))
