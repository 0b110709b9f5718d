"""The effects of a column's categories, with their uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._estimators.inside import embedded_column, network_state
from .labels import check_max_labels, plain, shorten
from .rows import count_in_words, names_to_draw, rows_to_draw
from .style import FAINT, QUIET, SMALL, add_note, axes_to_draw_on, few_spines, mark_zero, pyplot
from .units import Outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

# Standard deviations on either side of the mean that hold 95 % of a normal distribution.
OF_95_PERCENT = 1.959964
# The part of the picture, in rows, that is for all categories between the ends.
MIDDLE_ROWS = 8
# Ranks in the middle that are drawn one by one; of more, means and medians are drawn.
MOST_RANKS = 200
# Of fewer ranks the curve has points.
FEW_RANKS = 16
LONGEST_NAME = 36
INCHES_PER_ROW, INCHES_AROUND, SMALLEST = 0.22, 1.2, 2.4


class EffectDisplay:
    """The effects of a column's categories, sorted, with their uncertainty.

    The effect of a category is the smoothed mean of the target over its training rows,
    measured from the mean of all rows; its unit, with classes and with a log link to first
    order, is in the Notes of `sk_entity.EntityEmbeddingEncoder`. The bars are
    intervals of about 95 %: 1.96 posterior standard deviations of the effect on either
    side. They say how well the effect itself is known, as if the variance within and
    between categories were known and the same for all, and nothing of single rows.

    Make one with `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    effects : DataFrame, indexed by category
        The largest effect first. Columns ``kind``, ``n_categories`` and ``count``, as in
        `EmbeddingDisplay`; ``effect``; ``deviation``, its posterior standard deviation;
        ``low`` and ``high``, the ends of the interval.
    effect_label : str, default="effect"
        What an effect is, and in which unit.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    points_ : matplotlib Line2D
        The effects of the categories that are named, the largest on top.
    intervals_ : matplotlib LineCollection
        Their intervals.
    ribbon_ : matplotlib PolyCollection or None
        The intervals of all categories between the ends, if there are too many to name.
    curve_ : matplotlib Line2D or None
        Their effects.
    texts_ : list of matplotlib Text
        The counts of the categories that are named.

    See Also
    --------
    EmbeddingDisplay : The categories in the plane.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.inspection import EffectDisplay
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 20, "day": range(60)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> model = EntityEmbeddingRegressor(max_iter=1, random_state=0).fit(X, y)
    >>> display = EffectDisplay.from_estimator(model, "shop")
    >>> display.effects["effect"].round(1).to_dict()
    {'east': 0.8, 'south': 0.6, 'north': -1.4}
    """

    ax_: Axes
    figure_: Figure
    points_: Line2D
    intervals_: LineCollection
    ribbon_: PolyCollection | None
    curve_: Line2D | None
    texts_: list[Text]

    def __init__(self, effects: pd.DataFrame, *, effect_label: str = "effect"):
        self.effects = effects
        self.effect_label = effect_label

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        column: str,
        *,
        target: Any = None,
        min_count: int = 1,
        max_labels: int = 30,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the effects of the categories of a column of a fitted estimator.

        Parameters
        ----------
        estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
            Fitted.
        column : str
            Name of a categorical column; ``x0``, ``x1``, … where X had no names.
        target : label or int, default=None
            The class, or the position of the output, whose effects are drawn, where
            there are several; None takes the first.
        min_count : int, default=1
            Categories of fewer training rows are left out.
        max_labels : int, default=30
            Categories that are drawn and named one by one. If there are more, half of
            these are the ones with the largest effects and half those with the
            smallest, and between them a ribbon shows all others by rank.
        ax : matplotlib Axes or None, default=None
            To draw on; None makes a new figure.

        Returns
        -------
        EffectDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator is none of sk-entity, or there is no such column, target
            or category.
        sklearn.exceptions.NotFittedError
        """
        pyplot(cls.__name__)
        check_max_labels(max_labels)
        found = embedded_column(estimator, column)
        outputs = Outputs.of(network_state(estimator).target)
        output = outputs.position(target)
        rows = rows_to_draw(found, min_count)
        at = rows.pop("row")
        rows["effect"] = found.means.effects[at, output].astype(float)
        rows["deviation"] = found.means.deviations[at, output].astype(float)
        rows["low"] = rows["effect"] - OF_95_PERCENT * rows["deviation"]
        rows["high"] = rows["effect"] + OF_95_PERCENT * rows["deviation"]
        effects = rows.sort_values("effect", ascending=False, kind="stable")
        name = f"{column}_effect" + (f"_{output}" if len(outputs.names) > 1 else "")
        display = cls(effects, effect_label=f"{name} ({outputs.unit_of(output)})")
        return display.plot(ax, max_labels=max_labels)

    def plot(self, ax: Axes | None = None, *, max_labels: int = 30) -> Self:
        """Draw the effects.

        Parameters
        ----------
        ax, max_labels
            See `from_estimator`.

        Returns
        -------
        self
        """
        check_max_labels(max_labels)
        n = len(self.effects)
        top = n if n <= max_labels else (max_labels + 1) // 2
        bottom = 0 if n <= max_labels else max_labels // 2
        n_rows = top + bottom + (MIDDLE_ROWS if n > top else 0)
        height = max(INCHES_PER_ROW * n_rows + INCHES_AROUND, SMALLEST)
        self.figure_, self.ax_ = axes_to_draw_on(type(self).__name__, ax, figsize=(6.4, height))
        named = np.r_[:top, n - bottom : n]
        places = np.r_[:top, n_rows - bottom : n_rows]
        mark_zero(self.ax_)
        self._draw_named(self.effects.iloc[named], places)
        self.ribbon_ = self.curve_ = None
        if n > top:
            self._draw_between(self.effects.iloc[top : n - bottom], top)
        # The axis has the largest effect on top.
        self.ax_.set(xlabel=plain(self.effect_label), ylim=(n_rows - 0.4, -0.6))
        few_spines(self.ax_)
        self.ax_.spines["left"].set_visible(False)
        title = f"{plain(self.effects.index.name)}: {count_in_words(self.effects)}"
        add_note(self.ax_, title, "bars: 95 %, at the right: training rows")
        return self

    def _draw_named(self, effects: pd.DataFrame, places: np.ndarray) -> None:
        """Draw categories one by one."""
        ends = effects[["low", "high"]].to_numpy()
        self.intervals_ = self.ax_.hlines(places, *ends.T, linewidth=1.5, alpha=0.5)
        (self.points_,) = self.ax_.plot(effects["effect"], places, "o", markersize=4.5)
        self.intervals_.set_color(self.points_.get_color())
        names = [plain(shorten(name, LONGEST_NAME)) for name in names_to_draw(effects)]
        self.ax_.set_yticks(places, names, fontsize=SMALL)
        self.ax_.tick_params(axis="y", length=0)
        self.texts_ = self._write_counts(places, [f"{count:,}" for count in effects["count"]])

    def _write_counts(self, places: np.ndarray, counts: list[str]) -> list[Text]:
        """Write numbers at the right of the axes, flush right."""
        from matplotlib import rcParams

        # A digit is about two thirds as wide as the type is high.
        width = 0.55 * rcParams["font.size"] * max(map(len, counts), default=0)
        style: dict[str, Any] = {
            "xycoords": self.ax_.get_yaxis_transform(),
            "xytext": (6 + width, 0),
            "textcoords": "offset points",
            "ha": "right",
            "va": "center",
            "fontsize": SMALL,
            "color": QUIET,
        }
        pairs = zip(counts, places, strict=True)
        return [self.ax_.annotate(count, (1, place), **style) for count, place in pairs]

    def _draw_between(self, effects: pd.DataFrame, first: int) -> None:
        """Draw all others by rank, as a curve in a ribbon."""
        n = len(effects)
        n_bins = min(n, MOST_RANKS)
        ranks = pd.Series(np.arange(n) * n_bins // n, index=effects.index)
        grouped = effects.groupby(ranks.to_numpy())
        middle, ends = grouped["effect"].mean(), grouped[["low", "high"]].median()
        edge = first - 0.5
        places = edge + (np.arange(n_bins) + 0.5) * MIDDLE_ROWS / n_bins
        color, marker = self.points_.get_color(), "." if n_bins <= FEW_RANKS else None
        (self.curve_,) = self.ax_.plot(middle, places, color=color, marker=marker)
        self.ribbon_ = self.ax_.fill_betweenx(
            places, ends["low"], ends["high"], color=color, alpha=0.2, linewidth=0
        )
        for border in edge, edge + MIDDLE_ROWS:
            self.ax_.axhline(border, color=FAINT, linewidth=0.8, zorder=0)
        n_categories = int(effects["n_categories"].sum())
        names = [label.get_text() for label in self.ax_.get_yticklabels()]
        ticks = [*self.ax_.get_yticks(), edge + MIDDLE_ROWS / 2]
        self.ax_.set_yticks(ticks, [*names, f"{n_categories:,} between"], fontsize=SMALL)
        self.ax_.get_yticklabels()[-1].set_color(QUIET)
