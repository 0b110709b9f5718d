"""This module makes up tables of any length: five categorical columns, three numbers, a target.

The columns have from ten to a hundred thousand levels, of which few are frequent. A table is
written part by part, so that it may be longer than memory.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

LEVELS = {"ten": 10, "hundred": 100, "thousand": 1_000, "myriad": 10_000, "lakh": 100_000}
NUMBERS = ("first", "second", "third")
TARGET = "y"
ROWS_PER_FILE = 1_000_000
ROWS_PER_GROUP = 131_072
# Of the target, beside what the columns say.
NOISE = 1.0


def table(n_rows, seed):
    """Rows as a table of pyarrow: strings with a dictionary, float64."""
    rng = np.random.default_rng([2016, seed])
    effects = np.random.default_rng(2016)
    columns, y = {}, rng.normal(0, NOISE, n_rows)
    for name, n_levels in LEVELS.items():
        # The squares of uniform numbers: half of the rows are in a quarter of the levels.
        codes = (n_levels * rng.random(n_rows) ** 2).astype(np.int32)
        levels = pa.array([f"{name} {k}" for k in range(n_levels)])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(codes), levels)
        y += effects.normal(0, 0.5, n_levels)[codes]
    for name in NUMBERS:
        columns[name] = rng.normal(size=n_rows)
        y += 0.5 * np.sin(3 * columns[name])
    return pa.table(columns | {TARGET: y})


def write(folder, n_rows):
    """Write so many rows as Parquet files; return their bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, n_rows, ROWS_PER_FILE)):
        part = table(min(ROWS_PER_FILE, n_rows - start), number)
        path = folder / f"part-{number:04d}.parquet"
        parquet.write_table(part, path, row_group_size=ROWS_PER_GROUP)
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))


def held_out(n_rows):
    """Further rows, of a seed that no file has: columns and target in pandas."""
    frame = table(n_rows, 10**6).to_pandas()
    return frame.drop(columns=TARGET), frame[TARGET].to_numpy()


def read(folder):
    """All rows as pandas has them, categories as such."""
    frame = parquet.read_table(folder, read_dictionary=list(LEVELS)).to_pandas()
    return frame.drop(columns=TARGET), frame[TARGET].to_numpy()
