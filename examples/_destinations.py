"""Draw the picture of `flights.py`: the vectors of the destinations beside a map."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, Normalize

NEW_YORK = np.array([[-73.97, 40.71]])
# These lie in the Caribbean, and so are not in the table of airports.
CARIBBEAN = pd.DataFrame(
    {"lat": [18.44, 18.49, 18.01, 18.34], "lon": [-66.00, -67.13, -66.56, -64.97]},
    index=["SJU", "BQN", "PSE", "STT"],
)
INK, FAINT = "#1f2933", "#9aa5b1"
NEAR_TO_FAR = LinearSegmentedColormap.from_list(
    "near to far", ["#1b2a6b", "#1f78a8", "#3cb4a0", "#b5c94a", "#f2a83b", "#df5a3c", "#8c1c3a"]
)


def draw_destinations(vectors, flights, airports, path):
    """Draw the effect of each destination and its first axis, and where the places are.

    Parameters
    ----------
    vectors : DataFrame of shape (n_destinations, n_components)
        Those of the encoder, of which the first is the effect.
    flights, airports : DataFrame
        They give distances, numbers of flights and coordinates; the network has seen
        neither distances nor coordinates.
    path : Path
        Path of the PNG file.
    """
    by_dest = flights.groupby("dest")["distance"].agg(["mean", "size"])
    # Busiest first: small dots are drawn over large ones.
    by_dest = by_dest.loc[vectors.index].sort_values("size", ascending=False)
    codes = by_dest.index
    places = pd.concat([airports[["lat", "lon"]], CARIBBEAN]).loc[codes]
    points = vectors.loc[codes].to_numpy()[:, :2]
    winter = longer_in_winter(flights).loc[codes]
    style = {
        "s": 14 + by_dest["size"] / 45,
        "c": by_dest["mean"],
        "cmap": NEAR_TO_FAR,
        "norm": Normalize(0, 2_700),
        "edgecolors": "white",
        "linewidths": 0.7,
        "zorder": 3,
    }
    figure = plt.figure(figsize=(17, 8.8))
    left = figure.add_axes((0.05, 0.07, 0.51, 0.71))
    right = figure.add_axes((0.575, 0.10, 0.415, 0.72))
    draw_vectors(left, points, by_dest, winter, style)
    map_style = {**style, "s": 0.65 * style["s"]}
    on_map = albers(places[["lon", "lat"]].to_numpy())
    dots = draw_map(right, on_map, albers(airports[["lon", "lat"]].to_numpy()), map_style)
    bar = figure.colorbar(
        dots, cax=figure.add_axes((0.60, 0.21, 0.2, 0.018)), extend="max", orientation="horizontal"
    )
    bar.set_label("miles from New York", color=INK)
    bar.outline.set_visible(False)
    label(left, points, codes, np.sqrt(style["s"]))
    label(right, on_map, codes, np.sqrt(map_style["s"]), chosen=range(45))
    figure.savefig(path, dpi=130, facecolor="white")
    plt.close(figure)


def longer_in_winter(flights):
    """How much longer flights to a destination take in winter than in summer, as a fraction."""
    by_dest = {
        name: flights[flights["month"].isin(months)].groupby("dest")["air_time"].mean()
        for name, months in (("winter", [12, 1, 2]), ("summer", [6, 7, 8]))
    }
    ratio = by_dest["winter"] / by_dest["summer"] - 1
    return ratio.reindex(flights["dest"].unique())


def correlation(a, b, weight):
    """Correlation over the destinations that have both, weighted by their flights."""
    known = np.isfinite(a) & np.isfinite(b)
    covariance = np.cov(a[known], b[known], aweights=weight[known])
    return covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])


def draw_vectors(axes, points, by_dest, winter, style):
    """Draw the first two components."""
    axes.scatter(*points.T, **style)
    flown = by_dest["size"].to_numpy()
    with_distance = correlation(points[:, 0], by_dest["mean"].to_numpy(), flown)
    with_winter = correlation(points[:, 1], winter.to_numpy(), flown)
    title(
        axes,
        f"What was learned about {len(points)} airports from air times alone",
        "Destinations of the flights from New York in 2013, by two components of their vectors.\n"
        "The network saw codes, no place and no distance. The effect is distance (correlation\n"
        f"{with_distance:.2f}). The axis says what the effect does not: it bends with distance,\n"
        f"and in part it is how much longer a flight takes in winter ({with_winter:.2f}).\n"
        "Area: number of flights, which weigh the correlations.",
    )
    axes.set_xlabel("dest_effect, in standard deviations of the air time", color=INK)
    axes.set_ylabel("dest_axis_1, in the same unit", color=INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.margins(0.05)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)


def draw_map(axes, destinations, airports, style):
    """Draw the country as the dots of all its airports, with the destinations on top."""
    axes.scatter(*airports.T, s=2.5, c="#ccd3da", linewidths=0)
    dots = axes.scatter(*destinations.T, **style)
    axes.plot(*albers(NEW_YORK).T, "*", ms=19, color=INK, mec="white", zorder=4)
    title(
        axes,
        "Where they are",
        "Every grey dot is an airport of the country, the star is New York. Honolulu and\n"
        "Anchorage lie outside the map.",
    )
    axes.set(xlim=(-0.39, 0.55), ylim=(-0.52, 0.28), aspect="equal", anchor="N")
    axes.set_axis_off()
    return dots


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


def title(axes, headline, text):
    """Write a headline and a paragraph under it, flush left and at the same height everywhere."""
    x = axes.get_position().x0
    axes.figure.text(x, 0.965, headline, fontsize=17, fontweight="bold", color=INK, va="top")
    axes.figure.text(x, 0.915, text, fontsize=11, color=INK, va="top", linespacing=1.4)


def label(axes, points, names, diameters, chosen=None):
    """Write names beside points, where they cover neither a point nor each other.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    names : sequence of str
    diameters : array of shape (n_points,)
        Diameters of the points, in typographic points.
    chosen : sequence of int, default=None
        Points to label, the most important first. By default all are labelled, the
        most crowded first.
    """
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # leader lines must not move them
    scale = axes.figure.dpi / 72
    at = axes.transData.transform(points)
    radii = np.asarray(diameters) / 2 * scale
    if chosen is None:
        apart = np.linalg.norm(at[:, None] - at, axis=2)
        chosen = np.sort(apart, axis=1)[:, 1:6].mean(axis=1).argsort()
    half = np.array([9.5, 4.0]) * scale
    taken = []
    for i in chosen:
        center, reach = best_place(at[i], radii[i], half, at, radii, taken, axes.bbox)
        taken.append(center)
        if reach > 6 * scale:
            ends = axes.transData.inverted().transform([at[i], center])
            axes.plot(*ends.T, color=FAINT, linewidth=0.6, zorder=2)
        axes.annotate(
            names[i],
            axes.transData.inverted().transform(center),
            ha="center",
            va="center",
            fontsize=7.5,
            color=INK,
            zorder=5,
        )


def best_place(point, radius, half, at, radii, taken, frame):
    """Find the center of a label near a point, in pixels, and how far it is from the rim."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    around = np.column_stack([np.cos(angles), np.sin(angles)])
    costs = []
    for reach in half[1] * np.array([0.3, 1.0, 2.0, 3.5, 5.0, 7.0, 9.0]):
        for step in around:
            center = point + step * (radius + reach) + step * half
            costs.append((cost(center, reach, half, at, radii, taken, frame), reach, center))
    _, reach, center = min(costs, key=lambda c: c[0])
    return center, reach


def cost(center, reach, half, at, radii, taken, frame):
    """Measure how bad a label is here: its distance, then what it covers."""
    gap = np.maximum(np.abs(at - center) - half, 0)
    covered = (np.linalg.norm(gap, axis=1) < radii).sum()
    if taken:
        covered += (np.abs(np.array(taken) - center) < 2 * half).all(axis=1).sum()
    outside = not frame.contains(*(center - half)) or not frame.contains(*(center + half))
    return reach / half[1] + 20 * covered + 100 * outside
