"""The network as a module of torch."""

import pytest
import torch

from sk_entity import EntityEmbeddingRegressor
from sk_entity._network.module import EntityEmbeddingNetwork


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
    error = (module(*codes)[:, 0] - torch.tensor(revenue.tolist())).square().mean()
    error.backward()
    assert module.network.embeddings.stacks[0].weight.grad.abs().sum() > 0
    assert isinstance(module.network, EntityEmbeddingNetwork)
