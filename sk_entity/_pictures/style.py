"""What all pictures have in common: the axes they are drawn on, and their colours."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Its middle is a grey that is seen on white.
DIVERGING = "coolwarm"
QUIET, FAINT = "0.45", "0.8"
# How opaque a point or a bar is, and one that is not trusted.
TRUSTED, NOT_TRUSTED = 0.9, 0.4
SMALL = "small"


def pyplot(name: str) -> ModuleType:
    """Import matplotlib.pyplot for the display of this name.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError(
            f'{name} draws with matplotlib. Install it by: pip install "sk-entity[plot]"'
        ) from error
    return matplotlib.pyplot


def axes_to_draw_on(name: str, ax: Axes | None, **settings: Any) -> tuple[Figure, Axes]:
    """Return the axes that were given with their figure, or new ones."""
    plt = pyplot(name)
    if ax is None:
        return plt.subplots(layout="constrained", **settings)
    return ax.get_figure(), ax  # type: ignore[return-value]


def few_spines(ax: Axes) -> None:
    """Take the frame off, but for the two sides with scales."""
    ax.spines[["top", "right"]].set_visible(False)


def mark_zero(ax: Axes) -> None:
    """Draw a thin upright line through 0, behind all else."""
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=0)


def add_note(ax: Axes, title: str, note: str) -> None:
    """Write a title at the left, and below it a note on how to read the picture."""
    ax.set_title(f"{title}\n", loc="left")
    below: dict[str, Any] = {"xytext": (0, 5), "textcoords": "offset points"}
    ax.annotate(note, (0, 1), xycoords="axes fraction", fontsize=SMALL, color=QUIET, **below)
