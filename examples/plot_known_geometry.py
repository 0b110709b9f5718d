"""
A butterfly, recovered from a target
====================================

This example is for people who ask whether vectors can be trusted to mean something. It hides a
butterfly in a table, shows how exactly it comes back, and how many rows per category this takes.

Each of 150 shops has a place on the outline of a butterfly. The table holds the name of the shop
and two numbers, and never the place. The place acts on the target only together with the numbers:
shops differ in how they react to price and weather.
"""

# %%
# The table
# ---------

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

t = np.linspace(0, 2 * np.pi, 150, endpoint=False)
# The curve is by T. H. Fay, "The butterfly curve", 1989.
r = np.exp(np.sin(t)) - 2 * np.cos(4 * t) + np.sin((2 * t - np.pi) / 24) ** 5
places = np.column_stack([r * np.cos(t), r * np.sin(t)])
places = (places - places.mean(axis=0)) / places.std()


def table(rows_per_shop):
    """Shops with two numbers, and a target with as much noise as a place makes."""
    rng = np.random.default_rng(0)
    shop = np.repeat(np.arange(len(t)), rows_per_shop)
    numbers = rng.normal(size=(len(shop), 2))
    target = (places[shop] * numbers).sum(axis=1) + rng.normal(size=len(shop))
    X = pd.DataFrame(numbers, columns=["price", "weather"])
    return X.assign(shop=[f"shop {s:03d}" for s in shop]), target


X, y = table(rows_per_shop=10)
X.assign(target=y).head(3).round(2)

# %%
# How exact is it?
# ----------------
# What is found is turned onto the truth and brought to its size. The part of the variance that is
# left then is Procrustes' disparity: 0 if all is recovered, 1 if nothing is. Beside it stands that
# of a linear regression per shop, which is told what a network has to find out, that the two
# numbers act linearly and everything else not at all.

from scipy.spatial import procrustes
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from sk_entity import EntityEmbeddingEncoder

panels = {"The truth": places}
for n in (10, 20, 80):
    X, y = table(n)
    encoder = EntityEmbeddingEncoder(target_type="continuous", n_components=3, random_state=0)
    vectors = encoder.fit(X, y).embeddings_["shop"]
    told = [
        LinearRegression(fit_intercept=False).fit(rows[["price", "weather"]], y[rows.index]).coef_
        for _, rows in X.groupby("shop")
    ]
    title = f"{n} rows per shop (told: {procrustes(places, told)[2]:.3f})"
    panels[title] = vectors[["shop_axis_1", "shop_axis_2"]]

# %%
# The network's own table holds the same in more dimensions. One by one these are arbitrary, and two
# of them are no more than a shadow of the butterfly. Their principal components are as good as the
# encoder's axes here, where all that a vector does is to be a place; the encoder's have a unit, and
# leave out what the effect says.

raw = encoder.estimator_.embeddings_["shop"]
panels["Two columns of the raw table, 80 rows"] = raw[["shop_0", "shop_1"]]
panels["Principal components of the raw table"] = PCA(2).fit_transform(raw)

figure, grid = plt.subplots(2, 3, figsize=(10, 7), sharex=True, sharey=True)
for axes, (title, found) in zip(grid.flat, panels.items(), strict=True):
    _, points, disparity = procrustes(places, found)
    axes.plot(*np.vstack([points, points[:1]]).T, color="#c3ccd5", linewidth=0.8, zorder=1)
    axes.scatter(*points.T, c=t, cmap="twilight_shifted", s=16)
    axes.set_title(f"{title}\ndisparity {disparity:.3f}", fontsize=10)
    axes.set_aspect("equal")
    axes.set_axis_off()
figure.tight_layout()
