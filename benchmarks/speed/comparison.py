"""This module holds the lines of the table of speed, and the goals that they are held against."""

import statistics
from dataclasses import dataclass, field

from ..report import NOTHING, line, median_and_range, say
from .timing import ratio

COLUMNS = ("work", "against", "goal", "measured", "met")


@dataclass(frozen=True)
class Comparison:
    """A line of the table.

    `goal` is a bound such as "≥ 3" or "≤ 1.5", or empty; the median of `values`
    is compared with it. `note` says why there are no values.
    """

    work: str
    against: str
    goal: str = ""
    values: list = field(default_factory=list)
    unit: str = "×"
    note: str = ""

    @property
    def measured(self):
        """Median, and the range if there are several values."""
        return median_and_range(self.values, _short, self.unit) if self.values else self.note

    @property
    def met(self):
        """Whether the median is within the goal."""
        if not (self.goal and self.values):
            return NOTHING
        sign, bound = self.goal.split()[:2]
        median = statistics.median(self.values)
        good = median >= float(bound) if sign == "≥" else median <= float(bound)
        return "yes" if good else "**no**"

    def __str__(self):
        return line([self.work, self.against, self.goal or NOTHING, self.measured, self.met])


def compare(work, against, goal, own, other, options, rows=True):
    """Measure, print the absolute figures and return the line.

    `own` and `other` return seconds, per row if `rows`.
    """
    ratios, a, b = ratio(own, other, options.runs)
    show = rate if rows else duration
    say(f"{work}: {show(a)}; {against}: {show(b)}")
    return Comparison(work, against, goal, ratios)


def rate(seconds_per_row):
    """Rows per second, for people."""
    return f"{1 / seconds_per_row:,.0f} rows/s"


def duration(seconds):
    """Seconds or milliseconds, for people."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def _short(value):
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
