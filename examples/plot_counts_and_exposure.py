"""
Claims per year: counts with exposure
=====================================

This example is for people who model rates, such as claims per year, in tables where each row was
observed for another time. It learns a rate, shows the effect of each category with its interval,
and holds them against the truth, which is known because the table is made up.
"""

# %%
# The table
# ---------
# Thirty makes of cars have frequencies of their own, some of them few contracts. A contract is
# observed for a part of the year.

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n_contracts, n_makes = 12_000, 30
share = rng.dirichlet(np.full(n_makes, 0.6))
make = rng.choice(n_makes, size=n_contracts, p=share)
true_effect = rng.normal(0, 0.4, size=n_makes)
X = pd.DataFrame({"make": [f"make {m:02d}" for m in make], "age": rng.uniform(18, 80, n_contracts)})
years = rng.uniform(0.1, 1.0, size=n_contracts)
rate = 0.2 * np.exp(true_effect[make] + 0.8 * (X["age"] < 25))
claims = rng.poisson(rate * years)
X.assign(years=years, claims=claims).head(3).round(2)

# %%
# A rate, with its exposure as the weight
# ---------------------------------------
# The target is claims per year, and its weight the years. The loss is that of a Poisson
# distribution, and effects are logarithms of rates.

from sk_entity import EntityEmbeddingRegressor
from sk_entity.inspection import EffectDisplay

model = EntityEmbeddingRegressor(loss="poisson", random_state=0)
model = model.fit(X, claims / years, sample_weight=years)

# %%
# Effects and the truth
# ---------------------
# A make of few contracts is drawn to the average, and has a wide interval. The crosses are the
# truth, measured from the mean of all contracts, as effects are. An effect is of first order, a
# rate over the mean rate less one: where this is far below zero, the logarithm, and so the cross,
# lies further out.

display = EffectDisplay.from_estimator(model, "make", max_labels=n_makes)
effects = display.effects
truth = pd.Series(true_effect, index=[f"make {m:02d}" for m in range(n_makes)])[effects.index]
truth -= np.log(np.average(np.exp(truth), weights=effects["count"]))
display.ax_.plot(truth, range(len(truth)), "x", color="crimson")
inside = truth.between(effects["low"], effects["high"])
print(f"{inside.sum()} of {len(inside)} intervals of 95 % hold the truth.")

# %%
# The next contract
# -----------------
# ``predict`` gives claims per year. Times the years of a contract, that is its number of claims.

contract = pd.DataFrame({"make": effects.index[[0, -1]], "age": [22.0, 50.0]})
contract.assign(claims_per_year=model.predict(contract)).round(2)
