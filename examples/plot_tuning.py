"""
How many dimensions?
====================

This example is for people who ask how large vectors should be. In a table that needs three
dimensions, a grid search shows what too few cost, and whether too many do harm.
"""

# %%
# A table of three dimensions
# ---------------------------
# Each product reacts in its own way to three numbers: the price, the weather and the stock. So
# three numbers say all that there is to know of a product.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n_rows, n_products = 3_000, 30
product = rng.integers(n_products, size=n_rows)
reactions = rng.normal(size=(n_products, 3))
X = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["price", "weather", "stock"])
y = (reactions[product] * X).sum(axis=1) + rng.normal(0, 0.5, size=n_rows)
X["product"] = [f"product {p:02d}" for p in product]
X.head(3).round(2)

# %%
# The search
# ----------
# All parameters are scikit-learn's, and so is the search.

from sklearn.model_selection import GridSearchCV

from sk_entity import EntityEmbeddingRegressor

sizes = [1, 2, 3, 4, 6, "auto"]
search = GridSearchCV(
    EntityEmbeddingRegressor(max_iter=30, random_state=0),
    {"embedding_dim": sizes},
    scoring="neg_root_mean_squared_error",
    cv=2,
    refit=False,
)
search.fit(X, y)
results = pd.DataFrame(search.cv_results_).set_index("param_embedding_dim")
mean, deviation = -results["mean_test_score"], results["std_test_score"]
used = search.estimator.fit(X, y).embedding_dims_["product"]

# %%
# With one or two dimensions the network cannot tell the products apart, and three are enough. More
# do no harm, because each has a prior whose width is learned, so that what is not needed stays near
# zero. With fewer rows or epochs exactly three can be a narrow path for training, which dimensions
# to spare make easier. So ``"auto"`` is on the large side.

figure, axes = plt.subplots(figsize=(7, 4.2))
axes.errorbar(sizes[:-1], mean[sizes[:-1]], deviation[sizes[:-1]], marker="o", capsize=3)
axes.errorbar(used, mean["auto"], deviation["auto"], marker="*", markersize=14, capsize=3)
axes.annotate('"auto"', (used, mean["auto"]), xytext=(0, 14), textcoords="offset points")
axes.axhline(0.5, linestyle=":", color="gray")
axes.annotate("the noise", (1, 0.5), xytext=(0, 4), textcoords="offset points")
axes.set(xlabel="embedding_dim", ylabel="RMSE in two folds", ylim=(0, None))
figure.tight_layout()
