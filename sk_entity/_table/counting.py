"""Values of a categorical column are counted over batches."""

import numpy as np
import pandas as pd

from .vocabulary import _union


class ValueCounts:
    """Counts of a column's values over batches (to be replaced)."""

    def __init__(self, max_counted=None):
        self.n_missing = 0
        self.parts = []

    def add(self, values, counts):
        self.n_missing += int(counts[0])
        seen = counts[1:] > 0
        self.parts.append((values[seen], counts[1:][seen]))
        if len(self.parts) > 1 and sum(len(v) for v, _ in self.parts) > 2 * len(self.parts[0][0]):
            self._join()

    def merge(self, other):
        self.n_missing += other.n_missing
        self.parts += other.parts

    def _join(self):
        union, positions = _union([v for v, _ in self.parts])
        total = np.zeros(len(union), dtype=np.int64)
        for (_, counts), position in zip(self.parts, positions, strict=True):
            total[position] += counts
        self.parts = [(union, total)]

    def result(self):
        if not self.parts:
            return pd.Index([], dtype=object), np.array([self.n_missing])
        self._join()
        values, counts = self.parts[0]
        return values, np.append(self.n_missing, counts)
