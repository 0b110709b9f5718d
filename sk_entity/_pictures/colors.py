"""What colours stand for: a number for each category, a label for each, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._shown import shown
from .labels import plain, shorten
from .style import DIVERGING, FAINT, SMALL

if TYPE_CHECKING:
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

# Effects beyond this quantile of them all have the colour of the ends, if the largest is so many
# times as large.
CLIPPED, FAR = 0.98, 1.5
# Labels with a colour of their own.
MOST_LABELS = 20
OTHERS = "others"


def values_of_mapping(mapping: Any, rows: pd.DataFrame) -> pd.Series:
    """Look up each row of `rows_to_draw` in a dict or Series, by category.

    What several categories share has the value on which they all agree; here that
    is none, as a row does not say which categories share it.

    Returns
    -------
    Series
        Floats if all values are numbers, otherwise labels; NaN where there is none.

    Raises
    ------
    TypeError, ValueError
        If it is no mapping, or knows none of the categories.
    """
    if not isinstance(mapping, Mapping | pd.Series):
        raise TypeError(
            f"color={shown(mapping)} is neither 'effect', None, nor a dict or Series from "
            "category to number or label."
        )
    mapping = dict(mapping.items())
    own = rows["kind"].eq("category")
    found = [mapping.get(value) if is_own else None for value, is_own in own.items()]
    missing = pd.isna(pd.Series(found, dtype=object)).to_numpy()
    if missing.all():
        keys = [shown(key) for key in list(mapping)[:3]]
        raise ValueError(
            f"color has a value for no category of {shown(rows.index.name)}. Its keys are such as "
            f"{', '.join(keys) or 'none'}; the categories are such as "
            f"{', '.join(map(shown, rows.index[:3].tolist()))}."
        )
    given = [value for value, is_missing in zip(found, missing, strict=True) if not is_missing]
    if all(isinstance(value, Real) and not isinstance(value, bool | np.bool_) for value in given):
        numbers: list[Any] = [np.nan if m else v for v, m in zip(found, missing, strict=True)]
        return pd.Series(numbers, index=rows.index, dtype=float)
    labels = [None if m else str(v) for v, m in zip(found, missing, strict=True)]
    return pd.Series(labels, index=rows.index, dtype=object)


def number_colors(values: np.ndarray, center: float | None, cmap: Any) -> tuple[Any, Normalize]:
    """Return colour map and norm; with a center, both sides of it are alike.

    Parameters
    ----------
    values : ndarray of float
        NaN where there is none.
    center : float or None
    cmap : str, Colormap or None
    """
    import matplotlib
    from matplotlib.colors import Normalize

    known = values[np.isfinite(values)]
    if center is None:
        cmap = matplotlib.rcParams["image.cmap"] if cmap is None else cmap
        norm = Normalize(*(known.min(), known.max()) if len(known) else (0, 1))
    else:
        away = np.abs(known - center)
        half, largest = np.quantile(away, CLIPPED) if len(known) else 0, away.max(initial=0)
        half = half if largest > FAR * half > 0 else largest or 1
        norm = Normalize(center - half, center + half)
    cmap = matplotlib.colormaps.get_cmap(DIVERGING if cmap is None else cmap)
    return cmap.with_extremes(bad=FAINT), norm


def draw_colorbar(figure: Figure, ax: Any, cmap: Any, norm: Any, values: Any, label: str) -> Any:
    """Draw the scale of the colours, with points where values lie beyond it."""
    from matplotlib.cm import ScalarMappable

    low, high = np.nanmin(values) < norm.vmin, np.nanmax(values) > norm.vmax
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}
    bar = figure.colorbar(
        ScalarMappable(norm, cmap),
        ax=ax,
        extend=extend.get((bool(low), bool(high)), "neither"),
        label=plain(label),
        aspect=40,
        pad=0.02,
    )
    bar.outline.set_visible(False)
    return bar


def label_colors(labels: pd.Series, counts: Any, cmap: Any) -> dict[str, Any]:
    """Give each label a colour; of more than can be told apart, those with the most rows.

    Parameters
    ----------
    labels : Series of str or None
    counts : array-like
        Training rows of each.
    cmap : str, Colormap or None

    Returns
    -------
    dict of tuple
        In the order of the legend.
    """
    import matplotlib

    weight = pd.Series(np.asarray(counts), index=labels.to_numpy()).groupby(level=0).sum()
    chosen = weight.nlargest(MOST_LABELS).index if len(weight) > MOST_LABELS else weight.index
    chosen = sorted(chosen)
    if cmap is None and len(chosen) <= 10:
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key().get("color", [])
        if len(chosen) <= len(cycle):
            return {n: matplotlib.colors.to_rgba(c) for n, c in zip(chosen, cycle, strict=False)}
    cmap = matplotlib.colormaps.get_cmap("tab20" if cmap is None else cmap)
    positions = range(len(chosen)) if cmap.N <= 32 else np.linspace(0, 1, max(len(chosen), 1))
    return {name: cmap(position) for name, position in zip(chosen, positions, strict=True)}


def draw_legend(ax: Any, colors: dict[str, Any], *, others: bool) -> Any:
    """Write which colour is which label, beside the axes if the figure makes room."""
    from matplotlib.lines import Line2D

    entries = [(shorten(name), color) for name, color in colors.items()]
    if others:
        entries.append((OTHERS, FAINT))
    handles = [
        Line2D([], [], linestyle="", marker="o", color=color, label=plain(name))
        for name, color in entries
    ]
    # Without a layout that makes room, a legend beside the axes would be cut off.
    beside = ax.figure.canvas.figure.get_layout_engine() is not None
    place = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if beside else {"loc": "best"}
    return ax.legend(handles=handles, frameon=not beside, fontsize=SMALL, **place)
