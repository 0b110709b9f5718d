"""The benchmark of speed builds and trains what the library builds and trains."""

import pytest

from benchmarks.speed import library, loops, made_up_tables
from sk_entity import EntityEmbeddingRegressor

CONFIGURATIONS = [library.DEFAULT, library.TEXTBOOK]


def n_weights(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=["default", "textbook"])
def test_the_network_is_as_large_as_that_of_fit(configuration):
    X, y = made_up_tables.integer_table(300)
    fitted = EntityEmbeddingRegressor(
        **configuration,
        categorical_features=made_up_tables.CATEGORICAL,
        max_iter=1,
        early_stopping=False,
        device="cpu",
    ).fit(X, y)
    network = library.network_for(*library.rossmann_like(300), configuration)
    assert n_weights(network) == n_weights(fitted.to_torch())


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=["default", "textbook"])
def test_training_changes_the_network(configuration):
    coder, examples = library.rossmann_like(300)
    network = library.network_for(coder, examples, configuration)
    before = [kernel.detach().clone() for kernel in library.kernels(network)]
    library.train(network, examples, batch_size=64, epochs=1)
    for old, new in zip(before, library.kernels(network), strict=True):
        assert (old != new).any()


@pytest.mark.parametrize("configuration", loops.CONFIGURATIONS)
@pytest.mark.parametrize("epoch", [loops.own_epoch, loops.bare_epoch, loops.skorch_epoch])
def test_every_way_of_training_that_is_compared_runs(configuration, epoch):
    coder, examples = library.rossmann_like(300)
    assert 0 < epoch(coder, examples, configuration, 64)() < 1


def test_one_column_has_the_levels_asked_for():
    row_counts, examples = library.one_column(1000, 100)
    assert row_counts.tolist() == [0] * 3 + [10] * 100
    assert library.n_rows_of(examples) == 1000
    assert library.n_rows_of(library.first_rows(examples, 10)) == 10


def test_rows_beyond_those_made_up_are_repeated(monkeypatch):
    monkeypatch.setattr(library, "integer_table", lambda n: made_up_tables.integer_table(50))
    _, examples = library.rossmann_like(120)
    _, target = library.arguments(examples)
    assert len(target) == 120
    assert (target[:50] == target[50:100]).all()
