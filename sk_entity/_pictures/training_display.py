"""The losses of training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._estimators.base import BaseEntityEmbedding
from .._estimators.inside import find_network
from .style import QUIET, SMALL, axes_to_draw_on, few_spines, pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

# The columns of a history that are losses, and what a legend calls them.
LOSSES = {"train_loss": "training", "valid_loss": "validation"}
INCHES_PER_FOLD, FEWEST_INCHES, MOST_INCHES, HEIGHT = 2.6, 6.4, 14.0, 3.6


class TrainingDisplay:
    """The losses of training, epoch by epoch, of one network or of those of several folds.

    Make one with `from_estimator` or `from_cv_results`. All parameters are stored as
    attributes.

    Parameters
    ----------
    losses : DataFrame
        A row per fold and epoch. Columns ``fold``, ``epoch``, ``train_loss`` and, if
        there were validation rows, ``valid_loss``, as in `history_` of the estimators:
        means over rows, in the unit of the network, without the prior.
    kept : Series, indexed by fold
        The epoch whose weights the network has kept.
    loss_label : str, default="loss"
        What the loss is.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes; of folds side by side, the first.
    axes_ : ndarray of matplotlib Axes
        One, or one per fold.
    figure_ : matplotlib Figure
    lines_ : dict of list of matplotlib Line2D
        "train_loss" and, if there is one, "valid_loss": a curve per fold.
    kept_ : list of matplotlib Line2D
        The mark of each fold at the epoch that was kept.
    legend_ : matplotlib Legend

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.inspection import TrainingDisplay
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 20, "day": range(60)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> model = EntityEmbeddingRegressor(max_iter=3, early_stopping=True, random_state=0)
    >>> display = TrainingDisplay.from_estimator(model.fit(X, y))
    >>> display.losses.columns.tolist()
    ['fold', 'epoch', 'train_loss', 'valid_loss']
    """

    ax_: Axes
    axes_: np.ndarray
    figure_: Figure
    lines_: dict[str, list[Line2D]]
    kept_: list[Line2D]
    legend_: Legend

    def __init__(self, losses: pd.DataFrame, *, kept: pd.Series, loss_label: str = "loss"):
        self.losses = losses
        self.kept = kept
        self.loss_label = loss_label

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> Self:
        """Draw the losses of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted: one of sk-entity, or a pipeline, a search or another estimator of
            scikit-learn that holds one.
        ax : matplotlib Axes or None, default=None
            To draw on; None makes a new figure.

        Returns
        -------
        TrainingDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If there is no estimator of sk-entity in it.
        sklearn.exceptions.NotFittedError
        """
        pyplot(cls.__name__)
        return cls._of([find_network(estimator)]).plot(ax)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        *,
        side_by_side: bool = False,
        ax: Any = None,
    ) -> Self:
        """Draw the losses of the estimators of a cross-validation.

        Parameters
        ----------
        cv_results : dict
            As `sklearn.model_selection.cross_validate` returns it with
            ``return_estimator=True``.
        side_by_side : bool, default=False
            Whether each fold has axes of its own. Otherwise its curves are drawn over
            those of the others.
        ax : matplotlib Axes, array-like of Axes or None, default=None
            To draw on, with axes for each fold if side by side; None makes a new
            figure.

        Returns
        -------
        TrainingDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the estimators are missing, or there are not as many axes as folds.
        TypeError
            If there is no estimator of sk-entity in one of them.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn.model_selection import cross_validate
        >>> from sk_entity import EntityEmbeddingRegressor
        >>> from sk_entity.inspection import TrainingDisplay
        >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 20, "day": range(60)})
        >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
        >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0)
        >>> found = cross_validate(model, X, y, cv=2, return_estimator=True)
        >>> display = TrainingDisplay.from_cv_results(found, side_by_side=True)
        >>> len(display.axes_)
        2
        """
        pyplot(cls.__name__)
        if "estimator" not in cv_results:
            raise ValueError(
                "cv_results holds no estimators. Pass return_estimator=True to cross_validate."
            )
        networks = [find_network(estimator) for estimator in cv_results["estimator"]]
        return cls._of(networks).plot(ax, side_by_side=side_by_side)

    @classmethod
    def _of(cls, networks: Sequence[BaseEntityEmbedding]) -> Self:
        """Collect the losses of several networks."""
        parts = []
        for fold, network in enumerate(networks):
            history = network.history_
            part = history[[name for name in LOSSES if name in history]].reset_index()
            part.insert(0, "fold", fold)
            parts.append(part)
        kept = pd.Series([network.best_iter_ for network in networks], name="epoch")
        names = {str(getattr(network, "loss", "")).replace("_", " ") for network in networks}
        label = f"loss ({names.pop()})" if len(names) == 1 else "loss"
        return cls(
            pd.concat(parts, ignore_index=True),
            kept=kept.rename_axis("fold"),
            loss_label=label,
        )

    def plot(self, ax: Any = None, *, side_by_side: bool = False) -> Self:
        """Draw the losses.

        Parameters
        ----------
        ax, side_by_side
            See `from_cv_results`.

        Returns
        -------
        self
        """
        folds = self.kept.index
        self._find_axes(ax, len(folds) if side_by_side else 1)
        self.lines_, self.kept_ = {name: [] for name in LOSSES if name in self.losses}, []
        for place, fold in enumerate(folds):
            axes = self.axes_[place if side_by_side else 0]
            alone = side_by_side or len(folds) == 1
            self._draw_fold(axes, self.losses[self.losses["fold"] == fold], fold, alone)
            if side_by_side:
                axes.set_title(f"fold {fold}", loc="left")
        for axes in self.axes_:
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
            few_spines(axes)
        self.ax_.set_ylabel(self.loss_label)
        self._draw_legend()
        return self

    def _find_axes(self, ax: Any, n: int) -> None:
        """Set the figure and its axes, as many as needed."""
        name = type(self).__name__
        if ax is None and n > 1:
            width = float(np.clip(INCHES_PER_FOLD * n, FEWEST_INCHES, MOST_INCHES))
            self.figure_, self.axes_ = pyplot(name).subplots(
                1, n, sharey=True, layout="constrained", figsize=(width, HEIGHT)
            )
        else:
            given = [None] if ax is None else np.ravel(ax)
            if len(given) != n:
                raise ValueError(f"ax holds {len(given)} axes, but {n} are needed.")
            found = [axes_to_draw_on(name, axes) for axes in given]
            self.figure_, self.axes_ = found[0][0], np.array([axes for _, axes in found])
        self.ax_ = self.axes_[0]

    def _draw_fold(self, axes: Axes, losses: pd.DataFrame, fold: Any, alone: bool) -> None:
        """Draw the curves of one fold, and mark the epoch whose weights are kept."""
        epochs, kept = losses["epoch"].to_numpy(), self.kept[fold]
        for k, (name, lines) in enumerate(self.lines_.items()):
            (line,) = axes.plot(
                epochs,
                losses[name].to_numpy(),
                color=f"C{k}",
                alpha=1.0 if alone else 0.6,
                linewidth=1.5 if alone else 1.0,
                label=LOSSES[name],
            )
            lines.append(line)
        # The validation decides which epoch is kept, if there is one.
        (mark,) = axes.plot(
            kept,
            losses[name].to_numpy()[epochs == kept],
            marker="o",
            linestyle="",
            color=line.get_color(),
            markersize=5,
            label="epoch kept",
        )
        self.kept_.append(mark)

    def _draw_legend(self) -> None:
        """Name the two curves and the mark, once for all folds."""
        handles = [lines[0] for lines in self.lines_.values()] + self.kept_[:1]
        self.legend_ = self.axes_[-1].legend(
            handles=handles, frameon=False, fontsize=SMALL, labelcolor=QUIET
        )
