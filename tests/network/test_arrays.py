"""A network written to arrays and read again is the same network."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._network.arrays import (
    to_arrays,
    trained_network,
    untrained_network,
    vector_gradients,
)
from sk_entity._predict.weights import EmbeddingTable, Layer, NumericTable, Weights
from sk_entity._table.coder import CodedTable

ROW_COUNTS = [np.array([0, 2, 0, 5, 6]), np.array([0, 0, 3, 10])]
EDGES = np.array([np.linspace(-1, 1, 6), np.linspace(0, 2, 6)], dtype=np.float32)


def network(row_counts=ROW_COUNTS, edges=EDGES, seed=0):
    """Two tables, two scaled numbers and an indicator; every weight is drawn."""
    dims, n_numerical = [3, 2][: len(row_counts)], len(edges) + 1
    made = untrained_network(
        row_counts, dims, edges, n_numerical, [7, 4], np.zeros(2), activation="tanh", seed=seed
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return made.eval()


def weights_of(network, edges=EDGES):
    arrays = to_arrays(network)
    return Weights(
        tuple(EmbeddingTable(*table) for table in arrays["tables"]),
        tuple(NumericTable(e, *t) for e, t in zip(edges, arrays["numeric_tables"], strict=True)),
        tuple(Layer(*layer) for layer in arrays["layers"]),
        "tanh",
    )


def rows(row_counts=ROW_COUNTS, edges=EDGES):
    rng = np.random.default_rng(0)
    codes = np.empty((20, len(row_counts)), dtype=np.int32)
    for j, counts in enumerate(row_counts):
        codes[:, j] = rng.integers(len(counts), size=20)
    numbers = rng.normal(size=(20, len(edges) + 1))
    return torch.from_numpy(codes), torch.from_numpy(numbers.astype(np.float32))


@pytest.mark.parametrize("row_counts", [ROW_COUNTS, []], ids=["categories", "no categories"])
@pytest.mark.parametrize("edges", [EDGES, EDGES[:0]], ids=["numbers", "no numbers"])
def test_a_network_read_from_its_arrays_is_the_same(row_counts, edges):
    before = network(row_counts, edges)
    after = trained_network(weights_of(before, edges), row_counts)
    assert torch.equal(after.eval()(*rows(row_counts, edges)), before(*rows(row_counts, edges)))
    for one, other in zip(to_arrays(after).values(), to_arrays(before).values(), strict=True):
        for arrays, expected in zip(one, other, strict=True):
            for array, wanted in zip(arrays, expected, strict=True):
                assert_array_equal(array, wanted)


def test_arrays_are_copies():
    made = network()
    before = made(*rows()).detach().clone()
    for several in to_arrays(made).values():
        for arrays in several:
            for array in arrays:
                assert array.dtype == np.float32
                array[:] = 9.0
    assert torch.equal(made(*rows()), before)


def test_dropout_is_set_for_further_training_and_row_counts_for_its_prior():
    further = trained_network(weights_of(network()), ROW_COUNTS, dropout=0.3, embedding_dropout=0.2)
    assert further.dropout.p == 0.3
    assert further.embeddings.embedding_dropout == 0.2
    fresh = network()
    counts = [stack.per_visit for stack in fresh.embeddings.stacks]
    kept = trained_network(weights_of(fresh), ROW_COUNTS)
    for one, other in zip(kept.embeddings.stacks, counts, strict=True):
        assert torch.equal(one.per_visit, other)


def test_the_seed_decides_and_torchs_own_generator_does_not():
    def drawn(seed):
        torch.manual_seed(seed + 100)
        made = untrained_network(
            ROW_COUNTS, [3, 2], EDGES, 3, [7], np.array([0.5, -0.5]), seed=seed
        )
        return to_arrays(made)["layers"]

    first, again, other = drawn(0), drawn(0), drawn(1)
    assert_array_equal(first[0][0], again[0][0])
    assert (first[0][0] != other[0][0]).any()
    assert_array_equal(first[-1][1], [0.5, -0.5])
    torch.manual_seed(3)
    state = torch.get_rng_state()
    trained_network(weights_of(network()), ROW_COUNTS)
    untrained_network(ROW_COUNTS, [3, 2], EDGES, 3, [7], np.zeros(2), seed=0)
    assert torch.equal(torch.get_rng_state(), state)


def test_gradients_of_a_linear_network_are_its_kernel():
    made = untrained_network(ROW_COUNTS, [3, 2], EDGES, 3, [], np.zeros(2), seed=0)
    codes, numbers = (tensor.numpy() for tensor in rows())
    first, second = vector_gradients(made, CodedTable(codes, numbers))
    kernel = made.output.weight.detach().numpy()
    assert_array_equal(first, np.broadcast_to(kernel[:, :3], (20, 2, 3)))
    assert_array_equal(second, np.broadcast_to(kernel[:, 3:5], (20, 2, 2)))


def test_gradients_are_differences_of_outputs():
    made = network().double()
    codes, numbers = rows()
    gradients = vector_gradients(made, CodedTable(codes.numpy(), numbers.double().numpy()))
    before = made(codes, numbers.double()).detach().numpy()
    step = 1e-6
    for gradient, table in zip(gradients, made.embeddings.tables, strict=True):
        table.mean[:, 1] += step
        moved = (made(codes, numbers.double()).detach().numpy() - before) / step
        table.mean[:, 1] -= step
        assert_allclose(gradient[:, :, 1], moved, atol=1e-5)
