"""This module formats what the benchmarks print: Markdown tables and the cells in them.

The errors of a model are a list with one per seed, or missing where it has no result.
"""

# NumPy is not imported here: benchmarks.speed has to say before on how many threads it runs.
import math
import statistics
import sys

NOTHING = "–"
# Columns of a table that a page can hold.
MOST_COLUMNS = 6


def say(text):
    """Print at once, so that a long run can be followed."""
    print(text, flush=True)


def progress(text):
    """The same beside the tables: on stderr."""
    print(text, file=sys.stderr, flush=True)


def headline(inner):
    """Which rows the errors are of."""
    rows = "VALIDATION rows, split off from those to learn from" if inner else "test rows"
    return f"Errors on {rows}; lower is better."


def header(names):
    """The first two lines of a table."""
    yield line(names)
    yield "|" + "---|" * len(names)


def line(cells):
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def table(rows):
    """Lines of a table, from its first row of names and further rows."""
    names, *cells = rows
    yield from header(names)
    yield from map(line, cells)


def folded(title, lines):
    """Lines that are shown when their title is clicked; none if there are none."""
    lines = list(lines)
    if lines:
        yield from ("", "<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>")


def in_parts(columns, repeated, n_before=1):
    """Columns in groups that fit a table beside some others; each group begins with `repeated`."""
    room = MOST_COLUMNS - n_before
    if len(columns) <= room:
        return [list(columns)]
    first = [repeated] if repeated in columns else []
    others = [column for column in columns if column not in first]
    n_parts = math.ceil(len(others) / (room - len(first)))
    size = math.ceil(len(others) / n_parts)
    return [[*first, *others[i : i + size]] for i in range(0, len(others), size)]


def errors_by(results, index, columns, order):
    """Lists of errors over the seeds, from a frame with a row per result and metric."""
    return results.pivot_table(index=index, columns=columns, values="error", aggfunc=list).reindex(
        columns=order
    )


def mean(errors):
    """The mean over the seeds."""
    return statistics.fmean(errors) if isinstance(errors, list) else math.nan


def digits(value):
    """Four digits that say something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4f}" if value < 1 else f"{value:.4g}"


def spread(errors):
    """Mean ± standard deviation over the seeds."""
    if not isinstance(errors, list) or not errors:
        return NOTHING
    if len(errors) == 1:
        return digits(errors[0])
    noise = statistics.stdev(errors)
    return f"{digits(statistics.fmean(errors))} ± {noise:{'.2g' if noise < 100 else ',.0f'}}"


def spreads(errors, rivals):
    """A cell for each entry of a Series; the least mean of the rivals is in bold."""
    cells = errors.map(spread)
    means = errors[rivals].map(mean)
    if means.notna().sum() > 1:
        best = means.idxmin()
        cells[best] = f"**{cells[best]}**"
    return list(cells)


def seconds(wall, cpu, decimals):
    """Seconds by the clock, and of all threads."""
    if math.isnan(wall):
        return NOTHING
    return f"{wall:,.{decimals}f} ({cpu:,.{decimals}f})"


def mean_rank(ranks):
    """The mean of a Series of ranks, and of how many tasks it is if some have none."""
    return _over_tasks(ranks, lambda known: f"{known.mean():.2f}")


def mean_ratio(ratios):
    """The geometric mean of a Series of ratios, and of how many tasks it is."""
    return _over_tasks(ratios, lambda known: f"{statistics.geometric_mean(known):.3f}")


def _over_tasks(values, show):
    known = values.dropna()
    if known.empty:
        return NOTHING
    return show(known) + (f" of {len(known)} tasks" if len(known) < len(values) else "")


def excess(by_seed, own, other):
    """How far an error is above another, as shares of the other: mean over seeds, and spread."""
    difference = (by_seed[own] - by_seed[other]).dropna()
    noise = difference.std() if len(difference) > 1 else 0.0
    return difference.mean() / by_seed[other].mean(), noise / by_seed[other].mean()


def median_and_range(values, show, unit=""):
    """The median, and the range if there are several values."""
    median = f"{show(statistics.median(values))}{unit}"
    if len(values) == 1:
        return median
    return f"{median} ({show(min(values))}–{show(max(values))})"
