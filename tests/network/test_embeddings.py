"""Embedding rows are distributions; a lookup is the product of a one-hot vector with the table."""

import numpy as np
import pytest
import torch
from counting import calls
from torch.nn import functional as F

from sk_entity._network import embeddings as embeddings_file
from sk_entity._network.embeddings import EntityEmbeddings
from sk_entity._table import vocabulary


def embeddings():
    module = EntityEmbeddings(
        [[0, 0, 0, 5, 5, 5], [0, 0, 0, 9, 6]], [2, 3], generator=torch.Generator().manual_seed(0)
    )
    codes = torch.tensor([[3, 4], [5, 3], [3, 3]])
    return module, codes


def gradients(module):
    """Gradients of the tables; they take the place of the weights."""
    for stack in module.stacks:
        stack.weight.data = stack.weight.grad.to_dense()
    return module.tables


def test_lookup_equals_the_one_hot_product_in_value_and_gradient():
    module, codes = embeddings()
    module.eval()
    direction = torch.arange(15.0).reshape(3, 5)
    (module(codes) * direction).sum().backward()
    tables = [t.mean.detach().clone().requires_grad_() for t in module.tables]
    hot = [F.one_hot(codes[:, j], len(t)).float() for j, t in enumerate(tables)]
    product = torch.cat([h @ t for h, t in zip(hot, tables, strict=True)], dim=1)
    (product * direction).sum().backward()
    assert torch.equal(module(codes), product)
    for table, gradient in zip(tables, gradients(module), strict=True):
        assert torch.equal(table.grad, gradient.mean)


def test_only_rows_in_the_batch_receive_a_gradient():
    module, codes = embeddings()
    module.train().generator = torch.Generator().manual_seed(0)
    (module(codes).square().sum() + module.kl_divergence).backward()
    for j, table in enumerate(gradients(module)):
        in_batch = set(codes[:, j].tolist())
        for gradient in table:
            assert set(gradient.abs().sum(dim=1).nonzero().flatten().tolist()) == in_batch


def test_the_divergence_of_all_batches_is_that_of_the_table():
    counts = np.array([0, 0, 0, 1, 2, 5])
    module = EntityEmbeddings([counts], [3], generator=torch.Generator().manual_seed(0)).train()
    table = module.tables[0]
    with torch.no_grad():
        table.log_deviation.normal_(-2, 0.5, generator=torch.Generator().manual_seed(1))
    module(torch.tensor([[3], [4], [4], [5], [5], [5], [5], [5]]))
    rows = torch.distributions.Normal(table.mean, table.log_deviation.exp())
    prior = torch.distributions.Normal(0.0, module.log_prior.exp())
    exact = torch.distributions.kl_divergence(rows, prior)[3:].sum() / counts.sum()
    assert module.kl_divergence.item() == pytest.approx(exact.item(), rel=1e-5)


def test_with_masking_the_unknown_row_pays_for_its_visits_and_the_others_for_fewer():
    counts = np.array([0, 0, 0, 100, 300])
    module = EntityEmbeddings(
        [counts], [2], embedding_dropout=0.25, generator=torch.Generator().manual_seed(0)
    )
    module.train().generator = torch.Generator().manual_seed(1)
    table, codes = module.tables[0], torch.tensor([[3]] * 100 + [[4]] * 300)
    paid = []
    for _ in range(400):  # as many epochs of one batch
        module(codes)
        paid.append(module.kl_divergence.item())
    rows = torch.distributions.Normal(table.mean, table.log_deviation.exp())
    prior = torch.distributions.Normal(0.0, module.log_prior.exp())
    exact = torch.distributions.kl_divergence(rows, prior)[[0, 3, 4]].sum() / 400
    assert np.mean(paid) == pytest.approx(exact.item(), rel=0.01)


