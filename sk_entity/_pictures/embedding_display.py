"""The categories of a column in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._estimators.inside import encoded_column, network_state
from .._estimators.types import TableLike
from .colors import draw_colorbar, draw_legend, label_colors, number_colors, values_of_mapping
from .labels import check_max_labels, label_points, plain
from .plane import in_the_plane
from .rows import count_in_words, is_pale, names_to_draw, rows_to_draw, trusted_rows
from .style import (
    FAINT,
    NOT_TRUSTED,
    QUIET,
    TRUSTED,
    add_note,
    axes_to_draw_on,
    few_spines,
    pyplot,
)
from .units import Outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

# In square points: the largest area of a point, that of all together, and the same of points
# that would be too small to be seen.
LARGEST_AREA, ALL_AREAS = 260.0, 12_000.0
ALL_SMALLEST, SMALLEST_AREA = 30_000.0, (2.0, 16.0)
# Vector formats hold an image of more points than this.
MOST_VECTOR_POINTS = 2000


class EmbeddingDisplay:
    """The categories of a column in the plane.

    Categories that lie together do the same to the prediction. A point is as large
    as the category is frequent, and pale if its vector is not trusted.

    Make one with `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    points : DataFrame, indexed by category
        A row per point, the most frequent first. Columns:

        - ``kind``: "category"; or "infrequent", the one point of all infrequent
          categories, which share a vector; or "unknown", that of all categories
          without a vector of their own (only with ``min_count=0``);
        - ``n_categories``: how many the point stands for;
        - ``count``: training rows;
        - ``trusted``: see `EntityEmbeddingEncoder.support_`;
        - ``x``, ``y``: where it lies;
        - ``color``: a number, or a label; missing for a category without one.
    xlabel, ylabel : str
        What the axes are, and in which unit.
    xscale, yscale : str, default="linear"
        Scales of matplotlib's, such as "log" for counts.
    color_label : str or None, default=None
        What the colours are, and in which unit.
    color_center : float or None, default=None
        The number in the middle of a diverging colour map; None takes a sequential
        one, from the smallest to the largest number.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    scatter_ : matplotlib PathCollection
        The points, in the order of `points`.
    texts_ : list of matplotlib Text
        The names of categories.
    colorbar_ : matplotlib Colorbar or None
        The scale of the colours, if they are numbers.
    legend_ : matplotlib Legend or None
        Their names, if they are labels.

    See Also
    --------
    SimilarityDisplay : Distances between all categories.
    EffectDisplay : Effects with their uncertainty.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import EmbeddingDisplay
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 20, "day": range(60)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=1, random_state=0))
    >>> display = EmbeddingDisplay.from_estimator(encoder.fit(X, y), "shop")
    >>> display.points["count"].to_dict()
    {'east': 20, 'north': 20, 'south': 20}
    >>> display.figure_.savefig("shops.png")  # doctest: +SKIP
    """

    ax_: Axes
    figure_: Figure
    scatter_: PathCollection
    texts_: list[Text]
    colorbar_: Colorbar | None
    legend_: Legend | None

    def __init__(
        self,
        points: pd.DataFrame,
        *,
        xlabel: str,
        ylabel: str,
        xscale: str = "linear",
        yscale: str = "linear",
        color_label: str | None = None,
        color_center: float | None = None,
    ):
        self.points = points
        self.xlabel = xlabel
        self.ylabel = ylabel
        self.xscale = xscale
        self.yscale = yscale
        self.color_label = color_label
        self.color_center = color_center

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        column: str,
        X: TableLike | None = None,
        *,
        projection: Any = None,
        components: Sequence[str] | None = None,
        color: Any = "effect",
        color_label: str | None = None,
        target: Any = None,
        min_count: int = 1,
        max_labels: int = 40,
        cmap: Any = None,
        scatter_kwargs: Mapping[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the categories of a column of a fitted estimator.

        Parameters
        ----------
        estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
            Fitted. The vectors are those along canonical axes, as in
            `EntityEmbeddingEncoder.embeddings_`.
        column : str
            Name of a categorical column; ``x0``, ``x1``, … where X had no names.
        X : data frame or array-like of shape (n_samples, n_features), default=None
            Rows on which a regressor or classifier is asked what its vectors do, as
            its own axes are arbitrary. Not used for an encoder.
        projection : transformer or None, default=None
            Anything with `fit_transform` that makes two columns of the vectors,
            such as ``PCA(2)``, ``TSNE()`` or ``umap.UMAP()``. It is cloned. None
            draws two components as they are.
        components : sequence of str or None, default=None
            Names of components, such as ``("shop_axis_1", "shop_axis_2")``: the two
            that are drawn, or those that the projection is given. "count", the
            number of training rows, can be one that is drawn. None draws the effect
            and the first axis (the effect and the count, if the column has no
            axis), and gives the projection all components.
        color : "effect", None, dict or Series, default="effect"
            What the colours are: the effect, nothing, or a number or a label for
            each category. Categories without one are grey.
        color_label : str or None, default=None
            Name of the colours, for numbers and labels of your own.
        target : label or int, default=None
            The class, or the position of the output, whose effect is drawn, where
            there are several; None takes the first.
        min_count : int, default=1
            Categories of fewer training rows are left out. With 0, those without
            any are drawn, too: they share the unknown vector.
        max_labels : int, default=40
            Names of categories, at most, the most frequent and the outermost first.
        cmap : str, matplotlib Colormap or None, default=None
            Colour map; None takes a diverging one for the effect, and otherwise
            those of the rcParams.
        scatter_kwargs : dict or None, default=None
            Passed on to `matplotlib.axes.Axes.scatter`.
        ax : matplotlib Axes or None, default=None
            To draw on; None makes a new figure.

        Returns
        -------
        EmbeddingDisplay

        Raises
        ------
        ImportError
            If matplotlib or adjustText is not installed.
        TypeError
            If the estimator is none of sk-entity, the projection has no
            `fit_transform`, or color is no mapping.
        ValueError
            If there is no such column, component, target or category, the
            projection does not make two columns, or X is missing.
        sklearn.exceptions.NotFittedError

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn.decomposition import PCA
        >>> from sklearn.manifold import TSNE
        >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
        >>> from sk_entity.inspection import EmbeddingDisplay
        >>> X = pd.DataFrame({"shop": [f"s{k % 9}" for k in range(90)], "day": range(90)})
        >>> model = EntityEmbeddingRegressor(embedding_dim=3, max_iter=1, random_state=0)
        >>> encoder = EntityEmbeddingEncoder(model, n_components=None).fit(X, X["day"] % 9)
        >>> display = EmbeddingDisplay.from_estimator(encoder, "shop", projection=PCA(2))
        >>> display.xlabel
        'PCA 1 of shop'
        >>> tsne = TSNE(perplexity=3, random_state=0)
        >>> display = EmbeddingDisplay.from_estimator(encoder, "shop", projection=tsne)

        With umap-learn installed:

        >>> import umap  # doctest: +SKIP
        >>> display = EmbeddingDisplay.from_estimator(
        ...     encoder, "shop", projection=umap.UMAP(random_state=0)
        ... )  # doctest: +SKIP

        Colours of your own:

        >>> region = {"s0": "east", "s1": "east", "s2": "west"}
        >>> display = EmbeddingDisplay.from_estimator(encoder, "shop", color=region)
        >>> [text.get_text() for text in display.legend_.get_texts()]
        ['east', 'west', 'others']
        """
        pyplot(cls.__name__)
        check_max_labels(max_labels)
        encoded, state = encoded_column(estimator, column, X), network_state(estimator)
        outputs = Outputs.of(state.target)
        output = outputs.position(target)
        rows = rows_to_draw(encoded, min_count)
        effects = next(c.means.effects for c in state.columns if c.name == column)[rows["row"]]
        points, axes = in_the_plane(encoded, rows, outputs, output, projection, components)
        rows.insert(3, "trusted", trusted_rows(encoded, rows))
        rows[["x", "y"]] = points
        center = None
        if isinstance(color, str) and color == "effect":
            rows["color"] = effects[:, output].astype(float)
            color_label = f"effect ({outputs.unit_of(output)})"
            center = 0.0
        elif color is None:
            color_label = None
        else:
            rows["color"] = values_of_mapping(color, rows)
        display = cls(
            rows.drop(columns="row"),
            **axes,
            color_label=color_label,
            color_center=center,
        )
        return display.plot(ax, max_labels=max_labels, cmap=cmap, scatter_kwargs=scatter_kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        max_labels: int = 40,
        cmap: Any = None,
        scatter_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the points.

        Parameters
        ----------
        ax, max_labels, cmap, scatter_kwargs
            See `from_estimator`.

        Returns
        -------
        self
        """
        check_max_labels(max_labels)
        self.figure_, self.ax_ = axes_to_draw_on(type(self).__name__, ax)
        counts = self.points["count"].to_numpy()
        self._draw_points(counts, cmap, scatter_kwargs or {})
        self.ax_.set(xlabel=plain(self.xlabel), ylabel=plain(self.ylabel))
        self.ax_.set(xscale=self.xscale, yscale=self.yscale)
        few_spines(self.ax_)
        self.ax_.margins(0.06)
        note = "area: training rows"
        if is_pale(self.points).any():
            note += ", pale: not trusted"
        add_note(self.ax_, f"{plain(self.points.index.name)}: {count_in_words(self.points)}", note)
        positions, names = self.points[["x", "y"]].to_numpy(float), names_to_draw(self.points)
        self.texts_ = label_points(self.ax_, positions, names, counts, areas(counts), max_labels)
        return self

    def _draw_points(self, counts: np.ndarray, cmap: Any, settings: Mapping[str, Any]) -> None:
        """Draw the points, and what their colours are."""
        points, few = self.points, len(self.points) <= MOST_VECTOR_POINTS
        colors = self._draw_colors(counts, cmap)
        pale, around = is_pale(points), self.ax_.get_facecolor()
        style = {
            "s": areas(counts),
            "alpha": np.where(pale, NOT_TRUSTED, TRUSTED),
            "linewidths": 0.4 if few else 0,
            "edgecolors": [QUIET if k else around for k in pale] if few else "none",
            "rasterized": not few,
            **colors,
        }
        self.scatter_ = self.ax_.scatter(points["x"], points["y"], **{**style, **_plural(settings)})

    def _draw_colors(self, counts: np.ndarray, cmap: Any) -> dict[str, Any]:
        """Draw colour bar or legend; return settings of the points."""
        self.colorbar_ = self.legend_ = None
        if "color" not in self.points:
            return {}
        values = self.points["color"]
        if pd.api.types.is_numeric_dtype(values):
            numbers = values.to_numpy(float)
            cmap, norm = number_colors(numbers, self.color_center, cmap)
            label = self.color_label or ""
            self.colorbar_ = draw_colorbar(self.figure_, self.ax_, cmap, norm, numbers, label)
            return {"c": numbers, "cmap": cmap, "norm": norm, "plotnonfinite": True}
        colors = label_colors(values, counts, cmap)
        of_points = [colors.get(value, FAINT) for value in values]
        others = any(value not in colors for value in values)
        self.legend_ = draw_legend(self.ax_, colors, others=others)
        if self.color_label:
            self.legend_.set_title(plain(self.color_label))
        return {"c": of_points}


def areas(counts: np.ndarray) -> np.ndarray:
    """Return areas of points, in proportion to counts, but for the smallest."""
    scale = min(LARGEST_AREA / max(counts.max(), 1), ALL_AREAS / max(counts.sum(), 1))
    smallest = np.clip(ALL_SMALLEST / len(counts), *SMALLEST_AREA)
    return np.maximum(scale * counts, smallest)


def _plural(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings the names that `scatter` has for them, whatever the alias."""
    from matplotlib import cbook
    from matplotlib.collections import PathCollection

    names = {"edgecolor": "edgecolors", "linewidth": "linewidths"}
    settings = cbook.normalize_kwargs(dict(settings), PathCollection)
    return {names.get(name, name): value for name, value in settings.items()}
