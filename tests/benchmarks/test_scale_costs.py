"""The cost model's numbers are those that a step, a spill and an exchange have when counted."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.scale import cost_model, paper
from benchmarks.scale.cost_model import Sizes
from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._network.step import Step
from sk_entity._training.spill import Layout

# They move nothing.
VIEWS = {
    *("view", "_unsafe_view", "t", "transpose", "slice", "split", "split_with_sizes", "chunk"),
    *("detach", "expand", "unsqueeze", "select", "as_strided", "alias", "empty", "empty_like"),
    *("new_empty", "unbind"),
}
LOOKUPS = {"embedding", "index", "take", "index_select"}
FILLS = {"new_ones", "new_zeros", "ones_like", "zeros_like"}


class CountBytes(TorchDispatchMode):
    """Adds up what operations read and write; of what is looked up, the rows that are read."""

    def __init__(self):
        super().__init__()
        self.moved = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__
        if name in VIEWS:
            return out
        read = [] if name in FILLS else _tensors((args, kwargs))
        written = _bytes(_tensors(out))
        read_bytes = _bytes(read[1:]) + written if name in LOOKUPS else _bytes(read)
        self.moved += read_bytes + written
        return out


def _tensors(values):
    return [x for x in tree_leaves(values) if isinstance(x, torch.Tensor)]


def _bytes(tensors):
    return sum(x.numel() * x.element_size() for x in tensors)


def step_of(sizes, n):
    """A step on so many rows, as a function."""
    edges = torch.linspace(-3, 3, 129).repeat(sizes.n_numbers, 1)
    network = EntityEmbeddingNetwork(
        [np.ones(rows) for rows in sizes.table_rows],
        sizes.dims,
        edges if sizes.n_numbers else torch.empty(0, 2),
        sizes.n_numbers + sizes.n_indicators,
        sizes.hidden,
        np.zeros(sizes.n_outputs),
        activation="silu",
        dropout=0.1,
        embedding_dropout=0.1,
        generator=torch.Generator().manual_seed(0),
    ).train()
    step = Step(network)
    codes = [torch.randint(3, rows, (n,), dtype=torch.int32) for rows in sizes.table_rows]
    X = {
        "categorical": torch.stack(codes, dim=1),
        "numerical": torch.randn(n, sizes.n_numbers + sizes.n_indicators),
    }

    def run():
        output = step.forward(step.prepare(X))
        step.backward(torch.ones_like(output), 0.5, 0.5)

    return run


NETWORKS = [
    Sizes((50, 900, 300), (5, 16, 8), n_numbers=3, n_indicators=1),
    Sizes((50, 900, 300, 20, 20), (16, 16, 16, 8, 8), hidden=(64, 64, 32)),
    Sizes((900,), (16,), n_numbers=6, hidden=(512, 16), n_outputs=3),
]


@pytest.mark.parametrize("sizes", NETWORKS)
def test_operations_in_products_are_counted_exactly(sizes):
    run = step_of(sizes, 100)
    with FlopCounterMode(display=False) as counter:
        run()
    assert counter.get_total_flops() == 100 * cost_model.flops_per_row(sizes)


@pytest.mark.parametrize("sizes", NETWORKS)
def test_bytes_that_a_step_moves_are_about_those_counted(sizes):
    moved = []
    for n in (1000, 2000):
        run = step_of(sizes, n)
        with CountBytes() as count:
            run()
        moved.append(count.moved)
    per_row = (moved[1] - moved[0]) / 1000
    assert cost_model.moved_bytes_per_row(sizes) == pytest.approx(per_row, rel=0.03)


def test_sizes_are_read_from_a_fitted_model():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.integers(9, size=300).astype(str), "x": rng.normal(size=300)})
    X["y"] = X["x"].where(rng.random(300) < 0.9)
    settings = {"max_iter": 1, "embedding_dim": 4, "hidden_layer_sizes": (8, 6), "device": "cpu"}
    model = EntityEmbeddingRegressor(**settings).fit(X, rng.normal(size=300))
    expected = Sizes((12,), (4,), n_numbers=2, n_indicators=1, hidden=(8, 6))
    assert Sizes.of(model) == expected
    assert expected.layers == [(4 + 2 * 5 + 1, 8), (8, 6), (6, 1)]
    network = model.to_torch().network
    n_weights = sum(p.numel() for p in network.parameters())
    of_prior = 4
    assert expected.dense_weights == n_weights - of_prior
    classifier = EntityEmbeddingClassifier(**settings).fit(X[["x"]], rng.integers(3, size=300))
    assert Sizes.of(classifier).dims == ()
    assert Sizes.of(classifier).n_outputs == 3


def test_a_row_on_disk_is_as_wide_as_a_record():
    layout = Layout(3, 0, 4, 1, of_classes=False, weighted=True, in_folds=True)
    sizes = Sizes((9, 9, 9), (2, 2, 2), n_numbers=3, n_indicators=1, weighted=True)
    assert cost_model.record_bytes(sizes, in_folds=True) == layout.bytes_per_row


def test_workers_send_dense_weights_in_a_ring_and_rows_to_all_others():
    short = Sizes((100,), (4,))
    assert cost_model.exchanged_bytes(short, 1000, 1) == 0
    assert cost_model.exchanged_bytes(short, 1000, 2) == 4 * short.dense_weights
    assert cost_model.exchanged_bytes(short, 1000, 4) == 6 * short.dense_weights
    long = Sizes((100, 20_000), (4, 16))
    rows = cost_model.exchanged_bytes(long, 1000, 3, rows_touched=[700])
    dense = 2 * 2 / 3 * 4 * long.dense_weights
    assert rows - dense == pytest.approx(2 * 700 * (8 + 2 * 4 * 16))


def test_rates_of_the_machine_give_seconds_by_cause():
    sizes = NETWORKS[0]
    rates = cost_model.measure_rates(sizes, 64)
    assert min(rates.flops, rates.moved, rates.call) > 0
    small, large = (sum(cost_model.seconds_per_row(sizes, n, rates).values()) for n in (64, 4096))
    assert small > large > 0


def test_on_paper_a_table_of_a_billion_categories_is_hashed_or_composed():
    few, many = paper.of_categories(10**5), paper.of_categories(10**9)
    assert few["training"] == few["hashed"] == 10**5 * 16 * 32
    assert many["training"] == 10**4 * few["training"]
    assert many["hashed"] == 2**22 * 16 * 32
    assert many["composed"] == (31_623 + 31_623) * 16 * 32
