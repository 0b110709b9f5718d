"""An embedding row is a weight: lookup is the product of a one-hot vector with the table."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._network import embeddings as embeddings_file
from sk_entity._network.embeddings import Draw, EntityEmbeddings
from sk_entity._network.layers import Dropout, FirstLinear
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._table import vocabulary
from sk_entity.inspection import block_matrix, one_hot_and_numeric


@pytest.fixture
def fitted(sales, revenue, small):
    return EntityEmbeddingRegressor(**small).fit(sales, revenue)


def tables_of(model):
    weights = model.state_.weights
    return [*(t.mean for t in weights.tables), *(t.steps for t in weights.numeric_tables)]


def first_layer_input(model, X):
    """What the first dense layer of the torch module receives."""
    network = model.to_torch().network
    received = []
    network.hidden[0].register_forward_hook(lambda layer, args, out: received.append(args[0]))
    network(*map(torch.from_numpy, model.to_codes(X)))
    return received[0].detach().numpy()


def test_the_block_matrix_gives_what_the_first_dense_layer_receives(fitted, sales):
    product = one_hot_and_numeric(fitted, sales) @ block_matrix(fitted)
    assert product.toarray() == pytest.approx(first_layer_input(fitted, sales), abs=1e-6)


def test_the_block_matrix_has_tables_zeros_and_an_identity(fitted):
    matrix = block_matrix(fitted).toarray()
    row = column = 0
    for table in tables_of(fitted):
        block = np.s_[row : row + len(table), column : column + table.shape[1]]
        assert np.array_equal(matrix[block], table)
        matrix[block] = 0
        row, column = row + len(table), column + table.shape[1]
    n_numbers = matrix.shape[1] - column
    assert matrix.shape[0] - row == n_numbers > 0
    assert np.array_equal(matrix[row:, column:], np.eye(n_numbers))
    matrix[row:, column:] = 0
    assert not matrix.any()


def test_training_changes_the_tables_and_neither_zeros_nor_identity(sales, revenue, small):
    model = EntityEmbeddingRegressor(warm_start=True, **small).fit(sales, revenue)
    before = block_matrix(model)
    after = block_matrix(model.fit(sales, revenue))
    changed = (before != after).toarray()
    tables = tables_of(model)
    n_rows = sum(len(t) for t in tables)
    n_dims = sum(t.shape[1] for t in tables)
    assert changed[:n_rows, :n_dims].any()
    assert not changed[n_rows:].any()
    assert not changed[:, n_dims:].any()
    assert set(zip(*changed.nonzero(), strict=True)) <= set(zip(*after.nonzero(), strict=True))


def test_an_encoder_shows_the_matrix_of_its_network(sales, revenue, small):
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small)).fit(sales, revenue)
    assert (block_matrix(encoder) != block_matrix(encoder.estimator_)).nnz == 0
    assert one_hot_and_numeric(encoder, sales).shape[1] == block_matrix(encoder).shape[0]


@pytest.mark.parametrize("columns", [["shop", "product"], ["month", "price"]])
def test_tables_without_numbers_or_without_categories(sales, revenue, small, columns):
    model = EntityEmbeddingRegressor(**small).fit(sales[columns], revenue)
    product = one_hot_and_numeric(model, sales[columns]) @ block_matrix(model)
    assert product.toarray() == pytest.approx(first_layer_input(model, sales[columns]), abs=1e-6)


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


def test_hidden_categories_show_the_unknown_row():
    module = EntityEmbeddings([[0, 0, 0, 50, 50]], [1], embedding_dropout=0.3)
    with torch.no_grad():
        module.tables[0].mean.copy_(torch.arange(5.0).unsqueeze(1))
    codes = torch.full((20_000, 1), 4)
    module.train().generator = torch.Generator().manual_seed(0)
    unknown = module(codes) < 2.0
    assert unknown.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert (module.eval()(codes) == 4.0).all()


def doubles(*shape):
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)


def test_the_gradient_of_a_draw_is_that_of_its_formula():
    share, noise = doubles(4, 3).detach().abs(), doubles(4, 3).detach()
    assert torch.autograd.gradcheck(Draw.apply, (doubles(4, 6), doubles(3), share, noise))


def test_the_first_layer_leaves_out_the_gradient_of_data_only():
    x, weight, bias = doubles(5, 4), doubles(2, 4), doubles(2)
    direction = doubles(5, 2).detach()
    expected = torch.autograd.grad((F.linear(x, weight, bias) * direction).sum(), (x, weight, bias))
    output = FirstLinear.apply(x, weight, bias, 3)
    assert torch.equal(output, F.linear(x, weight, bias))
    gradients = torch.autograd.grad((output * direction).sum(), (x, weight, bias))
    assert torch.allclose(gradients[0][:, :3], expected[0][:, :3])
    assert not gradients[0][:, 3:].any()
    assert torch.allclose(gradients[1], expected[1])
    assert torch.allclose(gradients[2], expected[2])


@pytest.mark.parametrize("training", [False, True])
def test_numbers_get_a_gradient_where_one_is_asked_for(sales, revenue, small, training):
    model = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    module = model.to_torch().double().train(training)
    codes, numbers = (torch.from_numpy(array[:2]) for array in model.to_codes(sales))

    def output(numbers):
        module.network.use_generator(torch.Generator().manual_seed(0))
        return module(codes, numbers)

    numbers = numbers.double().requires_grad_()
    assert torch.autograd.gradcheck(output, numbers)


def test_rows_with_a_masked_category_are_told_from_the_others():
    module = EntityEmbeddings([[0, 0, 0, 50, 50]] * 2, [1, 1], embedding_dropout=0.3)
    for table in module.tables:
        table.mean.copy_(torch.arange(5.0).unsqueeze(1))
    module.train().generator = torch.Generator().manual_seed(0)
    unknown = module(torch.full((1000, 2), 4)) < 2.0
    assert torch.equal(module.unmasked, ~unknown.any(dim=1))
    assert module.unmasked.float().mean().item() == pytest.approx(0.49, abs=0.05)


def test_a_network_of_the_users_own_can_be_trained_on(sales, revenue, small):
    model = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    module = model.to_torch().train()
    codes = [torch.from_numpy(a) for a in model.to_codes(sales)]
    error = (module(*codes)[:, 0] - torch.tensor(revenue.tolist())).square().mean()
    error.backward()
    assert module.network.embeddings.stacks[0].weight.grad.abs().sum() > 0
    assert isinstance(module.network, EntityEmbeddingNetwork)


def test_one_hot_rows_have_a_one_per_column(fitted, sales):
    hot = one_hot_and_numeric(fitted, sales)
    sizes = [len(t.mean) for t in fitted.state_.weights.tables]
    blocks = np.split(hot.toarray(), np.cumsum(sizes), axis=1)[:-1]
    assert all((block.sum(axis=1) == 1).all() for block in blocks)
    shop = pd.isna(sales["shop"]).to_numpy()
    assert (blocks[0][shop, 1] == 1).all()


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_dropout_zeroes_a_share_and_keeps_the_mean(p):
    dropout = Dropout(p).train()
    dropout.generator = torch.Generator().manual_seed(0)
    x = torch.ones(301, 333, requires_grad=True)
    dropped = dropout(x)
    assert (dropped == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert dropped.max().item() == pytest.approx(1 / (1 - p))
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.05)
    dropped.sum().backward()
    assert torch.equal(x.grad, dropped.detach())
    assert torch.equal(dropout.eval()(x), x)
