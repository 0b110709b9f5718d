"""Coded rows on disk, in parts that fit in memory, each a random sample of all rows.

A row is a record of fixed width, and is written to a part drawn at random. So a part may
be read as a whole, shuffled and learned from while the others wait, whatever order the
rows came in (an external shuffle).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

from .._atomic_file import naming, write_file
from .._shown import shown
from .._table.bags import Bags
from .._table.coder import CodedTable
from .._target.examples import Examples

# Of a part; several of them are in memory at a time.
BYTES_PER_PART = 2**25
# Rows wait in memory until there are so many, as short writes to many files take long.
BYTES_PER_WRITE = 2**26
MANIFEST = "rows.json"
CHANGED = "was changed. Empty the folder, and fit anew."


@dataclass(frozen=True)
class Layout:
    """What a record holds, in values of four bytes each.

    Attributes
    ----------
    n_single, n_bags, n_numerical, n_outputs : int
        Codes, lengths of bags, numbers and targets.
    of_classes : bool
        Whether the target is the position of a class.
    weighted, in_folds : bool
        Whether a weight, and a fold, follow.
    """

    n_single: int
    n_bags: int
    n_numerical: int
    n_outputs: int
    of_classes: bool
    weighted: bool
    in_folds: bool

    @property
    def widths(self) -> list[int]:
        """Values of each kind, in the order of the attributes."""
        kinds = self.n_single, self.n_bags, self.n_numerical, self.n_outputs
        return [*kinds, int(self.weighted), int(self.in_folds)]

    @property
    def bytes_per_row(self) -> int:
        """Bytes of a record, without the members of bags."""
        return 4 * sum(self.widths)

    def records(self, examples: Examples, folds: np.ndarray | None) -> np.ndarray:
        """Lay rows out as records, int32 of shape (n_samples, width)."""
        coded, target = examples.coded, examples.target
        target = target.astype(np.int32 if self.of_classes else np.float32)
        parts = [
            coded.categorical,
            *(bag.lengths.astype(np.int32)[:, None] for bag in coded.bags),
            np.ascontiguousarray(coded.numerical).view(np.int32),
            target.reshape(len(target), -1).view(np.int32),
        ]
        if self.weighted and examples.sample_weight is not None:
            parts.append(examples.sample_weight.astype(np.float32)[:, None].view(np.int32))
        if self.in_folds and folds is not None:
            parts.append(folds.astype(np.int32)[:, None])
        return np.concatenate(parts, axis=1)

    def examples(self, records: np.ndarray, members: list[np.ndarray]) -> Examples:
        """Read rows from records, and from the members of their bags."""
        ends = np.cumsum(self.widths)
        parts = [np.ascontiguousarray(part) for part in np.split(records, ends[:-1], axis=1)]
        codes, lengths, numerical, target, weight, _ = parts
        bags = tuple(
            Bags.of(m, n.astype(np.int64)) for m, n in zip(members, lengths.T, strict=True)
        )
        coded = CodedTable(codes, numerical.view(np.float32), bags)
        target = target[:, 0].astype(np.int64) if self.of_classes else target.view(np.float32)
        weights = weight.view(np.float32)[:, 0] if self.weighted else None
        return Examples(coded, target, weights)


@dataclass(frozen=True)
class Spill:
    """Rows that have been written.

    Attributes
    ----------
    folder : Path
    layout : Layout
    n_rows : ndarray of int, shape (n_parts, n_folds)
        Rows in each part, by fold; of one fold, if there are none.
    without : int or None
        The fold whose rows are left out when parts are read.
    """

    folder: Path
    layout: Layout
    n_rows: np.ndarray
    without: int | None = None

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each part that `read` returns."""
        left_out = 0 if self.without is None else self.n_rows[:, self.without]
        return self.n_rows.sum(axis=1) - left_out

    def __len__(self) -> int:
        return int(self.sizes.sum())

    def read(self, part: int) -> Examples:
        """Read a part, in the order of writing."""
        width = sum(self.layout.widths)
        records = np.fromfile(_file(self.folder, part), dtype=np.int32).reshape(-1, width)
        if len(records) != self.n_rows[part].sum():
            raise OSError(
                f"{shown(str(_file(self.folder, part)))} holds {len(records)} rows in the place of "
                f"{self.n_rows[part].sum()}: it {CHANGED}"
            )
        members = [
            np.fromfile(_file(self.folder, part, bag), dtype=np.int32)
            for bag in range(self.layout.n_bags)
        ]
        examples = self.layout.examples(records, members)
        if self.without is None:
            return examples
        return examples[records[:, -1] != self.without]

    def save(self) -> None:
        """Say in the folder that all rows are there."""
        content = {"layout": asdict(self.layout), "n_rows": self.n_rows.tolist()}
        write_file(self.folder / MANIFEST, [json.dumps(content).encode()])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` has said."""
        path = folder / MANIFEST
        try:
            content = json.loads(path.read_text())
            n_rows = np.array(content["n_rows"], dtype=np.int64)
            return cls(folder, Layout(**content["layout"]), n_rows)
        except (LookupError, TypeError, ValueError):
            raise OSError(f"{shown(str(path))} {CHANGED}") from None

    def remove(self) -> None:
        """Delete the rows."""
        clear(self.folder)


class SpillWriter:
    """Writes rows to the parts of a spill.

    Parameters
    ----------
    folder : Path
    layout : Layout
    n_rows : int
        To come, about; they decide how many parts there are.
    n_folds : int
        1 if there are none.
    """

    def __init__(self, folder: Path, layout: Layout, n_rows: int, n_folds: int = 1):
        folder.mkdir(parents=True, exist_ok=True)
        clear(folder)
        self.folder, self.layout = folder, layout
        n_parts = max(1, -(-n_rows * layout.bytes_per_row // BYTES_PER_PART))
        self.n_rows = np.zeros((n_parts, n_folds), dtype=np.int64)
        self.waiting: dict[Path, list[bytes]] = {}
        self.n_bytes = 0

    def write(
        self, examples: Examples, rng: np.random.Generator, folds: np.ndarray | None = None
    ) -> None:
        """Write rows, each to a part drawn at random."""
        n_parts, n_folds = self.n_rows.shape
        parts = rng.integers(n_parts, size=len(examples))
        in_fold = np.zeros(len(examples), dtype=np.int64) if folds is None else folds
        places = parts * n_folds + in_fold
        self.n_rows += np.bincount(places, minlength=n_parts * n_folds).reshape(n_parts, n_folds)
        records = self.layout.records(examples, folds)
        for part, rows in _by_part(parts, n_parts):
            self._put(_file(self.folder, part), records[rows])
            for number, bag in enumerate(examples.coded.bags):
                self._put(_file(self.folder, part, number), bag[rows].flat()[0])
        if self.n_bytes > BYTES_PER_WRITE:
            self._flush()

    def close(self) -> Spill:
        """Write what waits; return the spill."""
        for part in range(len(self.n_rows)):
            for bag in (None, *range(self.layout.n_bags)):
                self.waiting.setdefault(_file(self.folder, part, bag), [])
        self._flush()
        return Spill(self.folder, self.layout, self.n_rows)

    def _put(self, path, array):
        content = array.astype(np.int32, copy=False).tobytes()
        self.waiting.setdefault(path, []).append(content)
        self.n_bytes += len(content)

    def _flush(self):
        for path, contents in self.waiting.items():
            with naming(path), open(path, "ab") as file:
                file.writelines(contents)
        self.waiting, self.n_bytes = {}, 0


def clear(folder: Path) -> None:
    """Delete the files of a spill from a folder."""
    for path in [folder / MANIFEST, *folder.glob("part-*")]:
        path.unlink(missing_ok=True)


def _file(folder, part, bag=None):
    return folder / (f"part-{part}.rows" if bag is None else f"part-{part}.bag-{bag}")


def _by_part(parts, n_parts) -> Iterator[tuple[int, np.ndarray]]:
    order = np.argsort(parts, kind="stable")
    ends = np.cumsum(np.bincount(parts, minlength=n_parts))
    for part, rows in enumerate(np.split(order, ends[:-1])):
        if len(rows):
            yield part, rows