def test_training_draws_around_the_mean_with_the_learned_deviation():
    module = EntityEmbeddings([[0, 0, 0, 10_000]], [2]).train()
    module.generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        module.tables[0].mean[3] = torch.tensor([1.0, -2.0])
        module.tables[0].log_deviation[3] = torch.tensor([0.5, 0.1]).log()
    drawn = module(torch.full((10_000, 1), 3)).detach().numpy()
    assert drawn.mean(axis=0) == pytest.approx([1.0, -2.0], abs=0.03)
    assert drawn.std(axis=0) == pytest.approx([0.5, 0.1], rel=0.05)
    module.eval()
    assert module(torch.tensor([[3]])).tolist() == [[1.0, -2.0]]


def test_network_and_vocabulary_agree_on_the_unknown_row():
    assert embeddings_file.UNKNOWN == vocabulary.UNKNOWN


def test_masked_categories_show_the_unknown_row():
    module = EntityEmbeddings([[0, 0, 0, 50, 50]], [1], embedding_dropout=0.3)
    with torch.no_grad():
        module.tables[0].mean.copy_(torch.arange(5.0).unsqueeze(1))
    codes = torch.full((20_000, 1), 4)
    module.train().generator = torch.Generator().manual_seed(0)
    unknown = module(codes) < 0.5
    assert unknown.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert (module.eval()(codes) == 4.0).all()


def test_rows_with_a_masked_category_are_told_from_the_others():
    module = EntityEmbeddings([[0, 0, 0, 50, 50]] * 2, [1, 1], embedding_dropout=0.3)
    for table in module.tables:
        table.mean.copy_(torch.arange(5.0).unsqueeze(1))
    module.train().generator = torch.Generator().manual_seed(0)
    unknown = module(torch.full((1000, 2), 4)) < 0.5
    assert torch.equal(module.unmasked, ~unknown.any(dim=1))
    assert module.unmasked.float().mean().item() == pytest.approx(0.49, abs=0.05)


# A long table is updated row by row.


def four_tables():
    generator = torch.Generator().manual_seed(0)
    row_counts = [[0, 0, 0, 5, 5], [0, 0, 0, *[1] * 30], [0, 0, 0, 9, 6, 1], [9] * 40]
    module = EntityEmbeddings(row_counts, [2, 4, 1, 3], generator=generator)
    module.generator = generator
    return module


@pytest.fixture
def long_is_over_twenty(monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 20)


def test_a_long_table_gets_a_gradient_of_the_rows_in_the_batch(long_is_over_twenty):
    module = four_tables().train()
    codes = torch.tensor([[3, 20, 4, 1], [4, 3, 4, 39], [3, 20, 5, 39]])
    (module(codes).sum() + module.kl_divergence).backward()
    short, *long = (stack.weight.grad for stack in module.stacks)
    assert not short.is_sparse
    assert [rows.coalesce().indices().tolist() for rows in long] == [[[3, 20]], [[1, 39]]]


def test_a_long_table_gives_the_same_vectors_and_gradients(monkeypatch):
    codes = torch.tensor([[3, 20, 4, 1], [4, 3, 4, 39], [3, 20, 5, 39]])

    def vectors_and_gradients(most_dense_rows):
        monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", most_dense_rows)
        module = four_tables().eval()
        for j, table in enumerate(module.tables):
            table.mean.copy_(torch.arange(float(table.mean.numel())).view(table.mean.shape) + j)
        vectors = module(codes)
        vectors.square().sum().backward()
        for stack in module.stacks:
            stack.weight.data = stack.weight.grad.to_dense()
        return [vectors.detach(), *[table.mean for table in module.tables]]

    alone, together = vectors_and_gradients(20), vectors_and_gradients(1000)
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_finding_tables_takes_a_time_that_grows_with_their_number_only():
    def find_all(n_tables):
        tables = EntityEmbeddings([[0, 0, 0, 5]] * n_tables, [2] * n_tables)
        return calls(
            lambda: [(tables.first_row(t), tables.prior_of_table(t)) for t in range(n_tables)]
        )

    assert find_all(200) < 3 * find_all(100)
    tables = EntityEmbeddings([[0, 0, 0, 5], [0, 0, 0, 1, 1], [0, 0, 0, 2]], [2, 3, 1])
    assert [tables.first_row(t) for t in range(3)] == [0, 4, 9]
    assert [tables.prior_of_table(t) for t in range(3)] == [range(2), range(2, 5), range(5, 6)]
