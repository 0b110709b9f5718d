"""Gradients that list rows: what they do not list is not touched."""

import copy

import pytest
import torch
from torch import nn

from sk_entity._network.optimizer import AdamW, _sums_of_repeated

N_ROWS = 50
BATCHES = [[1, 2, 2, 7], [2, 3, 3, 3], [7, 49, 1, 0], [5, 5, 5, 5]]


@pytest.fixture
def table():
    weight = torch.randn(N_ROWS, 3, generator=torch.Generator().manual_seed(0))
    return nn.Embedding.from_pretrained(weight, freeze=False, sparse=True)


def train(module, optimizer, batches=BATCHES):
    """One step per batch, with a gradient that differs from row to row and from step to step."""
    for step, rows in enumerate(batches):
        optimizer.zero_grad()
        factor = torch.arange(float(len(rows))).add(step).unsqueeze(1)
        (module(torch.tensor(rows)).sin() * factor).sum().backward()
        optimizer.step()
    return module.weight.detach()


def test_rows_move_as_with_sparse_adam(table):
    expected = copy.deepcopy(table)
    train(expected, torch.optim.SparseAdam(expected.parameters(), lr=0.1))
    moved = train(table, AdamW(table.parameters(), lr=0.1, weight_decay=0.0, fused=True))
    torch.testing.assert_close(moved, expected.weight.detach())


def test_rows_outside_the_batch_keep_weights_and_moments(table):
    before = table.weight.detach().clone()
    optimizer = AdamW(table.parameters(), lr=0.1)
    train(table, optimizer)
    touched = sorted({row for batch in BATCHES for row in batch})
    others = [row for row in range(N_ROWS) if row not in touched]
    assert torch.equal(table.weight[others], before[others])
    assert (table.weight[touched] != before[touched]).any(dim=1).all()
    state = optimizer.state[table.weight]
    assert not state["exp_avg"][others].any()
    assert not state["exp_avg_sq"][others].any()


def test_other_parameters_move_as_with_torch(table):
    dense = nn.Embedding.from_pretrained(table.weight.detach().clone(), freeze=False)
    expected = copy.deepcopy(dense)
    train(expected, torch.optim.AdamW(expected.parameters(), lr=0.1, weight_decay=0.3))
    moved = train(dense, AdamW(dense.parameters(), lr=0.1, weight_decay=0.3))
    assert torch.equal(moved, expected.weight.detach())


def test_a_row_in_every_batch_moves_as_a_dense_one(table):
    dense = nn.Embedding.from_pretrained(table.weight.detach().clone(), freeze=False)
    batches = [[4, 6]] * 5
    expected = train(dense, AdamW(dense.parameters(), lr=0.1, weight_decay=0.0), batches)
    moved = train(table, AdamW(table.parameters(), lr=0.1), batches)
    torch.testing.assert_close(moved[[4, 6]], expected[[4, 6]])


def test_a_row_that_is_listed_several_times_moves_once(monkeypatch, table):
    expected = copy.deepcopy(table)
    train(expected, AdamW(expected.parameters(), lr=0.1))
    # As on a GPU, where nobody waits to know how many rows there are.
    monkeypatch.setattr(
        "sk_entity._network.optimizer._summed",
        lambda gradient: _sums_of_repeated(gradient._indices()[0], gradient._values()),
    )
    moved = train(table, AdamW(table.parameters(), lr=0.1))
    torch.testing.assert_close(moved, expected.weight.detach())


def test_the_state_survives_saving(table):
    optimizer = AdamW(table.parameters(), lr=0.1)
    train(table, optimizer, BATCHES[:2])
    other = copy.deepcopy(table)
    resumed = AdamW(other.parameters(), lr=0.1)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    # torch keeps the number of steps as a float when it loads.
    torch.testing.assert_close(train(table, optimizer), train(other, resumed))


def test_parameters_can_decay_to_what_they_are_now():
    start = torch.tensor([3.0, -2.0])
    kept, shrunk = (nn.Parameter(start.clone()) for _ in range(2))
    optimizer = AdamW([{"params": [kept]}, {"params": [shrunk]}], lr=0.1, weight_decay=0.5)
    optimizer.decay_to_now(optimizer.param_groups[0])
    for parameter in (kept, shrunk):
        parameter.grad = torch.zeros(2)
    optimizer.step()
    torch.testing.assert_close(kept.detach(), start)
    torch.testing.assert_close(shrunk.detach(), 0.95 * start)
    kept.data += 1
    optimizer.step()
    torch.testing.assert_close(kept.detach(), start + 0.95)
