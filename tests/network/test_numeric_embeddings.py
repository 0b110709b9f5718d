"""A number's vector: the product of its position within bins with a table of steps."""

import numpy as np
import pandas as pd
import pytest
import torch

from sk_entity import EntityEmbeddingRegressor
from sk_entity._network.numeric_embeddings import DIM, NumericEmbeddings
from sk_entity._predict.numbers import NumberVectors
from sk_entity._predict.weights import NumericTable

EDGES = [[0.0, 1.0, 1.0, 3.0], [-2.0, -1.0, 0.0, 4.0]]
# The second bin of the first column has no width: from its edge on, a number is above it.
POSITIONS = {-1.0: [0, 0, 0], 0.5: [0.5, 0, 0], 1.0: [1, 1, 0], 2.0: [1, 1, 0.5], 9.0: [1, 1, 1]}


def embeddings():
    return NumericEmbeddings(EDGES, generator=torch.Generator().manual_seed(0))


def numbers():
    first = torch.tensor(list(POSITIONS))
    return torch.stack([first, torch.linspace(-3, 5, len(first))], dim=1)


def test_vectors_are_positions_less_a_half_times_the_steps():
    module = embeddings().eval()
    product = (torch.tensor(list(POSITIONS.values())) - 0.5) @ module.steps[0]
    assert torch.allclose(module(numbers())[:, :DIM], product)


def test_a_product_with_the_steps_has_the_same_gradient():
    module = embeddings().eval()
    direction = torch.arange(5.0 * DIM).reshape(5, DIM)
    (module(numbers())[:, :DIM] * direction).sum().backward()
    expected = (torch.tensor(list(POSITIONS.values())) - 0.5).T @ direction
    assert torch.allclose(module.steps.grad[0], expected)
    assert not module.steps.grad[1].any()


def test_numpy_and_torch_give_the_same_vectors():
    module, x = embeddings().eval(), numbers()
    edges = np.array(EDGES, dtype=np.float32)
    steps = module.steps.detach().numpy()
    tables = tuple(NumericTable(e, s, s) for e, s in zip(edges, steps, strict=True))
    by_numpy = NumberVectors(tables).look_up(x.numpy())
    assert by_numpy == pytest.approx(module(x).detach().numpy(), abs=1e-6)


def test_near_numbers_have_near_vectors_except_across_a_jump():
    module = embeddings().eval()

    def moved(start, stop):
        vectors = module(torch.tensor([[start, 0.0], [stop, 0.0]]))
        return (vectors[1] - vectors[0]).abs().max().item()

    assert moved(0.5, 0.5001) < 1e-4
    assert moved(2.9999, 3.1) < 1e-4
    assert moved(0.9999, 1.0) > 0.01


def test_training_draws_around_the_vector_as_steps_drawn_would():
    module = embeddings().train()
    module.generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        module.log_deviations.copy_(torch.linspace(-2, 0, 6 * DIM).view_as(module.steps))
    x = torch.tensor([[0.25, 1.0]])
    drawn = module(x.expand(20_000, 2)).detach()
    positions = torch.tensor([[0.25, 0.0, 0.0], [1.0, 1.0, 0.25]]).unsqueeze(2) - 0.5
    deviation = (positions * module.log_deviations.exp()).square().sum(dim=1).sqrt().flatten()
    assert torch.allclose(drawn.std(dim=0), deviation, rtol=0.05)
    assert torch.allclose(drawn.mean(dim=0), module.eval()(x)[0], atol=0.02)


def test_the_divergence_is_the_least_that_any_width_of_the_priors_gives():
    module = embeddings()
    with torch.no_grad():
        module.log_deviations.normal_(-2, 0.5, generator=torch.Generator().manual_seed(1))
    steps = torch.distributions.Normal(module.steps, module.log_deviations.exp())
    second = module.steps.square() + (2 * module.log_deviations).exp()
    best = second.mean(dim=2, keepdim=True).sqrt()

    def divergence(width):
        prior = torch.distributions.Normal(0.0, width)
        return torch.distributions.kl_divergence(steps, prior).sum().item()

    assert module.kl_divergence().item() == pytest.approx(divergence(best), rel=1e-5)
    assert divergence(best) < min(divergence(0.9 * best), divergence(1.1 * best))


@pytest.mark.parametrize("n_bins", [1, 7])
def test_gradients_are_finite_for_numbers_anywhere(n_bins):
    module = NumericEmbeddings(np.linspace(-1, 1, n_bins + 1)[None]).train()
    module.generator = torch.Generator().manual_seed(0)
    module(torch.linspace(-2, 2, 101).unsqueeze(1)).sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in module.parameters())


@pytest.mark.slow
def test_a_number_that_says_nothing_makes_no_steps():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"matters": rng.uniform(size=1_000), "noise": rng.uniform(size=1_000)})
    y = np.sign(X["matters"] - 0.5) + rng.normal(0, 0.5, size=1_000)
    model = EntityEmbeddingRegressor(max_iter=15, hidden_layer_sizes=(32,), random_state=0)
    tables = model.fit(X, y).state_.weights.numeric_tables
    matters, noise = (np.abs(table.steps).sum() for table in tables)
    assert noise < 0.5 * matters
