"""Draw the picture of `flights.py`: the vectors of the destinations beside a map."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap

from sk_entity.inspection import EmbeddingDisplay

NEW_YORK = np.array([[-73.97, 40.71]])
# These lie in the Caribbean, and so are not in the table of airports.
CARIBBEAN = pd.DataFrame(
    {"lat": [18.44, 18.49, 18.01, 18.34], "lon": [-66.00, -67.13, -66.56, -64.97]},
    index=["SJU", "BQN", "PSE", "STT"],
)
NEAR_TO_FAR = LinearSegmentedColormap.from_list(
    "near to far", ["#1b2a6b", "#1f78a8", "#3cb4a0", "#b5c94a", "#f2a83b", "#df5a3c", "#8c1c3a"]
)
# What is farther would take most of the colours: Honolulu and Anchorage.
FARTHEST = 2_700


def draw_destinations(encoder, flights, airports, path):
    """Draw the effect of each destination and its first axis, and where the places are.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
        Fitted, with a column "dest".
    flights, airports : DataFrame
        They give distances, numbers of flights and coordinates; the network has seen
        neither distances nor coordinates.
    path : Path
        Path of the PNG file.
    """
    miles = flights.groupby("dest")["distance"].mean().clip(upper=FARTHEST)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 5.2), width_ratios=[1.15, 1], layout="constrained"
    )
    display = EmbeddingDisplay.from_estimator(
        encoder, "dest", color=miles, color_label="miles from New York", cmap=NEAR_TO_FAR, ax=left
    )
    points = display.points.assign(miles=flights.groupby("dest")["distance"].mean())
    together = np.cov(points["x"], points["miles"], aweights=points["count"])
    correlation = together[0, 1] / np.sqrt(together[0, 0] * together[1, 1])
    left.set_title(
        "What was learned about airports, from air times alone\n"
        f"(correlation of effect and distance, by flights: {correlation:.3f})",
        loc="left",
        pad=22,
        fontsize=12,
    )
    draw_map(right, display, airports)
    figure.savefig(path, dpi=130, facecolor="white")
    plt.close(figure)


def draw_map(axes, display, airports):
    """Draw the country as the dots of all its airports, with the points of a display on top."""
    drawn = display.points.drop(index="HNL")
    codes = drawn.index
    places = pd.concat([airports[["lon", "lat"]], CARIBBEAN[["lon", "lat"]]])
    at = albers(places.loc[codes].to_numpy())
    axes.scatter(*albers(airports[["lon", "lat"]].to_numpy()).T, s=2, c="#ccd3da", linewidths=0)
    sizes = 0.5 * display.scatter_.get_sizes()[display.points.index != "HNL"]
    color = {"c": drawn["color"], "cmap": NEAR_TO_FAR, "norm": display.scatter_.norm}
    axes.scatter(*at.T, s=sizes, edgecolors="white", linewidths=0.5, zorder=3, **color)
    axes.plot(*albers(NEW_YORK).T, "*", ms=16, color="black", mec="white", zorder=4)
    named = np.empty((0, 2))
    for code, place in zip(codes, at, strict=True):  # the most frequent first
        if (np.abs(named - place) > (0.075, 0.03)).any(axis=1).all():  # where there is room
            style = {"textcoords": "offset points", "fontsize": 8, "zorder": 5}
            axes.annotate(code, place, xytext=(4, 4), **style)
            named = np.vstack([named, place])
    axes.set_title("Where they are; the star is New York", loc="left", fontsize=12)
    axes.set(xlim=(-0.39, 0.52), ylim=(-0.5, 0.24), aspect="equal", anchor="C")
    axes.set_axis_off()


def albers(lon_lat, south=29.5, north=45.5, center=(-96.0, 38.0)):
    """Project to a map by Albers' equal-area conic projection, in earth radii."""
    south, north, lat_0 = np.radians([south, north, center[1]])
    n = (np.sin(south) + np.sin(north)) / 2
    c = np.cos(south) ** 2 + 2 * n * np.sin(south)
    # East of the center, in [-180, 180): the far Aleutians lie beyond the date line.
    theta = n * np.radians((lon_lat[:, 0] - center[0] + 180) % 360 - 180)
    rho = np.sqrt(c - 2 * n * np.sin(np.radians(lon_lat[:, 1]))) / n
    rho_0 = np.sqrt(c - 2 * n * np.sin(lat_0)) / n
    return np.column_stack([rho * np.sin(theta), rho_0 - rho * np.cos(theta)])
