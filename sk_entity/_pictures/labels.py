"""Names beside points: few where there are many, and none upon another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import QUIET, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

LONGEST_NAME = 28
# Names that may start upon a name: so many are moved apart.
MOST_UPON_ANOTHER = 1
# Points of 1/72 inch from which names keep off the edge of a point, too.
LARGE_RADIUS = 2.0
MOST_STEPS = 60
# To exchange names whose lines cross takes most of the time.
PLACING = {"expand": (1.08, 1.25), "prevent_crossings": False}
# Points (of 1/72 inch) between a name and its point: from the first a line leads there, beyond the
# last the name is left out.
LEAST_LINE, LONGEST_LINE = 4, 45


def plain(text: Any) -> str:
    """Make a string that matplotlib shows as it stands, on one line."""
    return " ".join(str(text).split()).replace("$", r"\$")


def shorten(name: str, longest: int = LONGEST_NAME) -> str:
    """Cut the middle out of a long name; its end often tells it from others."""
    name = " ".join(name.split())
    if len(name) <= longest:
        return name
    tail = longest // 3
    return f"{name[: longest - tail - 1].rstrip()}…{name[-tail:].lstrip()}"


def check_max_labels(max_labels: int) -> None:
    """Refuse a negative number of names."""
    if max_labels < 0:
        raise ValueError(f"max_labels={max_labels} is negative: 0 draws no names.")


def order_of_labels(positions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Order points by who gets a name first: the most frequent and the outermost, in turn."""
    counts = counts.astype(float)
    center = np.average(positions, axis=0, weights=counts if counts.any() else None)
    scale = positions.std(axis=0)
    outside = ((positions - center) / np.where(scale > 0, scale, 1)) ** 2
    ranks = [
        2 * np.argsort(np.argsort(-values, kind="stable")) + turn
        for turn, values in enumerate([counts, outside.sum(axis=1)])
    ]
    return np.argsort(np.minimum(*ranks), kind="stable")


def label_points(
    ax: Axes,
    positions: np.ndarray,
    names: Sequence[str],
    counts: np.ndarray,
    areas: np.ndarray,
    most: int,
) -> list[Text]:
    """Write names beside points, with lines to those that had to move.

    Parameters
    ----------
    ax : Axes
        With its final limits.
    positions : ndarray of shape (n_points, 2)
        In the unit of the data.
    names : sequence of str
    counts : ndarray of shape (n_points,)
    areas : ndarray of shape (n_points,)
        Of the points, in square points of 1/72 inch.
    most : int
        Names, at most.

    Returns
    -------
    list of Text
    """
    if most == 0:
        return []
    # Also of a subfigure this is the whole figure, whose layout is settled now.
    ax.figure.canvas.figure.draw_without_rendering()
    on_screen = ax.transData.transform(positions)
    order = order_of_labels(on_screen, counts)
    texts, chosen = _first_texts(ax, positions, on_screen, names, order, most)
    if not texts:
        return []
    adjust_text = _adjust_text()
    # To keep off all points takes too long, and there may be no place that does.
    near = order[:most]
    x, y = _within_points(ax, on_screen[near], areas[near])
    # adjustText fails in subfigures, where names stay upon their points.
    if ax.figure is ax.figure.canvas.figure:
        adjust_text(texts, x=x, y=y, ax=ax, iter_lim=MOST_STEPS, **PLACING)
    return _without_overlaps(ax, texts, positions[chosen], np.sqrt(areas[chosen] / np.pi))


def _within_points(ax: Any, on_screen: np.ndarray, areas: np.ndarray) -> Any:
    """Places that names keep off: the middle of points, and the edges of large ones."""
    radius = np.sqrt(areas / np.pi) * ax.figure.dpi / 72
    large = radius > LARGE_RADIUS * ax.figure.dpi / 72
    around = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    edges = on_screen[large, None] + radius[large, None, None] * around
    return ax.transData.inverted().transform(np.vstack([on_screen, edges.reshape(-1, 2)])).T


def _adjust_text() -> Any:
    try:
        from adjustText import adjust_text
    except ImportError as error:
        raise ImportError(
            "adjustText places the names of categories. Install it by: "
            'pip install "sk-entity[plot]", or draw no names: max_labels=0.'
        ) from error
    return adjust_text


def _first_texts(
    ax: Any, positions: Any, on_screen: Any, names: Any, order: Any, most: int
) -> tuple[list[Text], list[int]]:
    """Texts upon their points, of which few overlap, and which points these are."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2, foreground=ax.get_facecolor(), alpha=0.7)]
    style = {"fontsize": SMALL, "ha": "center", "va": "center", "path_effects": halo}
    inside, widest = ax.bbox, 0.9 * ax.bbox.width
    texts, chosen, boxes = [], [], np.empty((0, 4))
    # A name that finds no place is one for nothing, and there may be a million.
    for k in order[: 10 * most]:
        if not inside.contains(*on_screen[k]):
            continue
        text = ax.text(*positions[k], shorten(names[k]), parse_math=False, **style)
        box = text.get_window_extent().extents
        upon = _overlap(boxes, box).sum()
        if box[2] - box[0] > widest or upon > MOST_UPON_ANOTHER:
            text.remove()
            continue
        texts.append(text)
        chosen.append(k)
        boxes = np.vstack([boxes, box])
        if len(texts) == most:
            break
    return texts, chosen


def _overlap(boxes: Any, box: Any) -> Any:
    """Which boxes (left, bottom, right, top) meet this one."""
    return (boxes[:, :2] < box[2:]).all(axis=1) & (boxes[:, 2:] > box[:2]).all(axis=1)


def _without_overlaps(
    ax: Any, texts: list[Text], anchors: np.ndarray, radii: np.ndarray
) -> list[Text]:
    """Keep texts that are near their points and on no text before them; lead lines there."""
    from matplotlib.collections import LineCollection

    point = ax.figure.dpi / 72
    kept, lines, boxes = [], [], np.empty((0, 4))
    middles = ax.transData.transform(anchors)
    for text, middle, radius in zip(texts, middles, radii * point, strict=True):
        box = text.get_window_extent().extents
        end = np.clip(middle, box[:2], box[2:])
        away = np.hypot(*(end - middle))
        if away - radius > LONGEST_LINE * point or _overlap(boxes, box).any():
            text.remove()
            continue
        kept.append(text)
        boxes = np.vstack([boxes, box])
        if away - radius > LEAST_LINE * point:
            lines.append([middle + radius / away * (end - middle), end])
    in_data = ax.transData.inverted().transform
    style: dict[str, Any] = {"colors": QUIET, "linewidths": 0.5, "zorder": 2.5}
    ax.add_collection(LineCollection([in_data(line) for line in lines], **style), autolim=False)
    return kept
