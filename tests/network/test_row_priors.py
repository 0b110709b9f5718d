"""Rows may have a prior of their own, and rows that are held do not move."""

import numpy as np
import pytest
import torch

from sk_entity._network import embeddings as embeddings_file
from sk_entity._network.arrays import LOG_DEVIATION_OF_HELD, untrained_network
from sk_entity._network.embeddings import EntityEmbeddings
from sk_entity._network.optimizer import AdamW
from sk_entity._predict.table_prior import TablePrior

COUNTS = [[0, 0, 0, 5, 5, 5], [0, 0, 0, 9, 6]]
DIMS = [2, 3]


def prior_of(n_rows, dim, held=(), own_width=True, seed=0):
    rng = np.random.default_rng(seed)
    mean, log_deviation = rng.normal(size=(2, n_rows, dim)).astype(np.float32)
    mask = np.isin(np.arange(n_rows), held)
    found = TablePrior.around(mean, log_deviation - 1, mask)
    return found if own_width else TablePrior(mean, mask, mask, found.center, found.unit)


def embeddings(priors):
    return EntityEmbeddings(
        COUNTS, DIMS, generator=torch.Generator().manual_seed(0), priors=priors
    ).train()


@pytest.mark.parametrize("own_width", [True, False])
def test_the_divergence_is_that_from_the_priors_of_the_rows(own_width):
    prior = prior_of(6, 2, own_width=own_width)
    module = embeddings([prior, None])
    module(torch.tensor([[3, 3]] * 5 + [[4, 3]] * 5 + [[5, 4]] * 5))
    tables, log_priors = module.tables, module.log_prior.detach().split(DIMS)
    width = torch.from_numpy(prior.log_deviation) if own_width else log_priors[0]
    expected = 0.0
    for table, mean, deviation, visits in (
        (tables[0], torch.from_numpy(prior.mean), width.expand(6, 2).exp(), [0, 0, 0, 1, 1, 1]),
        (tables[1], torch.zeros(5, 3), log_priors[1].expand(5, 3).exp(), [0, 0, 0, 10 / 9, 5 / 6]),
    ):
        rows = torch.distributions.Normal(table.mean, table.log_deviation.exp())
        divergence = torch.distributions.kl_divergence(
            rows, torch.distributions.Normal(mean, deviation)
        )
        expected += (divergence.sum(dim=1) * torch.tensor(visits)).sum() / 15
    assert module.kl_divergence.item() == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("most_dense", [10_000, 5])
def test_rows_that_are_held_do_not_move(most_dense, monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", most_dense)
    module = embeddings([prior_of(6, 2, held=[3, 5]), None])
    before = [torch.cat(table, dim=1).clone() for table in module.tables]
    optimizer = AdamW(module.parameters(), lr=0.1, weight_decay=0.0)
    for _ in range(3):
        optimizer.zero_grad()
        (module(torch.tensor([[3, 3], [4, 4], [5, 4]])).sum() + module.kl_divergence).backward()
        optimizer.step()
    moved = [
        (torch.cat(table, dim=1) != old).any(dim=1).tolist()
        for table, old in zip(module.tables, before, strict=True)
    ]
    assert moved == [[False] * 4 + [True, False], [False] * 3 + [True, True]]


def test_what_is_held_pays_nothing():
    module = embeddings([prior_of(6, 2, held=[3]), prior_of(5, 3, held=[3])])
    module(torch.tensor([[3, 3], [3, 3]]))
    assert module.kl_divergence.item() == 0


def test_a_width_that_is_given_is_not_learned():
    module = embeddings([prior_of(6, 2), prior_of(5, 3, own_width=False)])
    module(torch.tensor([[3, 3], [4, 4]]))
    module.kl_divergence.backward()
    assert module.log_prior.grad.ne(0).tolist() == [False] * 2 + [True] * 3


def test_priors_of_all_rows_by_column(monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 5)
    priors = [prior_of(6, 2, held=[4]), prior_of(5, 3, own_width=False, seed=1)]
    module = embeddings(priors)
    (mean, log_deviation, free), (other_mean, other_log_deviation, other_free) = module.priors
    np.testing.assert_array_equal(mean, priors[0].mean)
    np.testing.assert_allclose(log_deviation, priors[0].log_deviation, rtol=1e-6)
    assert free.flatten().tolist() == [1, 1, 1, 1, 0, 1]
    np.testing.assert_array_equal(other_mean, priors[1].mean)
    log_prior = module.log_prior.detach()[2:].expand(5, 3)
    np.testing.assert_array_equal(other_log_deviation, log_prior)
    assert other_free.flatten().tolist() == [1] * 5


def test_rows_start_at_the_means_of_their_priors():
    prior = prior_of(6, 2, held=[4], own_width=False)
    network = untrained_network(
        COUNTS, DIMS, np.empty((0, 2)), 0, [4], [0.0], seed=0, priors=[prior, None]
    )
    own, other = network.embeddings.tables
    np.testing.assert_array_equal(own.mean, prior.mean)
    assert (own.log_deviation[4] == LOG_DEVIATION_OF_HELD).all()
    assert (own.log_deviation[[3, 5]] > LOG_DEVIATION_OF_HELD).all()
    assert other.mean[3:].ne(0).all()
