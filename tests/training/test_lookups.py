"""A lookup is a linear map; sums over it are its transpose."""

import pytest
import torch

from sk_entity._network.bags import Bags
from sk_entity._training.lookups import BagLookup, SingleLookup

SHARES = {
    "single": torch.tensor([[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]).double(),
    "bag": torch.tensor([[0, 0.5, 0.5, 0], [1, 0, 0, 0], [0, 0, 0.25, 0.75]]).double(),
}
LOOKUPS = {
    "single": SingleLookup(torch.tensor([2, 0, 2])),
    "bag": BagLookup(Bags.of(torch.tensor([1, 2, 0, 2, 3, 3, 3]), torch.tensor([2, 1, 4]))),
}


@pytest.mark.parametrize("kind", LOOKUPS)
def test_it_is_the_product_with_a_matrix(kind):
    lookup, shares = LOOKUPS[kind], SHARES[kind]
    table = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)).double()
    torch.testing.assert_close(lookup.take(table), shares @ table)
    sums = torch.zeros_like(table)
    lookup.add_to(sums, table[:3])
    torch.testing.assert_close(sums, shares.t() @ table[:3])
    chosen = torch.tensor([True, False, True])
    torch.testing.assert_close(lookup.among(chosen).take(table), shares[chosen] @ table)


@pytest.mark.parametrize("kind", LOOKUPS)
def test_members_are_drawn_each_by_itself(kind):
    lookup = LOOKUPS[kind]
    if kind == "single":
        squares = SHARES[kind].square()
    else:  # a member that is there three times is drawn three times
        squares = torch.tensor([[0, 0.25, 0.25, 0], [1, 0, 0, 0], [0, 0, 1 / 16, 3 / 16]]).double()
    deviations = torch.arange(1.0, 9.0).reshape(4, 2).double()
    variance = squares @ deviations.square()
    torch.testing.assert_close(lookup.deviation(deviations).square(), variance)
    sums = torch.zeros_like(deviations)
    lookup.add_squares_to(sums, deviations[:3])
    torch.testing.assert_close(sums, squares.t() @ deviations[:3])
