"""This command writes what was tried, and how it ended, from the stored results.

    python -m benchmarks.reliability --write docs/reliability_tables.md

The commands beside it try and store: `tables`, `faults`, `fuzz_load` and `versions`.
"""

import argparse
from collections import Counter
from pathlib import Path

from ..report import folded, header, line, say
from ..store import STORED, Store

PACKAGES = ("numpy", "scipy", "pandas", "narwhals", "scikit-learn", "torch", "skorch", "polars")


def main(arguments=None):
    """Print the tables, and write them if asked to."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.reliability", description=about)
    parser.add_argument("--write", type=Path, help="the part of the docs to write")
    options = parser.parse_args(arguments)
    text = "\n".join(written())
    say(text)
    if options.write:
        options.write.write_text(f"{text}\n", encoding="utf-8")


def written():
    """Lines of the part of the docs."""
    yield "<!-- Written by python -m benchmarks.reliability --write. -->"
    yield from ("", "### Random tables, by what must hold", "", *of_tables(lines_of("tables")))
    yield from ("", "### Faults", "", *of_faults(lines_of("faults")))
    yield from ("", "### Hostile files", "", *of_files(lines_of("fuzz")))
    yield from ("", "### Versions", "", *of_versions(lines_of("versions")))


def lines_of(name):
    """Stored results."""
    return Store(STORED / f"reliability_{name}.jsonl").lines


def of_tables(runs):
    """How often each invariant was compared, in all runs."""
    compared, failed = Counter(), Counter()
    for run in runs:
        compared.update(run["comparisons"])
        failed.update(failure["invariant"] for failure in run["failures"])
    n_tables, n_refused, seconds = (
        sum(run[name] for run in runs) for name in ("n_tables", "n_refused", "seconds")
    )
    yield (
        f"{n_tables:,} tables in {seconds:,} seconds, of which {n_refused:,} have nothing to learn "
        "from and were refused."
    )
    yield ""
    yield from header(["what must hold", "comparisons", "tables that failed"])
    for name, count in compared.items():
        yield line([name, f"{count:,}", failed[name]])
    found = [
        f"- seed {failure['seed']}, {failure['invariant']}: {_shortened(failure['error'])}"
        for run in runs
        for failure in run["failures"]
    ]
    yield from folded("What failed; each was mended, here or in the trial", found)


def _shortened(text, most=160):
    return text if len(text) <= most else f"{text[:most]} …"


def of_faults(runs):
    """How faults ended, by group, in the last run of each."""
    last = {run["group"]: run for run in runs}
    yield from header(["group", "faults", "wrong", "seconds", "how they ended"])
    for name, run in last.items():
        ends = Counter()
        for outcome, count in run["outcomes"].items():
            ends[outcome.split(": ", 1)[1]] += count
        ended = ", ".join(f"{end} {count}" for end, count in ends.most_common())
        yield line([name, run["tried"], len(run["failures"]), run["seconds"], ended])
    earlier = [run for run in runs if run["failures"] and run is not last[run["group"]]]
    found = [
        f"- {failure['work']}, {failure['fault']}: {failure['outcome']}"
        for run in earlier
        for failure in run["failures"]
    ]
    yield from folded("What earlier runs found", found)


def of_files(runs):
    """How many files the fuzzer made."""
    yield from header(["seconds", "files", "edges of code reached", "finds", "processes that died"])
    for run in runs:
        cells = [run["seconds"], run["executions"], run["edges"], len(run["finds"]), run["deaths"]]
        yield line([f"{cell:,}" for cell in cells])


def of_versions(runs):
    """What each environment gave, beside the newest one."""
    yield from header(
        ["Python", "scikit-learn", "torch", "numpy, scipy, pandas", "others", "result"]
    )
    for run in runs:
        found = {"python": "3.11", **(run["pins"] or {}), **run.get("versions", {})}
        of = {name: found.get(name) or "–" for name in ("python", *PACKAGES)}
        others = ", ".join(f"{name} {of[name]}" for name in ("narwhals", "skorch", "polars"))
        data = ", ".join(of[name] for name in ("numpy", "scipy", "pandas"))
        yield line([of["python"], of["scikit-learn"], of["torch"], data, others, _result(run)])


def _result(run):
    if not run["good"]:
        return run.get("failed", "differs")
    if not run["fitted"] and not run["loaded"]:
        return "the same bits"
    return f"a fit differs by {run['fitted']:.0e}, a loaded file by {run['loaded']:.0e}"


if __name__ == "__main__":
    main()
