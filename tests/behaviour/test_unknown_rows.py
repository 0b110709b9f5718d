"""Rows of categories that training never saw are predicted by the learned vector.

Whole categories are held out. Their rows are predicted with the unknown row as
it was learned, then with others put in its place: the mean of the table's rows,
weighted by their training rows; a row as it was before training, drawn from the
initial distribution; and one drawn as wide as the trained rows lie, which is
what a library emits whose rows stay about as long as they started.
"""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingRegressor
from sk_entity._network.embeddings import INITIAL_ROW_DEVIATION

SEEDS = (0, 1, 2)
N_DRAWS = 20


def made_up_shops(seed):
    """Shops whose level and slope are drawn from a distribution."""
    rng = np.random.default_rng(seed)
    shop, price = rng.integers(0, 200, 2000), rng.normal(size=2000)
    level, slope = rng.normal(size=200), rng.normal(1, 1, 200)
    y = level[shop] + slope[shop] * price + rng.normal(0, 0.3, 2000)
    return pd.DataFrame({"shop": shop.astype(str), "price": price}), y, "shop"


def houses(folder):
    X = pd.read_parquet(folder / "kc_house.parquet").sample(10_000, random_state=0)
    X = X.astype({"zipcode": str})
    y = np.log(X["price"].to_numpy())
    return X.drop(columns=["id", "date", "price", "lat", "long"]), y, "zipcode"


def salaries(folder):
    X = pd.read_parquet(folder / "employee_salaries.parquet")
    columns = ["gender", "department", "assignment_category", "employee_position_title"]
    columns += ["year_first_hired"]
    return X[columns], X["current_annual_salary"].to_numpy(), "employee_position_title"


def shops(folder):
    X = pd.read_parquet(folder / "rossmann_train.parquet").query("Sales > 0")
    X = X.sample(10_000, random_state=0)
    X = X.merge(pd.read_parquet(folder / "rossmann_store_states.parquet"), on="Store")
    columns = {c: X[c].astype(str) for c in ("Store", "DayOfWeek", "Promo", "State")}
    columns |= {"month": X["Date"].dt.month, "day": X["Date"].dt.day}
    return pd.DataFrame(columns), np.log(X["Sales"].to_numpy()), "Store"


def hold_out(X, column, random_state):
    """Mask of the rows of every fifth category."""
    categories = np.sort(X[column].unique())
    held = random_state.choice(categories, len(categories) // 5, replace=False)
    return X[column].isin(held).to_numpy()


def embedded(model, name):
    """All that a model knows of a column."""
    return next(column for column in model.state_.columns if column.name == name)


def error_with(model, column, row, X, y):
    """Root mean squared error in standard deviations of y, with this unknown row."""
    table = embedded(model, column).table.mean
    learned = table[0].copy()
    table[0] = row
    error = np.sqrt(np.mean((model.predict(X) - y) ** 2)) / y.std()
    table[0] = learned
    return error


def compare(X, y, column, max_iter, seed):
    """Errors on the held-out rows, by what stands in the unknown row."""
    random_state = np.random.default_rng(seed)
    new = hold_out(X, column, random_state)
    model = EntityEmbeddingRegressor(
        embedding_dim=8,
        embedding_dropout=0.1,
        hidden_layer_sizes=(64,),
        dropout=0.0,
        batch_size=64,
        learning_rate_init=0.003,
        max_iter=max_iter,
        early_stopping=False,
        device="cpu",
        random_state=seed,
    ).fit(X[~new], y[~new])
    learned = embedded(model, column)
    table, counts = learned.table.mean, learned.vocabulary.row_counts
    mean = np.average(table, axis=0, weights=counts)
    deviation = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=counts))
    rows = {
        "learned": [table[0].copy()],
        "mean": [mean],
        "initial": random_state.normal(0, INITIAL_ROW_DEVIATION, (N_DRAWS, len(mean))),
        "as wide as the table": random_state.normal(0, deviation, (N_DRAWS, len(mean))),
    }
    some = new & (random_state.random(len(X)) < 2_000 / new.sum())
    return {
        name: np.mean([error_with(model, column, row, X[some], y[some]) for row in several])
        for name, several in rows.items()
    }


@pytest.mark.slow
def test_rows_of_unseen_categories_are_predicted_best_with_the_learned_vector(one_thread):
    errors = [compare(*made_up_shops(seed), 12, seed) for seed in SEEDS[:2]]
    errors = pd.DataFrame(errors).mean()
    assert errors["learned"] < 0.95 * errors["as wide as the table"]
    assert errors["learned"] < 0.985 * errors["initial"]
    assert errors["learned"] < 1.01 * errors["mean"]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "max_iter"), [(houses, 20), (salaries, 10), (shops, 8)])
def test_so_are_those_of_real_tables(table, max_iter, data_dir, one_thread):
    X, y, column = table(data_dir)
    errors = pd.DataFrame([compare(X, y, column, max_iter, seed) for seed in SEEDS]).mean()
    assert errors["learned"] < 0.97 * errors["as wide as the table"]
    assert errors["learned"] < 0.995 * errors["initial"]
    assert errors["learned"] < 1.01 * errors["mean"]
