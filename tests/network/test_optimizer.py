"""Gradients that list rows: what they do not list is not touched."""

import copy

import pytest
import torch
from torch import nn

from sk_entity._network import embeddings as embeddings_file
from sk_entity._network.embeddings import EntityEmbeddings
from sk_entity._network.optimizer import AdamW

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


def test_the_state_survives_saving(table):
    optimizer = AdamW(table.parameters(), lr=0.1)
    train(table, optimizer, BATCHES[:2])
    other = copy.deepcopy(table)
    resumed = AdamW(other.parameters(), lr=0.1)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    # torch keeps the number of steps as a float when it loads.
    torch.testing.assert_close(train(table, optimizer), train(other, resumed))


def embeddings():
    generator = torch.Generator().manual_seed(0)
    row_counts = [[0, 0, 0, 5, 5], [0, 0, 0, *[1] * 30], [0, 0, 0, 9, 6, 1], [9] * 40]
    module = EntityEmbeddings(row_counts, [2, 4, 1, 3], generator=generator)
    module.generator = generator
    return module


@pytest.fixture
def long_is_over_twenty(monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 20)


def test_a_long_table_gets_a_gradient_of_the_rows_in_the_batch(long_is_over_twenty):
    module = embeddings().train()
    codes = torch.tensor([[3, 20, 4, 1], [4, 3, 4, 39], [3, 20, 5, 39]])
    (module(codes).sum() + module.kl_divergence).backward()
    short, *long = (stack.weight.grad for stack in module.stacks)
    assert not short.is_sparse
    assert [rows.coalesce().indices().tolist() for rows in long] == [[[3, 20]], [[1, 39]]]


def test_a_long_table_gives_the_same_vectors_and_gradients(monkeypatch):
    codes = torch.tensor([[3, 20, 4, 1], [4, 3, 4, 39], [3, 20, 5, 39]])

    def vectors_and_gradients(most_dense_rows):
        monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", most_dense_rows)
        module = embeddings().eval()
        for j, table in enumerate(module.tables):
            table.mean.copy_(torch.arange(float(table.mean.numel())).view(table.mean.shape) + j)
        vectors = module(codes)
        vectors.square().sum().backward()
        for stack in module.stacks:
            stack.weight.data = stack.weight.grad.to_dense()
        return [vectors.detach(), *[table.mean for table in module.tables]]

    alone, together = vectors_and_gradients(20), vectors_and_gradients(1000)
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
