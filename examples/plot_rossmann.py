"""
German states and drug stores
=============================

This example is for people who know the two pictures of Guo & Berkhahn (2016): the German states as
a network that predicts sales sees them, and the stores, whose vectors are as far apart as their
sales. It draws both, and measures how much there is in them.

The table of the sales does not come with the library. Set ``SK_ENTITY_DATA`` to a folder with the
three files of Parquet.
"""

# %%
# The network of the paper's table
# --------------------------------
# As in the paper all columns are categories: store, day of the week, promotion, year, month, day
# and state.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

folder = Path(os.environ.get("SK_ENTITY_DATA", "../../shared/data"))
sales = pd.read_parquet(folder / "rossmann_train.parquet").query("Sales > 0")
sales = sales.merge(pd.read_parquet(folder / "rossmann_store_states.parquet"), on="Store")
sales = sales.sample(400_000, random_state=0)
date = sales["Date"].dt
sales = sales.assign(Year=date.year, Month=date.month, Day=date.day, log=np.log(sales["Sales"]))
columns = ["Store", "DayOfWeek", "Promo", "Year", "Month", "Day", "State"]

network = EntityEmbeddingRegressor(categorical_features=columns, max_iter=10, random_state=0)
encoder = EntityEmbeddingEncoder(network).fit(sales[columns], sales["log"])
states = encoder.embeddings_["State"].astype(float)
states.round(2)

# %%
# The states
# ----------
# The effect says how much is sold in a state. The axes say what else makes it different, and they
# are drawn here, beside the capitals of the states on the map. The correlation is between the
# distances of all pairs, in all axes and on the map. Chance is measured by 5,000 permutations of
# the states.

capitals = {
    "BE": (13.40, 52.52),
    "BW": (9.18, 48.78),
    "BY": (11.58, 48.14),
    "HB,NI": (9.73, 52.37),
    "HE": (8.24, 50.08),
    "HH": (9.99, 53.55),
    "NW": (6.78, 51.23),
    "RP": (8.27, 50.00),
    "SH": (10.13, 54.32),
    "SN": (13.74, 51.05),
    "ST": (11.63, 52.13),
    "TH": (11.03, 50.98),
}
places = np.array([capitals[state] for state in states.index]) * [np.cos(np.radians(51)), 1]
axes_only = states.drop(columns="State_effect").to_numpy()
apart = squareform(pdist(axes_only))


def correlation(order):
    """Correlation of distances in the axes and on the map, for an order of the states."""
    return np.corrcoef(squareform(apart[np.ix_(order, order)]), pdist(places))[0, 1]


n = len(states)
rng = np.random.default_rng(0)
real, chance = correlation(np.arange(n)), [correlation(rng.permutation(n)) for _ in range(5_000)]
p = (1 + np.sum(np.array(chance) >= real)) / (1 + len(chance))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5))
for ax, points in ((left, axes_only[:, :2]), (right, places)):
    ax.scatter(*points.T, c=places @ [1, 0.6], cmap="viridis", s=60)
    for state, point in zip(states.index, points, strict=True):
        ax.annotate(state, point, xytext=(6, 5), textcoords="offset points")
    ax.margins(0.12)
left.set(xlabel="State_axis_1", ylabel="State_axis_2")
left.set_title(f"Vectors of sales: correlation of distances {real:.2f}, p = {p:.3f}", fontsize=10)
right.set(aspect="equal", xticks=[], yticks=[])
right.set_title("Where the capitals are", fontsize=10)
figure.tight_layout()

# %%
# The east of the country lies together, and the far north and the south at other ends. The paper's
# picture is by t-SNE, which draws groups from any vectors; so the measure is the distance itself.
# The relation is there and not strong.
#
# The stores
# ----------
# The paper's second picture: 10,000 pairs of stores, the distance of their vectors in the network's
# own table, which knows of no effects, and the distance of their sales.

vectors = encoder.estimator_.embeddings_["Store"]
mean = sales.groupby("Store")["log"].mean()[vectors.index].to_numpy()
one = rng.integers(len(vectors), size=10_000)
other = (one + rng.integers(1, len(vectors), size=10_000)) % len(vectors)
by_vectors = np.linalg.norm(vectors.to_numpy()[one] - vectors.to_numpy()[other], axis=1)
by_sales = abs(mean[one] - mean[other])

figure, ax = plt.subplots(figsize=(6.4, 4.4))
ax.scatter(by_sales, by_vectors, s=3, alpha=0.25)
ax.set(xlabel="difference of the mean logarithm of sales", ylabel="distance of the vectors")
ax.set_title(f"Pairs of stores: correlation {np.corrcoef(by_sales, by_vectors)[0, 1]:.2f}")
figure.tight_layout()
