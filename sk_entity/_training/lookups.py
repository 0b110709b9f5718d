"""How the rows of data look vectors up in a table, as a linear map and its transpose."""

from dataclasses import dataclass
from typing import Self

import torch

from .._network.bags import Bags


@dataclass
class SingleLookup:
    """One row of the table for each row of data.

    Attributes
    ----------
    codes : torch.Tensor of int64, shape (n,)
    """

    codes: torch.Tensor

    def among(self, chosen: torch.Tensor) -> Self:
        """Take the rows of a mask."""
        return type(self)(self.codes[chosen])

    def take(self, table: torch.Tensor) -> torch.Tensor:
        """Look vectors up, (n, dim)."""
        return table[self.codes]

    def deviation(self, deviations: torch.Tensor) -> torch.Tensor:
        """Find the standard deviations of what is looked up, given those of the table."""
        return deviations[self.codes]

    def add_to(self, sums: torch.Tensor, values: torch.Tensor) -> None:
        """Add values, (n, dim), to the rows of the table that were looked up."""
        sums.index_add_(0, self.codes, values)

    add_squares_to = add_to


class BagLookup:
    """The mean of several rows of the table for each row of data.

    Parameters
    ----------
    bags : Bags
    """

    def __init__(self, bags: Bags):
        self.bags = bags
        self.members, self.rows = bags.flat()
        self.lengths = bags.lengths.unsqueeze(1)

    def among(self, chosen: torch.Tensor) -> Self:
        """Take the rows of a mask."""
        return type(self)(self.bags[chosen])

    def take(self, table: torch.Tensor) -> torch.Tensor:
        """Look vectors up, (n, dim)."""
        return self.bags.mean(table[self.members], self.rows)

    def deviation(self, deviations: torch.Tensor) -> torch.Tensor:
        """Find the standard deviations of what is looked up, given those of the table."""
        variance = self.bags.mean(deviations[self.members].square(), self.rows)
        return (variance / self.lengths).sqrt_()

    def add_to(self, sums: torch.Tensor, values: torch.Tensor) -> None:
        """Add values, (n, dim), to the rows of the table that were looked up."""
        sums.index_add_(0, self.members, (values / self.lengths)[self.rows])

    def add_squares_to(self, sums: torch.Tensor, values: torch.Tensor) -> None:
        """Add squares of derivatives by what is looked up."""
        self.add_to(sums, values / self.lengths)
