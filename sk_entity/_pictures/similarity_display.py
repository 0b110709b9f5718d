"""The distances between the categories of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._estimators.inside import encoded_column, network_state
from .._estimators.types import TableLike
from .._shown import shown
from .._vectors.points import trusted_vectors
from .labels import plain, shorten
from .rows import is_pale, names_to_draw, rows_to_draw
from .style import QUIET, add_note, axes_to_draw_on, pyplot
from .units import Outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

# Distances beyond this quantile of all have the colour of the largest.
CLIPPED = 0.98
# Near is dark.
NEAR_TO_FAR = "Blues_r"
# Inches: a new figure for so many rows, and its bounds.
INCHES_PER_ROW, INCHES_AROUND, SMALLEST, LARGEST = 0.14, 2.2, 4.6, 9.5
LEAST_POINTS, MOST_POINTS = 5.0, 9.0
LONGEST_NAME = 24


class SimilarityDisplay:
    """The distances between the categories of a column, ordered so that alike ones are neighbours.

    The distance of two categories is that of their vectors along canonical axes: how
    differently they act on the prediction. Hierarchical clustering orders them, with
    the order of its leaves that brings neighbours closest; its dendrogram stands above
    the heat map.

    Make one with `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    distances : DataFrame of shape (n_drawn, n_drawn)
        Indexed by category, rows and columns in the order of the picture.
    linkage : ndarray of shape (n_drawn - 1, 4)
        The clustering, as `scipy.cluster.hierarchy.linkage` returns it. It numbers the
        categories as `categories` does.
    categories : DataFrame, indexed by category
        A row per row of the heat map, the most frequent first. Columns ``kind``,
        ``n_categories``, ``count`` and ``trusted``, as in `EmbeddingDisplay`.
    n_left_out : int, default=0
        Categories that are not drawn.
    distance_label : str, default="distance"
        What a distance is, and in which unit.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Of the heat map.
    dendrogram_ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
    dendrogram_ : matplotlib LineCollection
    colorbar_ : matplotlib Colorbar

    See Also
    --------
    EmbeddingDisplay : The categories in the plane.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import SimilarityDisplay
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 20, "day": range(60)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=1, random_state=0))
    >>> display = SimilarityDisplay.from_estimator(encoder.fit(X, y), "shop")
    >>> display.distances.loc["east"].idxmax()
    'north'
    """

    ax_: Axes
    dendrogram_ax_: Axes
    figure_: Figure
    image_: AxesImage
    dendrogram_: LineCollection
    colorbar_: Colorbar

    def __init__(
        self,
        distances: pd.DataFrame,
        *,
        linkage: np.ndarray,
        categories: pd.DataFrame,
        n_left_out: int = 0,
        distance_label: str = "distance",
    ):
        self.distances = distances
        self.linkage = linkage
        self.categories = categories
        self.n_left_out = n_left_out
        self.distance_label = distance_label

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        column: str,
        X: TableLike | None = None,
        *,
        max_categories: int = 50,
        min_count: int = 1,
        method: str = "average",
        cmap: Any = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the distances between the categories of a column of a fitted estimator.

        Parameters
        ----------
        estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
            Fitted.
        column : str
            Name of a categorical column; ``x0``, ``x1``, … where X had no names.
        X : data frame or array-like of shape (n_samples, n_features), default=None
            Rows on which a regressor or classifier is asked what its vectors do. Not
            used for an encoder.
        max_categories : int, default=50
            The most frequent are drawn. Infrequent ones, which share a vector, are one.
        min_count : int, default=1
            Categories of fewer training rows are left out.
        method : str, default="average"
            How clusters are joined, see `scipy.cluster.hierarchy.linkage`.
        cmap : str, matplotlib Colormap or None, default=None
            Colour map, from near to far.
        ax : matplotlib Axes or None, default=None
            To draw on; None makes a new figure. The dendrogram stands above the axes,
            inside the figure.

        Returns
        -------
        SimilarityDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator is none of sk-entity, there is no such column, fewer than
            two categories are to be drawn, or X is missing.
        sklearn.exceptions.NotFittedError
        """
        pyplot(cls.__name__)
        if max_categories < 2:
            raise ValueError(f"max_categories={max_categories} is too few: a distance takes two.")
        encoded, state = encoded_column(estimator, column, X), network_state(estimator)
        rows = rows_to_draw(encoded, min_count)
        drawn = rows.iloc[:max_categories].copy()
        if len(drawn) < 2:
            raise ValueError(
                f"Column {shown(column)} has one vector to draw, that of {shown(drawn.index[0])}: "
                f"a distance takes two. Categories of fewer than min_count={min_count} training "
                "rows are left out, and infrequent ones are one."
            )
        drawn.insert(3, "trusted", trusted_vectors(encoded)[drawn["row"]])
        vectors = encoded.table[drawn.pop("row")].astype(float)
        from scipy.cluster.hierarchy import leaves_list, linkage
        from scipy.spatial.distance import pdist, squareform

        apart = pdist(vectors)
        joined = linkage(apart, method, optimal_ordering=True)
        order = leaves_list(joined)
        distances = squareform(apart)[np.ix_(order, order)]
        index = drawn.index[order]
        left_out = rows["n_categories"].iloc[max_categories:].sum()
        unit = Outputs.of(state.target).unit_of_axes
        display = cls(
            pd.DataFrame(distances, index=index, columns=index),
            linkage=joined,
            categories=drawn,
            n_left_out=int(left_out),
            distance_label=f"distance ({unit})",
        )
        return display.plot(ax, cmap=cmap)

    def plot(self, ax: Axes | None = None, *, cmap: Any = None) -> Self:
        """Draw heat map and dendrogram.

        Parameters
        ----------
        ax, cmap
            See `from_estimator`.

        Returns
        -------
        self
        """
        n = len(self.distances)
        side = float(np.clip(INCHES_PER_ROW * n + INCHES_AROUND, SMALLEST, LARGEST))
        name = type(self).__name__
        self.figure_, self.ax_ = axes_to_draw_on(name, ax, figsize=(side + 0.8, side + 0.4))
        self._draw_heat_map(cmap)
        self._draw_dendrogram()
        self._write_names()
        return self

    def _draw_heat_map(self, cmap: Any) -> None:
        values = self.distances.to_numpy()
        apart = values[np.triu_indices(len(values), 1)]
        far = np.quantile(apart, CLIPPED) or apart.max() or 1.0
        self.image_ = self.ax_.imshow(
            values, cmap=NEAR_TO_FAR if cmap is None else cmap, vmin=0, vmax=far
        )
        self.ax_.spines[:].set_visible(False)
        self.colorbar_ = self.figure_.colorbar(
            self.image_,
            ax=self.ax_,
            label=plain(self.distance_label),
            extend="max" if apart.max() > far else "neither",
            aspect=40,
            pad=0.02,
        )
        self.colorbar_.outline.set_visible(False)

    def _draw_dendrogram(self) -> None:
        """Draw what is joined at which distance, above the heat map."""
        from matplotlib.collections import LineCollection
        from scipy.cluster.hierarchy import dendrogram

        tree = dendrogram(self.linkage, no_plot=True)
        # Leaves stand at 5, 15, 25, …
        across, up = (np.array(tree["icoord"]) - 5) / 10, np.array(tree["dcoord"])
        self.dendrogram_ax_ = above = self.ax_.inset_axes((0, 1.01, 1, 0.16))
        lines = np.stack([across, up], axis=-1)
        self.dendrogram_ = LineCollection(list(lines), colors=QUIET, linewidths=0.8)
        above.add_collection(self.dendrogram_)
        above.set(xlim=self.ax_.get_xlim(), ylim=(0, 1.05 * (up.max() or 1.0)))
        above.set_axis_off()
        left_out = self.n_left_out
        drawn = int(self.categories["n_categories"].sum())
        title = f"{drawn:,} categories"
        if left_out:
            title = f"the {drawn:,} most frequent of {drawn + left_out:,} categories"
        note = (
            "dark: alike"
            if not is_pale(self.categories).any()
            else "dark: alike, grey: not trusted"
        )
        add_note(above, f"{plain(self.distances.index.name)}: {title}", note)

    def _write_names(self) -> None:
        """Name rows and columns, as large as they may be."""
        n = len(self.distances)
        height = self.ax_.get_window_extent().height * 72 / self.ax_.figure.dpi
        size = float(np.clip(0.8 * height / n, LEAST_POINTS, MOST_POINTS))
        # Where not even the smallest type has room, some are named.
        step = max(1, int(np.ceil(1.1 * LEAST_POINTS * n / height)))
        order = self._order()
        names = np.array([plain(shorten(v, LONGEST_NAME)) for v in names_to_draw(self.categories)])
        places, pale = np.arange(n)[::step], is_pale(self.categories)[order][::step]
        settings = {"ticks": places, "labels": names[order][::step], "fontsize": size}
        self.ax_.set_yticks(**settings)
        self.ax_.set_xticks(**settings, rotation=90)
        self.ax_.tick_params(length=0)
        for labels in self.ax_.get_xticklabels(), self.ax_.get_yticklabels():
            for label, faint in zip(labels, pale, strict=True):
                if faint:
                    label.set_color("0.6")

    def _order(self) -> np.ndarray:
        from scipy.cluster.hierarchy import leaves_list

        return leaves_list(self.linkage)
