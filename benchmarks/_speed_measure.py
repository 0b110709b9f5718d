"""Alternating measurements, and the lines that the table of speed.py shows of them."""

import gc
import statistics
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
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
        if not self.values:
            return self.note
        median = f"{_short(statistics.median(self.values))}{self.unit}"
        if len(self.values) == 1:
            return median
        return f"{median} ({_short(min(self.values))}–{_short(max(self.values))})"

    @property
    def met(self):
        if not (self.goal and self.values):
            return "–"
        sign, bound = self.goal.split()[:2]
        median = statistics.median(self.values)
        good = median >= float(bound) if sign == "≥" else median <= float(bound)
        return "yes" if good else "**no**"

    def __str__(self):
        cells = [self.work, self.against, self.goal or "–", self.measured, self.met]
        return f"| {' | '.join(cells)} |"


def say(text):
    """Print at once, so that a long run can be followed."""
    print(text, flush=True)


def timed(function, per=1):
    """A callable that runs the function and returns its seconds, divided by `per`."""

    def seconds():
        gc.collect()
        start = time.perf_counter()
        function()
        return (time.perf_counter() - start) / per

    return seconds


def alternate(works, runs, warm_up=True):
    """Run callables in turn, forwards, backwards, and so on, after a first call of each.

    Returns a list of `runs` results per callable, by its key.
    """
    results = {key: [] for key in works}
    order = list(works)
    if warm_up:
        for work in works.values():
            work()
    for _ in range(runs):
        for key in order:
            results[key].append(works[key]())
        order.reverse()
    return results


def ratio(ours, theirs, runs=5):
    """How many times faster ours is, run by run, and the median seconds of both."""
    seconds = alternate({"ours": ours, "theirs": theirs}, runs)
    ratios = [b / a for a, b in zip(seconds["ours"], seconds["theirs"], strict=True)]
    return ratios, statistics.median(seconds["ours"]), statistics.median(seconds["theirs"])


def compare(work, against, goal, ours, theirs, options, rows=True):
    """Measure, print the absolute figures and return the line.

    `ours` and `theirs` return seconds, per row if `rows`.
    """
    ratios, a, b = ratio(ours, theirs, options.runs)
    show = rate if rows else duration
    say(f"{work}: {show(a)}; {against}: {show(b)}")
    return Line(work, against, goal, ratios)


def rate(seconds_per_row):
    """Rows per second, for people."""
    return f"{1 / seconds_per_row:,.0f} rows/s"


def duration(seconds):
    """Seconds or milliseconds, for people."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def _short(value):
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
