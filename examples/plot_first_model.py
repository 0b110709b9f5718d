"""
A first model, and how it learns
================================

This example is for people who fit their first model. It learns the sales of shops that react to
prices each in its own way, shows how the losses fall, and compares the result with a linear model
on one-hot columns.
"""

# %%
# The table
# ---------
# A column of strings holds categories, and numbers stay numbers; nothing has to be prepared. The
# table is made up, so that the truth is known: each shop has a level, and a price beyond which it
# sells less.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(0)
n_rows, n_shops = 4_000, 40
level, dear, drop = (
    rng.normal(5, 1, n_shops),
    rng.uniform(1.2, 2.8, n_shops),
    rng.normal(3, 1, n_shops),
)


def sales(shop, price):
    """What a shop sells at a price, without noise."""
    return level[shop] - drop[shop] / (1 + np.exp(-8 * (price - dear[shop])))


shop = rng.integers(n_shops, size=n_rows)
X = pd.DataFrame({"shop": [f"shop {s:02d}" for s in shop], "price": rng.uniform(1, 3, n_rows)})
y = sales(shop, X["price"]) + rng.normal(0, 0.5, size=n_rows)
X_learn, X_test, y_learn, y_test = train_test_split(X, y, random_state=0)
X_learn.assign(sales=y_learn).head(3).round(2)

# %%
# Fit and score
# -------------
# With ``early_stopping=True`` a tenth of the rows is held out. Training stops when their loss no
# longer falls, and the best epoch is kept. The best score that there can be is that of the truth.

from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sk_entity import EntityEmbeddingRegressor
from sk_entity.inspection import TrainingDisplay

model = EntityEmbeddingRegressor(early_stopping=True, random_state=0).fit(X_learn, y_learn)
one_hot = make_column_transformer((OneHotEncoder(), ["shop"]), remainder="passthrough")
linear = make_pipeline(one_hot, Ridge()).fit(X_learn, y_learn)
scores = {
    "one-hot ridge": linear.score(X_test, y_test),
    "sk-entity": model.score(X_test, y_test),
    "the truth": r2_score(y_test, sales(shop[X_test.index], X_test["price"])),
}
pd.Series(scores, name="R² on new rows").to_frame().round(3)

# %%
# The losses, and three shops
# ---------------------------
# The training loss counts with masked categories, which is why it is the higher one. The dots on
# the right are the rows of three shops, and the thin lines the truth. One weight for each shop and
# one for the price can move a line up and down, and no more.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
TrainingDisplay.from_estimator(model, ax=left)
prices = np.linspace(1, 3, 100)
for s, color in zip(
    np.argsort(dear)[[2, 20, 37]], ["tab:blue", "tab:orange", "tab:green"], strict=True
):
    name = f"shop {s:02d}"
    grid = pd.DataFrame({"shop": name, "price": prices})
    right.scatter(X["price"][shop == s], y[shop == s], s=7, alpha=0.5, color=color)
    right.plot(prices, sales(s, prices), linewidth=0.8, color="black")
    right.plot(prices, linear.predict(grid), linestyle=":", color=color)
    right.plot(prices, model.predict(grid), linewidth=2, color=color, label=name)
right.set(xlabel="price", ylabel="sales")
right.set_title("lines: sk-entity; dotted: one-hot ridge; black: the truth", fontsize=10)
right.legend()
figure.tight_layout()
