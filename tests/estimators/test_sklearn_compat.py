"""What differs between versions of scikit-learn is made up for, whichever is installed."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator
from sklearn.utils import validation

from sk_entity._estimators.sklearn_compat import check_feature_names

TABLES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "Arrow": pa.table,
}
ROWS = {"shop": ["north", "south"], "city": ["south", "north"], "price": [1.0, 2.0]}


@pytest.fixture(autouse=True)
def only_pandas_has_names(monkeypatch):
    """As in scikit-learn 1.6, 1.7 and 1.8, of the tables of polars 2."""
    see = validation._get_feature_names
    monkeypatch.setattr(
        validation, "_get_feature_names", lambda X: see(X) if isinstance(X, pd.DataFrame) else None
    )


def test_scikit_learn_would_let_swapped_columns_pass():
    estimator = BaseEstimator()
    for X in (pl.DataFrame(ROWS), pl.DataFrame(ROWS)[:, ::-1]):
        validation.validate_data(estimator, X, skip_check_array=True)
    assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize("other", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_names_are_learned_and_compared_in_every_table(table, other):
    estimator = BaseEstimator()
    check_feature_names(estimator, table(ROWS), reset=True)
    assert estimator.feature_names_in_.tolist() == list(ROWS)
    assert estimator.n_features_in_ == 3

    check_feature_names(estimator, other(ROWS), reset=False)
    with pytest.raises(ValueError, match="must be in the same order"):
        check_feature_names(estimator, other(dict(reversed(ROWS.items()))), reset=False)
    fewer = {name: ROWS[name] for name in ("shop", "price")}
    with pytest.raises(ValueError, match="yet now missing:\n- city"):
        check_feature_names(estimator, other(fewer), reset=False)
    with pytest.raises(ValueError, match="unseen at fit time:\n- town"):
        check_feature_names(estimator, other(ROWS | {"town": [1, 2]}), reset=False)
