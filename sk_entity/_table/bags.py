"""Several rows of an embedding table for each cell: bags, whose vector is their mean."""

from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Bags:
    """The embedding rows of the cells of one column of lists.

    Rows of the table are taken without a copy of their members.

    Attributes
    ----------
    members : ndarray of int32, shape (n_members,)
        Embedding rows, see `Vocabulary`.
    starts, lengths : ndarray of int64, shape (n_samples,)
        A cell holds the members from its start on; it has one at least.
    """

    members: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, members: np.ndarray, lengths: np.ndarray) -> Self:
        """Make the bags of members that stand one after another."""
        return cls(members, np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows) -> Self:
        """Take some rows, by slice, index or mask."""
        return type(self)(self.members, self.starts[rows], self.lengths[rows])

    def flat(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the members of all cells one after another, and the row of each.

        Returns
        -------
        members : ndarray of int32, shape (n_members_of_these_rows,)
        rows : ndarray of int64, of the same shape
        """
        rows = np.repeat(np.arange(len(self)), self.lengths)
        positions = np.arange(len(rows)) + (self.starts - self._first())[rows]
        return self.members[positions], rows

    def _first(self):
        """Where the members of each cell begin among the flat ones."""
        return np.cumsum(self.lengths) - self.lengths

    def mean(self, table: np.ndarray) -> np.ndarray:
        """Look up the mean of the members' vectors.

        Parameters
        ----------
        table : ndarray of shape (n_rows, dim)

        Returns
        -------
        ndarray of shape (n_samples, dim)
        """
        if len(self) == 0:
            return table[:0]
        members, _ = self.flat()
        total = np.add.reduceat(table.take(members, axis=0), self._first())
        return total / self.lengths[:, None].astype(table.dtype)

    def padded(self) -> np.ndarray:
        """Return the members as a matrix, filled up with -1 on the right.

        Returns
        -------
        ndarray of int32, shape (n_samples, longest)
        """
        members, rows = self.flat()
        out = np.full((len(self), self.lengths.max(initial=1)), -1, dtype=np.int32)
        out[rows, np.arange(len(rows)) - self._first()[rows]] = members
        return out
