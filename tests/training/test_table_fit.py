"""The tables of a network are fitted to some rows while its layers stay."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._network.arrays import bags_of_arrays
from sk_entity._network.losses import LOSSES, SquaredError, make_loss
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._predict.table_prior import TablePrior
from sk_entity._table.bags import Bags
from sk_entity._table.coder import CodedTable
from sk_entity._target.examples import Examples
from sk_entity._training import table_fit
from sk_entity._training.net import PRIOR_STRENGTH
from sk_entity._training.table_fit import TableFit

N = 400
DIMS = [3, 2]
LEVELS = [12, 7]


@pytest.fixture
def rows():
    """Two columns, of which one level each is the unknown one, and a number."""
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, n, N) for n in LEVELS], axis=1).astype(np.int32)
    numbers = rng.normal(size=(N, 1)).astype(np.float32)
    target = rng.normal(size=(N, 1)).astype(np.float32)
    return Examples(CodedTable(codes, numbers), target, None)


def network(rows, hidden=(), n_outputs=1, log_deviation=-20.0, priors=None):
    """One with these layers whose vectors are drawn with this deviation."""
    found = EntityEmbeddingNetwork(
        [np.bincount(rows.coded.categorical[:, j], minlength=n) for j, n in enumerate(LEVELS)],
        DIMS,
        torch.linspace(-2, 2, 5).unsqueeze(0),
        1,
        hidden,
        [0.0] * n_outputs,
        activation="tanh",
        priors=priors,
        generator=torch.Generator().manual_seed(0),
    ).eval()
    for table in found.embeddings.tables:
        table.log_deviation.fill_(log_deviation)
    return found


def fit(module, rows, among, loss=None, dispersion=0.7):
    return TableFit(module, rows, loss or SquaredError(), dispersion).fit(among)


def ridge(module, rows, among, dispersion=0.7):
    """The tables that minimise the loss and the prior, where outputs are linear in them."""
    start = [table.mean.numpy().astype(float) for table in module.embeddings.tables]
    weight = rows.sample_weight if rows.sample_weight is not None else np.ones(N)
    weight = weight / weight.mean() * among / dispersion
    codes, kernel = rows.coded.categorical.T, module.output.weight.detach().numpy().astype(float)[0]
    design, first = [], 0
    for c, table, dim in zip(codes, start, DIMS, strict=True):
        one_hot = np.eye(len(table))[c] * (c > 0)[:, None]  # the unknown row stays
        design.append(np.einsum("nk,d->nkd", one_hot, kernel[first : first + dim]).reshape(N, -1))
        first += dim
    design = np.hstack(design)
    with torch.no_grad():
        output = module(*map(torch.from_numpy, (rows.coded.categorical, rows.coded.numerical)))
    flat = np.concatenate([t.ravel() for t in start])
    rest = rows.target[:, 0] - output.numpy()[:, 0].astype(float) + design @ flat
    prior = PRIOR_STRENGTH * np.exp(-2 * module.embeddings.log_prior.detach().numpy())
    first_dim, second_dim = np.split(prior, [DIMS[0]])
    precision = np.concatenate([np.tile(first_dim, LEVELS[0]), np.tile(second_dim, LEVELS[1])])
    normal = design.T @ (weight[:, None] * design) + np.diag(precision)
    best = np.linalg.solve(normal, design.T @ (weight * rest))
    parts = np.split(best, [LEVELS[0] * DIMS[0]])
    found = [part.reshape(table.shape) for part, table in zip(parts, start, strict=True)]
    for of_column, table in zip(found, start, strict=True):
        of_column[0] = table[0]
    return found


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("part", [1.0, 0.8])
def test_of_a_linear_network_it_is_ridge_regression(weighted, part, rows, monkeypatch):
    monkeypatch.setattr(table_fit, "TOLERANCE", 1e-5)
    rng = np.random.default_rng(1)
    if weighted:
        rows = replace(rows, sample_weight=rng.uniform(0.1, 3.0, N))
    among = rng.random(N) < part
    module = network(rows)
    for found, expected in zip(fit(module, rows, among), ridge(module, rows, among), strict=True):
        assert_allclose(found, expected, atol=2e-4)


def test_a_table_of_two_columns_is_fitted_to_both(rows, monkeypatch):
    """A single column and one of lists, of one table, by ridge regression."""
    monkeypatch.setattr(table_fit, "TOLERANCE", 1e-5)
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 4, N)
    members = rng.integers(0, LEVELS[0], lengths.sum()).astype(np.int32)
    codes = rows.coded.categorical[:, :1]
    rows = replace(
        rows, coded=CodedTable(codes, rows.coded.numerical, (Bags.of(members, lengths),))
    )
    counts = np.bincount(np.append(codes, members), minlength=LEVELS[0])
    module = EntityEmbeddingNetwork(
        [counts],
        [2],
        torch.linspace(-2, 2, 5).unsqueeze(0),
        1,
        (),
        [0.0],
        columns=[0, 0],
        n_bags=1,
        generator=torch.Generator().manual_seed(0),
    ).eval()
    (table,) = module.embeddings.tables
    table.log_deviation.fill_(-20.0)
    (found,) = fit(module, rows, np.ones(N, dtype=bool))
    shares = np.zeros((N, LEVELS[0]))
    np.add.at(shares, (np.repeat(np.arange(N), lengths), members), np.repeat(1 / lengths, lengths))
    single = np.eye(LEVELS[0])[codes[:, 0]]
    kernel = module.output.weight.detach().numpy().astype(float)[0]
    design = np.einsum("nk,d->nkd", single, kernel[:2]) + np.einsum(
        "nk,d->nkd", shares, kernel[2:4]
    )
    design[:, 0] = 0  # the unknown row stays
    design = design.reshape(N, -1)
    start = table.mean.numpy().astype(float)
    with torch.no_grad():
        bags = bags_of_arrays(rows.coded.bags)
        output = module(torch.from_numpy(codes), torch.from_numpy(rows.coded.numerical), bags)
    rest = rows.target[:, 0] - output.numpy()[:, 0] + design @ start.ravel()
    prior = PRIOR_STRENGTH * np.exp(-2 * module.embeddings.log_prior.detach().numpy())
    normal = design.T @ design / 0.7 + np.diag(np.tile(prior, LEVELS[0]))
    expected = np.linalg.solve(normal, design.T @ rest / 0.7).reshape(start.shape)
    assert_allclose(found[1:], expected[1:], atol=2e-4)
    assert_array_equal(found[0], table.mean[0])


@pytest.mark.parametrize("hidden", [(), (8,)])
def test_targets_of_rows_that_are_left_out_change_nothing(hidden, rows):
    among = np.arange(N) % 5 != 0
    other = replace(rows, target=np.where(among[:, None], rows.target, rows.target + 100))
    module = network(rows, hidden, log_deviation=-2.0)
    for a, b in zip(fit(module, rows, among), fit(module, other, among), strict=True):
        assert_array_equal(a, b)


def test_the_unknown_row_and_the_network_stay(rows):
    module = network(rows, (8,))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = fit(module, rows, np.ones(N, dtype=bool))
    for table, of_column in zip(module.embeddings.tables, found, strict=True):
        assert_array_equal(of_column[0], table.mean[0])
        assert (of_column[1:] != table.mean[1:].numpy()).any(axis=1).all()
    torch.testing.assert_close(module.state_dict(), before, rtol=0, atol=0)


def priors_of_rows(held=()):
    """A prior for each row of the first table; none for the second."""
    rng = np.random.default_rng(1)
    mean, log_deviation = rng.normal(size=(2, LEVELS[0], DIMS[0])).astype(np.float32)
    return [TablePrior.around(mean, log_deviation, np.isin(np.arange(LEVELS[0]), held)), None]


def test_rows_are_drawn_to_priors_of_their_own(rows):
    priors = priors_of_rows()
    module = network(rows, priors=priors)
    among = np.arange(N) < 0  # no data: only the prior speaks
    first, second = fit(module, rows, among)
    assert_allclose(first[1:], priors[0].mean[1:], atol=1e-5)
    assert_allclose(second[1:], 0, atol=1e-5)
    moved, _ = fit(module, rows, np.ones(N, dtype=bool))
    before = np.abs(moved - priors[0].mean)[1:]
    # Along dimensions of a narrow prior rows move less.
    narrow = priors[0].log_deviation[1:] < 0
    assert before[narrow].mean() < before[~narrow].mean()


def test_rows_that_are_held_stay(rows):
    module = network(rows, (8,), log_deviation=-1.0, priors=priors_of_rows(held=[2, 5]))
    first, second = fit(module, rows, np.ones(N, dtype=bool))
    tables = module.embeddings.tables
    assert (first != tables[0].mean.numpy()).any(axis=1).nonzero()[0].tolist() == [
        1, 3, 4, 6, 7, 8, 9, 10, 11
    ]  # fmt: skip
    assert (second[1:] != tables[1].mean[1:].numpy()).any(axis=1).all()


def test_posterior_deviations_are_those_of_the_second_derivatives(rows):
    module = network(rows)
    found = TableFit(module, rows, SquaredError(), 0.7).log_deviations()
    kernel = module.output.weight.detach().numpy()[0][: DIMS[0]]
    counts = np.bincount(rows.coded.categorical[:, 0], minlength=LEVELS[0])
    prior = PRIOR_STRENGTH * np.exp(-2 * module.embeddings.log_prior.detach().numpy()[: DIMS[0]])
    second = counts[:, None] * kernel**2 / 0.7 + prior
    assert_allclose(np.exp(-2.0 * found[0]), second / PRIOR_STRENGTH, rtol=1e-4)
    assert (found[0] <= module.embeddings.log_prior.detach().numpy()[: DIMS[0]] + 1e-6).all()


def test_few_rows_are_drawn_several_times(rows, monkeypatch):
    module = network(rows, (8,), log_deviation=-1.0)
    assert TableFit(module, rows, SquaredError(), 1.0).n_draws == table_fit.MOST_DRAWS
    monkeypatch.setattr(table_fit, "ROWS_TO_DRAW", 2 * N)
    assert TableFit(module, rows, SquaredError(), 1.0).n_draws == 2
    monkeypatch.setattr(table_fit, "ROWS_TO_DRAW", 1)
    assert TableFit(module, rows, SquaredError(), 1.0).n_draws == 1


class _Parameters:
    quantile, power = 0.7, 1.5


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_it_lowers_every_loss(name, n_outputs, rows):
    loss = make_loss(name, _Parameters)
    rng = np.random.default_rng(2)
    if name == "log_loss":
        target = rng.integers(0, max(2, n_outputs), N)
    else:
        target = rng.gamma(2.0, 0.5, (N, n_outputs)).astype(np.float32)
    rows = replace(rows, target=target)
    module = network(rows, (8,), n_outputs)

    def total():
        arrays = map(torch.from_numpy, (rows.coded.categorical, rows.coded.numerical))
        with torch.no_grad():
            value = loss.value(module(*arrays), torch.from_numpy(rows.target)).sum()
            prior = PRIOR_STRENGTH * torch.exp(-2 * module.embeddings.log_prior)
            squares = [t.mean.square().sum(dim=0) for t in module.embeddings.tables]
            return float(value + (prior * torch.cat(squares)).sum() / 2)

    before = total()
    found = fit(module, rows, np.ones(N, dtype=bool), loss, dispersion=1.0)
    for table, of_column in zip(module.embeddings.tables, found, strict=True):
        table.mean.copy_(torch.from_numpy(of_column))
    assert total() < before
