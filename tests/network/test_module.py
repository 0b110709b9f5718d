"""The network as a module of torch."""

import numpy as np
import pytest
import torch

from sk_entity import EntityEmbeddingRegressor
from sk_entity._network.activations import ACTIVATIONS
from sk_entity._network.module import EntityEmbeddingNetwork, PredictionModule


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


def test_a_network_of_the_users_own_can_be_trained_on(sales, revenue, small):
    model = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    module = model.to_torch().train()
    codes = [torch.from_numpy(a) for a in model.to_codes(sales)]
    optimizer, errors = torch.optim.Adam(module.parameters(), lr=0.01), []
    before = [parameter.detach().clone() for parameter in module.parameters()]
    for _ in range(30):
        optimizer.zero_grad()
        error = (module(*codes)[:, 0] - torch.tensor(revenue.tolist())).square().mean()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert np.mean(errors[-5:]) < 0.8 * np.mean(errors[:5])
    assert isinstance(module.network, EntityEmbeddingNetwork)
    # The prior alone has no gradient here.
    moved = [(p != b).any() for p, b in zip(module.parameters(), before, strict=True)]
    names = [name for name, _ in module.named_parameters()]
    assert {n for n, m in zip(names, moved, strict=True) if not m} == {
        "network.embeddings.log_prior"
    }


def small_network(hidden=(7, 5), **options):
    row_counts, edges = [[0, 2, 0, 5, 6], [0, 0, 3, 9]], torch.linspace(-1, 1, 6).repeat(2, 1)
    return EntityEmbeddingNetwork(
        row_counts,
        [3, 2],
        edges,
        3,
        hidden,
        [0.5, -0.5],
        generator=torch.Generator().manual_seed(0),
        **options,
    )


def test_an_untrained_network_gives_the_initial_output_on_average():
    network = small_network()
    assert network.output.bias.tolist() == [0.5, -0.5]
    assert not any(layer.bias.any() for layer in network.hidden)


def test_hidden_layers_start_wider_than_the_output():
    network = small_network(hidden=(500, 400))
    first, second, last = (layer.weight.var().item() for layer in (*network.hidden, network.output))
    assert first == pytest.approx(2 / network.hidden[0].in_features, rel=0.05)
    assert second == pytest.approx(2 / 500, rel=0.05)
    assert last == pytest.approx(1 / 400, rel=0.2)


def test_the_first_layer_receives_vectors_of_categories_then_of_numbers_then_numbers():
    network = small_network().eval()
    codes = torch.tensor([[3, 2], [4, 3]])
    numbers = torch.tensor([[0.1, -0.4, 1.0], [0.9, 0.2, 0.0]])
    received = network.first_input(codes, numbers)
    assert torch.equal(received[:, :5], network.embeddings(codes))
    assert torch.equal(received[:, 5:-3], network.numeric_embeddings(numbers[:, :2]))
    assert torch.equal(received[:, -3:], numbers)


def test_hidden_units_drop_out_and_those_of_the_output_do_not():
    network = small_network(hidden=(), dropout=0.9, embedding_dropout=0.0)
    codes, numbers = torch.tensor([[3, 2]]), torch.zeros(1, 3)
    for parameter in (network.embeddings.stacks[0].weight, network.numeric_embeddings.steps):
        parameter.data.zero_()
    network.embeddings.stacks[0].weight.data[:, network.embeddings.stacks[0].width :] = -30.0
    network.numeric_embeddings.log_deviations.data.fill_(-30.0)
    output = network.train()(codes.expand(50, 2), numbers.expand(50, 3))
    assert torch.allclose(output, torch.tensor([0.5, -0.5]).expand(50, 2), atol=1e-4)


@pytest.mark.parametrize("exponential", [False, True])
def test_predictions_are_in_the_unit_of_the_estimator(exponential):
    network = small_network().eval()
    codes, numbers = torch.tensor([[3, 2], [4, 3]]), torch.zeros(2, 3)
    output = network(codes, numbers)
    offset, scale = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    predicted = PredictionModule(network, offset, scale, exponential)(codes, numbers)
    assert torch.allclose(predicted, offset + scale * (output.exp() if exponential else output))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (6,), (5, 4)])
@pytest.mark.parametrize("n_first", [1, 3])  # fewer than the outputs, and more
def test_derivatives_are_those_of_autograd(activation, hidden, n_first):
    network = EntityEmbeddingNetwork(
        [[0, 0, 0, 5, 5]],
        [3],
        torch.linspace(-1, 1, 4).unsqueeze(0),
        1,
        hidden,
        [0.0, 1.0],
        activation=activation,
        dropout=0.5,
        generator=torch.Generator().manual_seed(0),
    ).double()
    x = network.eval().first_input(torch.tensor([[3], [4], [0]]), torch.randn(3, 1).double())
    output, jacobian = network.linearise(x.detach(), n_first)
    every = torch.autograd.functional.jacobian(network._layers, x)
    rows = torch.arange(3)
    torch.testing.assert_close(output, network._layers(x))
    torch.testing.assert_close(jacobian, every[rows, :, rows, :n_first])


def test_rows_whose_derivatives_are_large_come_in_blocks(monkeypatch):
    network = small_network()
    assert network.rows_to_linearise(1000) == 1000
    monkeypatch.setattr("sk_entity._network.module.MOST_DERIVATIVES", 1000)
    widest = network.hidden[0].in_features
    assert network.rows_to_linearise(1000) == 1000 // (2 * widest)
    monkeypatch.setattr("sk_entity._network.module.MOST_DERIVATIVES", 1)
    assert network.rows_to_linearise(1000) == 1
