"""This module puts on a page what was measured and what was computed, as Markdown tables."""

import statistics

from ..report import NOTHING, digits, median_and_range, spread, table
from . import paper
from .cost_model import (
    Rates,
    Sizes,
    flops_per_row,
    held_bytes_per_row,
    moved_bytes_per_row,
    record_bytes,
    seconds_per_row,
    table_bytes,
)
from .quality import summary

NOTE = "<!-- Written by python -m benchmarks.scale --write. -->"
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def page(lines, errors=()):
    """All tables that there are results for."""
    lines, errors = list(lines), list(errors)
    if lines:
        yield from ("### In memory and from disk", "", *table(measured(lines)), "")
        yield from ("### Predicted and measured", "", *table(compared(lines)), "")
    if errors:
        yield from ("### Errors of both", "", *table(qualities(errors)), "")
    of_row = _of_row(lines)
    yield from ("### A row", "", *table(row_costs(of_row[0])), "")
    yield from ("### Rows on paper", "", *table(rows_on_paper(*of_row)), "")
    yield from ("### Categories on paper", "", *table(categories_on_paper()), "")
    yield from ("### Workers on paper", "", *table(workers_on_paper(of_row[0])), "")
    if lines:
        limits = {line["limited_by"] for line in lines if line["limited_by"]}
        limit = max((line["limit"] or 0) for line in lines)
        held = f" The stream was held to {size(limit)} by {', '.join(limits)}." if limits else ""
        versions = "; ".join(sorted({line["version"] for line in lines}))
        yield f"{versions}. Threads: {lines[0]['threads']}.{held}"


def measured(lines):
    """A row per number of rows and way."""
    yield (
        "rows, way",
        "before training, s",
        "epoch, s",
        "µs per row and epoch",
        "over memory",
        "memory at most; RMSE on other rows",
    )
    for (n_rows, how), several in _groups(lines).items():
        passes = [sum(line["passes"].values()) for line in several]
        epochs = [statistics.median(line["per_epoch"]) for line in several]
        per_row = [1e6 * s / n_rows for s in epochs]
        peak = max(line["peak"] for line in several)
        yield (
            f"{n_rows:,}, {how}",
            median_and_range(passes, digits),
            median_and_range(epochs, digits),
            median_and_range(per_row, digits),
            _over_memory(lines, n_rows) if how == "stream" else NOTHING,
            f"{size(peak)}; {spread([line['error'] for line in several])}",
        )


def _over_memory(lines, n_rows):
    """Seconds of an epoch of the stream over those in memory, and the same of all seconds."""
    groups = _groups(lines)
    pairs = list(zip(groups[n_rows, "stream"], groups.get((n_rows, "memory"), []), strict=False))
    if not pairs:
        return NOTHING
    epochs = [
        statistics.median(a["per_epoch"]) / statistics.median(b["per_epoch"]) for a, b in pairs
    ]
    in_all = [a["seconds"] / b["seconds"] for a, b in pairs]
    return f"{median_and_range(epochs, digits)}; in all {median_and_range(in_all, digits)}"


def compared(lines):
    """Seconds of the cost model beside those of the clock."""
    yield "rows", "products", "small operations", "whole tables, calls", "predicted", "measured"
    for (n_rows, how), several in _groups(lines).items():
        if how != "memory":
            continue
        line = several[0]
        parts = seconds_per_row(_sizes(line), line["steps_of"], Rates(**line["rates"]))
        micro = [1e6 * s for s in parts.values()]
        epochs = [1e6 * statistics.median(one["per_epoch"]) / n_rows for one in several]
        rest = sum(micro[2:])
        yield (
            f"{n_rows:,}",
            *(f"{m:.2f} µs" for m in (micro[0], micro[1], rest, sum(micro))),
            median_and_range(epochs, digits, " µs"),
        )


def qualities(errors):
    """Errors over the seeds."""
    yield "task", "metric", "rows", "in memory", "stream", "stream over memory"
    for task, metric, n, in_memory, stream in summary(errors):
        ratios = [b / a for a, b in zip(in_memory, stream, strict=True)]
        yield task, metric, f"{n:,}", spread(in_memory), spread(stream), spread(ratios)


def row_costs(sizes):
    """What one row costs, whatever the machine."""
    yield "of a row", "value"
    yield "bytes in memory while it trains", held_bytes_per_row(sizes)
    yield "bytes on disk, coded", record_bytes(sizes)
    yield "floating-point operations in a step", f"{flops_per_row(sizes):,}"
    yield (
        "bytes that a step reads and writes, in the caches or beyond",
        (f"{moved_bytes_per_row(sizes):,}"),
    )
    yield "bytes of all tables while they train, not per row", size(table_bytes(sizes))


def rows_on_paper(sizes, micro):
    """Bytes by number of rows; hours too, if it was measured what a row takes."""
    names = ["rows", "in memory", "on disk, coded"]
    yield names if micro is None else [*names, f"an epoch at {micro:.1f} µs per row"]
    for n in paper.ROWS:
        cost = paper.of_rows(sizes, n, (micro or 0) / 1e6)
        cells = [f"{n:,}", size(cost["memory"]), size(cost["disk"])]
        yield cells if micro is None else [*cells, duration(cost["seconds"])]


def categories_on_paper():
    """Bytes of one table."""
    hashed = f"hashed to {paper.HASHED:,} rows"
    yield "categories", "exact, in training", "exact, fitted", hashed, "composed of two"
    for n in paper.CATEGORIES:
        cost = paper.of_categories(n)
        yield f"{n:,}", *(size(cost[k]) for k in ("training", "fitted", "hashed", "composed"))


def workers_on_paper(sizes):
    """Bytes that a worker sends."""
    yield "workers, rows of each in a step", "sent in a step", "per row"
    for batch in paper.BATCHES:
        for n in paper.WORKERS:
            sent, per_row = paper.of_workers(sizes, batch, n)
            yield f"{n}, {batch:,}", size(sent), size(per_row)


def size(n_bytes):
    """Bytes, for people."""
    for unit in UNITS:
        if n_bytes < 1000 or unit == UNITS[-1]:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return None


def duration(seconds):
    """Seconds, minutes, hours or days, for people."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.3g} {unit}"
    return f"{seconds:,.3g} s"


def as_file(rows):
    """The text of a file that a page of the docs includes."""
    return "\n".join([NOTE, "", *rows]) + "\n"


def _groups(lines):
    groups = {}
    for line in sorted(lines, key=lambda line: (line["rows"], line["how"], line["seed"])):
        groups.setdefault((line["rows"], line["how"]), []).append(line)
    return groups


def _sizes(line):
    return Sizes(**{k: tuple(v) if isinstance(v, list) else v for k, v in line["sizes"].items()})


def _of_row(lines):
    """Sizes, and microseconds per row of the longest table that was streamed, if one was."""
    streamed = [line for line in lines if line["how"] == "stream"]
    if not streamed:
        return paper.made_up_sizes(), None
    longest = max(streamed, key=lambda line: line["rows"])
    return _sizes(longest), 1e6 * statistics.median(longest["per_epoch"]) / longest["rows"]
