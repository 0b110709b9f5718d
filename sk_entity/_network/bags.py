"""Several rows of a table for each row of a batch: bags, whose vector is their mean."""

from dataclasses import dataclass
from typing import Self

import torch


@dataclass(frozen=True)
class Bags:
    """The rows of a table that each row of a batch looks up.

    It is taken from like a tensor, without a copy of the members.

    Attributes
    ----------
    members : torch.Tensor of integers, shape (n_members,)
    starts, lengths : torch.Tensor of int64, shape (n,)
        A row has the members from its start on, one at least.
    """

    members: torch.Tensor
    starts: torch.Tensor
    lengths: torch.Tensor

    @classmethod
    def of_padded(cls, padded: torch.Tensor) -> Self:
        """Make the bags of a matrix that is filled up with -1 on the right."""
        n, width = padded.shape
        starts = torch.arange(n, device=padded.device) * width
        return cls(padded.flatten(), starts, (padded >= 0).sum(dim=1))

    @classmethod
    def of(cls, members: torch.Tensor, lengths: torch.Tensor) -> Self:
        """Make the bags of members that stand one after another."""
        return cls(members, lengths.cumsum(0) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows) -> Self:
        return type(self)(self.members, self.starts[rows], self.lengths[rows])

    def index_select(self, dim: int, rows: torch.Tensor) -> Self:
        """Take the rows at these positions."""
        starts, lengths = (x.index_select(dim, rows) for x in (self.starts, self.lengths))
        return type(self)(self.members, starts, lengths)

    def to(self, device) -> Self:
        """Copy to a device."""
        return type(self)(*(x.to(device) for x in (self.members, self.starts, self.lengths)))

    def flat(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all members one after another, and the row of each, both int64."""
        rows = torch.repeat_interleave(self.lengths)
        first = self.lengths.cumsum(0) - self.lengths
        positions = torch.arange(len(rows), device=rows.device) + (self.starts - first)[rows]
        return self.members[positions].long(), rows

    def mean(self, vectors: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Average vectors of the flat members, (n_members, dim), by row."""
        total = vectors.new_zeros(len(self), vectors.shape[1]).index_add_(0, rows, vectors)
        return total / self.lengths.unsqueeze(1)


class BagColumns(tuple):
    """The bags of several columns, taken from as a tensor is."""

    def __getitem__(self, rows):
        """Take the rows of a slice, without a copy."""
        return BagColumns(column[rows] for column in self)

    def index_select(self, dim, rows):
        """Take the rows at these positions."""
        return BagColumns(column.index_select(dim, rows) for column in self)

    def to(self, device):
        """Copy to a device."""
        return BagColumns(column.to(device) for column in self)
