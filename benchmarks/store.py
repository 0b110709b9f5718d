"""This module keeps results as lines of JSON, so that a run that was ended can go on.

A line is appended as soon as there is a result: errors by metric, seconds, and what
the result is of.
"""

import json
from pathlib import Path

import pandas as pd

# Results that belong to the project, so that nobody has to measure them again.
STORED = Path(__file__).parent / "results"
# Results of this machine, which nobody else needs.
OUTPUT = Path(__file__).parents[1] / "output"


class Store:
    """Lines of the file that is written to, and of files that are only read."""

    def __init__(self, path, also=()):
        self.path = Path(path)
        self.lines = [
            line for file in (*also, self.path) if Path(file).exists() for line in _read(file)
        ]

    def find(self, **wanted):
        """The last line with these values, or None."""
        for line in reversed(self.lines):
            if all(line.get(key) == value for key, value in wanted.items()):
                return line
        return None

    def append(self, line):
        """Keep a line, in the file too."""
        self.lines.append(line)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        before = self.path.read_bytes() if self.path.exists() else b""
        # A run that was killed may have left half a line.
        broken = before and not before.endswith(b"\n")
        with self.path.open("a") as file:
            file.write(("\n" if broken else "") + json.dumps(line) + "\n")


def _read(path):
    """Lines of a file; the last may be broken off."""
    for text in Path(path).read_text().splitlines():
        try:
            yield json.loads(text)
        except json.JSONDecodeError:
            continue


def part_of(inner):
    """What the rows that score are called in a line."""
    return "inner" if inner else "test"


def key_of(task, size, seed, inner, split):
    """What tells the results on this split from all others."""
    return {
        "part": part_of(inner),
        "task": task.name,
        "size": size,
        "seed": seed,
        "rows": split.checksum,
    }


def to_frame(lines):
    """A row per line and metric."""
    rows = [
        {**{k: v for k, v in line.items() if k != "errors"}, "metric": metric, "error": error}
        for line in lines
        for metric, error in line["errors"].items()
    ]
    return pd.DataFrame(rows)
