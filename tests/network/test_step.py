"""The gradients written out are those that autograd finds."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sk_entity._network import embeddings as embeddings_file
from sk_entity._network.activations import ACTIVATIONS
from sk_entity._network.bags import BagColumns, Bags
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._network.step import Step
from sk_entity._predict.table_prior import TablePrior

ROW_COUNTS = [[0, 2, 0, 5, 6, 3], [0, 0, 3, 9], [0, 0, 0, 4, 4, 4, 4]]
CODES = torch.tensor([[3, 2, 3], [4, 3, 4], [3, 3, 6], [5, 2, 3], [1, 2, 5]], dtype=torch.int32)


BAGS = Bags.of(torch.tensor([3, 4, 4, 1, 5, 3, 0, 5]), torch.tensor([2, 1, 1, 3, 1]))


def network(dims=(3, 2, 3), n_scaled=2, hidden=(7, 5), **options):
    options = {"activation": "silu", "dropout": 0.2, "embedding_dropout": 0.2} | options
    edges = torch.linspace(-1, 1, 6).repeat(n_scaled, 1) if n_scaled else torch.empty(0, 2)
    found = EntityEmbeddingNetwork(
        ROW_COUNTS[: len(dims)],
        list(dims),
        edges,
        3,
        hidden,
        [0.5, -0.5],
        generator=torch.Generator().manual_seed(0),
        **options,
    )
    return found.double().train()


def batch(tables, n_bags=0):
    numbers = torch.randn(5, 3, generator=torch.Generator().manual_seed(2)).double()
    codes = CODES[:, tables].contiguous()
    found = {"categorical": codes, "numerical": numbers}
    return found | ({"bags": BagColumns([BAGS] * n_bags)} if n_bags else {})


def gradients(module):
    """Of all parameters that are reached, dense."""
    return {
        name: parameter.grad.to_dense()
        for name, parameter in module.named_parameters()
        if parameter.grad is not None and parameter.numel()
    }


def assert_as_autograd(module, strengths=(0.7, 0.3)):
    tables = module.embeddings
    X = batch(tables.of_singles, len(tables.of_bags)) if tables else batch([])
    direction = torch.randn(5, 2, generator=torch.Generator().manual_seed(3)).double()
    module.use_generator(torch.Generator().manual_seed(1))
    output = module(X["categorical"], X["numerical"], X.get("bags", ()))
    of_categories, of_numbers = module.kl_divergences()
    divergence = strengths[0] * of_categories + strengths[1] * of_numbers
    ((output * direction).sum() + divergence).backward()
    expected = gradients(module)

    module.zero_grad()
    module.use_generator(torch.Generator().manual_seed(1))
    step = Step(module)
    found = step.forward(step.prepare(X))
    step.backward(direction.clone(), *strengths)
    torch.testing.assert_close(found, output.detach())
    torch.testing.assert_close(gradients(module), expected)
    assert len(expected) >= 4


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    assert_as_autograd(network(activation=activation))


@pytest.mark.parametrize("hidden", [(), (6,), (4, 5, 6)])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_any_number_of_layers(hidden, dropout):
    assert_as_autograd(network(hidden=hidden, dropout=dropout))


@pytest.mark.parametrize("dims", [(), (2,), (3, 3), (1, 4, 2)])
@pytest.mark.parametrize("n_scaled", [0, 1, 3])
@pytest.mark.parametrize("embedding_dropout", [0.0, 0.3])
def test_any_columns(dims, n_scaled, embedding_dropout):
    assert_as_autograd(network(dims, n_scaled, embedding_dropout=embedding_dropout))


def test_long_tables_beside_short_ones(monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 5)
    module = network()
    assert_as_autograd(module)
    assert [stack.weight.grad.is_sparse for stack in module.embeddings.stacks] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("most_dense", [10_000, 5])
@pytest.mark.parametrize("own_width", [True, False])
def test_rows_with_priors_of_their_own(own_width, most_dense, monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", most_dense)
    rng = np.random.default_rng(0)
    mean, log_deviation = rng.normal(size=(2, 6, 3))
    held = np.arange(6) == 3
    prior = TablePrior.around(mean, log_deviation, held)
    if not own_width:
        prior = replace(prior, log_deviation=None)
    module = network(priors=[prior, None, None])
    assert_as_autograd(module)
    own = module.embeddings.groups.index([0] if most_dense == 5 else [0, 1, 2])
    found = module.embeddings.stacks[own].weight.grad.to_dense()
    assert (found[3] == 0).all()
    assert found[4].any()


@pytest.mark.parametrize("embedding_dropout", [0.0, 0.3])
@pytest.mark.parametrize(
    ("columns", "n_bags"),
    [([0, 1, 2, 0], 0), ([0, 1, 2, 0], 1), ([1, 0, 0], 2), ([0, 0], 1), ([0], 1), ([0, 0], 2)],
)
@pytest.mark.parametrize("most_dense_rows", [5, 100])
def test_shared_tables_and_bags(columns, n_bags, embedding_dropout, most_dense_rows, monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", most_dense_rows)
    dims = (3, 2, 3)[: max(columns) + 1]
    options = {"columns": columns, "n_bags": n_bags, "embedding_dropout": embedding_dropout}
    assert_as_autograd(network(dims, **options))


@pytest.mark.parametrize("own_width", [True, False])
def test_priors_of_tables_that_are_shared_or_of_bags(own_width):
    rng = np.random.default_rng(0)
    mean, log_deviation = rng.normal(size=(2, 6, 3))
    prior = TablePrior.around(mean, log_deviation, np.arange(6) == 3)
    if not own_width:
        prior = replace(prior, log_deviation=None)
    module = network((3, 2), columns=[0, 1, 0], n_bags=1, priors=[prior, None])
    assert_as_autograd(module)


def test_many_batches_are_prepared_at_once():
    module = network()
    module.use_generator(torch.Generator().manual_seed(0))
    step, X = Step(module), batch([0, 1, 2])
    many = {name: tensor.repeat(400, 1) for name, tensor in X.items()}
    prepared = step.prepare(many)
    kept = prepared["rows"] == many["categorical"] + module.embeddings.first
    assert torch.equal(prepared["unmasked"], kept.all(dim=1))
    assert kept.double().mean().item() == pytest.approx(0.8, abs=0.02)
    assert torch.equal(prepared["bins"][:5], prepared["bins"][5:10])
    part = {name: tensor[7:12] for name, tensor in prepared.items()}
    assert step.forward(part).shape == (5, 2)


def test_batches_of_two_lengths_alternate():
    module, X = network(embedding_dropout=0.0), batch([0, 1, 2])
    step, found = Step(module), []
    for rows in (5, 2, 5):
        module.use_generator(torch.Generator().manual_seed(1))
        part = {name: tensor[:rows] for name, tensor in X.items()}
        output = step.forward(step.prepare(part))
        step.backward(torch.ones_like(output), 0.5, 0.5)
        found.append((output, gradients(module)))
    torch.testing.assert_close(found[0], found[2])
    assert len(found[1][0]) == 2
