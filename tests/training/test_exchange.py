"""The steps of several workers are those of one on all of their rows, and no worker drifts away."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from workers import together

from sk_entity._network import embeddings as embeddings_file
from sk_entity._network.bags import BagColumns, Bags
from sk_entity._network.losses import Poisson, SquaredError
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._network.step import Step
from sk_entity._table.coder import CodedTable
from sk_entity._target.examples import Examples
from sk_entity._training.exchange import bytes_per_step
from sk_entity._training.loop import Settings, train
from sk_entity._training.net import Net
from sk_entity._training.spill import Layout, SpillWriter

SIZES = [9, 12, 7]
# Of the batches: they differ, and one may be empty.
LENGTHS = {1: [6], 2: [6, 3], 3: [2, 7, 4], 4: [5, 0, 1, 8]}


@pytest.fixture(params=[10_000, 10, 0], ids=["short", "both", "long"])
def stacks(request, monkeypatch):
    """Short tables, whose gradients are whole, and long ones, whose gradients list rows."""
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", request.param)


def network(n_bags=0, dims=(3, 2, 4), **options):
    rng = np.random.default_rng(0)
    counts = [np.r_[0, 0, 0, rng.integers(1, 9, size - 3)] for size in SIZES[: len(dims)]]
    options = {"embedding_dropout": 0.2, "dropout": 0.2, "activation": "silu"} | options
    return EntityEmbeddingNetwork(
        counts,
        list(dims),
        torch.linspace(-1, 1, 6).repeat(2, 1),
        3,
        (7, 5),
        [0.5, -0.5],
        n_bags=n_bags,
        generator=torch.Generator().manual_seed(0),
        **options,
    ).double()


def batch(worker, n, n_tables=3, n_bags=0):
    """The rows of a worker."""
    rng = np.random.default_rng(worker)
    codes = torch.from_numpy(rng.integers(0, SIZES[:n_tables], (n, n_tables)).astype(np.int32))
    X = {
        "categorical": codes[:, : n_tables - n_bags].contiguous(),
        "numerical": torch.from_numpy(rng.normal(size=(n, 3))),
    }
    lengths = torch.from_numpy(rng.integers(1, 4, n))
    of_bag = torch.from_numpy(rng.integers(0, SIZES[-1], int(lengths.sum())))
    if n_bags:
        X["bags"] = BagColumns([Bags.of(of_bag, lengths)])
    return X, torch.from_numpy(rng.normal(size=(n, 2)))


def gradients(module):
    return {
        name: p.grad.to_dense().clone()
        for name, p in module.named_parameters()
        if p.grad is not None and p.numel()
    }


def exchanged(n_workers, make, batches, strengths=(0.7, 0.3)):
    """The gradients that each worker has after a step with the others, and its exchange."""

    def work(exchange):
        module = make().train()
        module.use_generator(torch.Generator().manual_seed(exchange.rank))
        X, direction = batches[exchange.rank]
        step = Step(module)
        step.forward(step.prepare(X))
        zero = torch.zeros((), dtype=torch.float64)
        stacks = module.embeddings.stacks if module.embeddings else ()
        exchange.begin_step(len(direction), zero, zero, zero, stacks, step.looked_up())
        step.backward(direction.clone(), *strengths, exchange)
        exchange.reduce(module.parameters())
        return gradients(module), exchange

    return together(n_workers, work)


def by_autograd(make, batches, strengths=(0.7, 0.3)):
    """The gradients of the rows of all batches, in one process."""
    module = make().train()
    n_rows = sum(len(direction) for _, direction in batches)
    for worker, (X, direction) in enumerate(batches):
        if not len(direction):
            continue
        module.use_generator(torch.Generator().manual_seed(worker))
        output = module(X["categorical"], X["numerical"], X.get("bags", ()))
        of_categories, _ = module.kl_divergences()
        share = strengths[0] * len(direction) / n_rows
        ((output * direction).sum() + share * of_categories).backward()
    (strengths[1] * module.kl_divergences()[1]).backward()
    return gradients(module)


@pytest.mark.parametrize("n_bags", [0, 1])
@pytest.mark.parametrize("n_workers", LENGTHS)
def test_gradients_are_those_of_all_rows_in_one_step(n_workers, n_bags, stacks):
    batches = [batch(k, n, n_bags=n_bags) for k, n in enumerate(LENGTHS[n_workers])]
    found = exchanged(n_workers, lambda: network(n_bags), batches)
    expected = by_autograd(lambda: network(n_bags), batches)
    assert len(expected) >= 9
    for of_worker, _ in found:
        torch.testing.assert_close(of_worker, expected)
        # The very same bits.
        assert all(torch.equal(of_worker[name], found[0][0][name]) for name in expected)


def test_without_categories_there_are_no_tables_to_exchange():
    batches = [batch(k, 4, 0) for k in range(2)]
    for X, _ in batches:
        X["categorical"] = torch.empty(4, 0, dtype=torch.int32)
    [(found, exchange), _] = exchanged(2, lambda: network(dims=()), batches)
    torch.testing.assert_close(found, by_autograd(lambda: network(dims=()), batches))
    n_dense = sum(p.numel() for p in network(dims=()).parameters())
    assert exchange.bytes_sent == 8 * 4 + 8 * n_dense


@pytest.mark.parametrize("n_workers", [1, 2, 3])
def test_bytes_are_those_of_the_cost_model(n_workers, stacks):
    batches = [batch(k, n) for k, n in enumerate(LENGTHS[n_workers])]
    for _, exchange in exchanged(n_workers, lambda: network().float(), as_floats(batches)):
        module = network()
        tables = [(*s.weight.shape, s.sparse) for s in module.embeddings.stacks]
        n_tables = sum(s.weight.numel() for s in module.embeddings.stacks)
        n_dense = sum(p.numel() for p in module.parameters()) - n_tables
        assert len(exchange.reached) == len(tables)
        expected = bytes_per_step(n_dense, tables, exchange.reached, n_workers)
        assert exchange.bytes_sent == expected
        assert (expected > 0) is (n_workers > 1)


def as_floats(batches):
    return [
        ({name: t.float() if t.is_floating_point() else t for name, t in X.items()}, y.float())
        for X, y in batches
    ]


def without_noise(network):
    """Leave nothing to chance, so that workers and one process draw the same."""
    with torch.no_grad():
        for stack in network.embeddings.stacks:
            stack.weight[:, stack.width :] = -30
        network.numeric_embeddings.log_deviations.fill_(-30)
    return network


def net(rows, loss, exchange=None):
    """A net that has begun to train on rows."""
    module = without_noise(network(embedding_dropout=0.0, dropout=0.0).float())
    found = Net(
        module,
        loss,
        initial_output=[0.5, -0.5],
        least_epochs=1,
        optimizer=torch.optim.SGD,
        lr=0.1,
        max_epochs=2,
        batch_size=20,
        exchange=exchange,
    )
    found.initialize()
    found.on_train_begin(found, X=Whole(rows))
    found.on_epoch_begin(found)
    return found


class Whole:
    """Rows as the net takes them."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows[1])

    def __getitem__(self, chosen):
        X, y = self.rows
        return {name: tensor[chosen] for name, tensor in X.items()}, y[chosen]

    def some(self, n):
        return self.rows

    def n_batches(self, batch_size):
        return 1


def two_steps(net, rows):
    """Losses, dispersions, noise and weights after two steps on the same rows."""
    X, y = rows
    found = []
    for _ in range(2):
        net.on_batch_begin(net, training=True)
        loss = net.train_step((net.step_.prepare(X), y))["loss"]
        found += [float(loss), float(net.dispersion_), net.noise_, *net.prior_strengths()]
    return found, net.module_.state_dict()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", [SquaredError(), Poisson()], ids=lambda loss: loss.name)
def test_steps_follow_the_loss_dispersion_and_clock_of_all_rows(loss, weighted, stacks):
    parts = as_floats([batch(k, n) for k, n in enumerate([6, 3, 7])])
    parts = [(X, y.abs() * 3) for X, y in parts]
    if weighted:
        weight = torch.rand(16, generator=torch.Generator().manual_seed(0))
        weight /= weight.mean()
        for (X, _), of_part in zip(parts, weight.split([6, 3, 7]), strict=True):
            X["sample_weight"] = of_part
    everything = (
        {name: torch.cat([X[name] for X, _ in parts]) for name in parts[0][0]},
        torch.cat([y for _, y in parts]),
    )
    expected, weights = two_steps(net(everything, loss), everything)
    found = together(
        3,
        lambda exchange: two_steps(net(parts[exchange.rank], loss, exchange), parts[exchange.rank]),
    )
    for numbers, of_worker in found:
        assert numbers == pytest.approx(expected, rel=1e-5)
        assert numbers == found[0][0]
        torch.testing.assert_close(of_worker, weights, rtol=1e-4, atol=1e-6)


SETTINGS = Settings(
    loss=SquaredError(),
    initial_output=np.zeros(2, np.float32),
    batch_size=12,
    learning_rate_init=0.01,
    weight_decay=0.1,
    max_iter=6,
    least_iter=6,
    n_iter_no_change=2,
    tol=0.0,
    early_stopping=False,
    callbacks=[],
    verbose=0,
    device="cpu",
    seed=0,
)


def spill(folder, worker, n):
    """The rows of a worker on disk, in several parts."""
    X, y = batch(worker, n)
    X["numerical"][:, 0] += y[:, 0]
    coded = CodedTable(X["categorical"].numpy(), X["numerical"].numpy().astype(np.float32), ())
    layout = Layout(3, 0, 3, 2, of_classes=False, weighted=False, in_folds=False)
    writer = SpillWriter(folder / str(worker), layout, 150)
    writer.write(Examples(coded, y.float().numpy(), None), np.random.default_rng(worker))
    return writer.close()


@pytest.fixture
def several_parts(monkeypatch):
    monkeypatch.setattr("sk_entity._training.spill.BYTES_PER_PART", 1000)


@pytest.mark.slow
@pytest.mark.parametrize("validated", [False, True])
def test_replicas_keep_the_same_bits_to_the_end(validated, several_parts, tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings_file, "MOST_DENSE_ROWS", 10)  # short tables and a long one

    def work(exchange):
        rank, module = exchange.rank, network().float()
        training = spill(tmp_path, rank, 150 + 7 * rank)
        assert len(training.sizes) == 5
        # One worker has no validation rows.
        validation = spill(tmp_path, 10 + rank, 30) if validated and rank else None
        settings = replace(SETTINGS, early_stopping=validated)
        outcome = train(module, training, validation, settings, exchange=exchange)
        return module.state_dict(), outcome, exchange

    found = together(3, work)
    weights, outcome, _ = found[0]
    losses = outcome.history["train_loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    assert len(losses) == outcome.n_iter > 1
    for others, same, exchange in found:
        assert all(torch.equal(others[name], weights[name]) for name in weights)
        columns = ["train_loss", "learning_rate", *["valid_loss"] * validated]
        assert same.history[columns].equals(outcome.history[columns])
        assert (same.n_iter, same.best_iter) == (outcome.n_iter, outcome.best_iter)
        assert same.dispersion == outcome.dispersion
        assert exchange.bytes_in_all > 50 * exchange.bytes_sent > 0


class KilledError(Exception):
    pass


@pytest.mark.slow
def test_workers_go_on_from_the_checkpoint_of_the_first(several_parts, tmp_path, monkeypatch):
    # A checkpoint after each group of batches that are prepared together.
    monkeypatch.setattr("sk_entity._training.checkpoints.SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr("sk_entity._training.spilled_batches.BATCHES_PER_GATHER", 2)
    n_reports = {}

    def work(exchange, killed_at):
        rank, module = exchange.rank, network().float()
        n_reports[rank] = 0

        def report(path):
            assert rank or path.exists()
            n_reports[rank] += 1
            if n_reports[rank] == killed_at:
                raise KilledError

        exchange.report = report
        training = spill(tmp_path, rank, 150 + 7 * rank)
        checkpoint = tmp_path / f"{'first' if rank == 0 else 'restored'}.pt"
        if rank and killed_at is None:
            checkpoint = tmp_path / "first.pt"
        outcome = train(module, training, None, SETTINGS, checkpoint, exchange)
        return module.state_dict(), outcome

    with pytest.raises(KilledError):
        together(2, lambda exchange: work(exchange, killed_at=17))
    assert n_reports == {0: 17, 1: 17}
    state = torch.load(tmp_path / "first.pt")
    assert state["epoch"] > 0
    assert state["step"] > 0
    [(weights, outcome), (others, same)] = together(2, lambda e: work(e, killed_at=None))
    assert all(torch.equal(others[name], weights[name]) for name in weights)
    assert outcome.n_iter == same.n_iter == SETTINGS.max_iter
    assert list(outcome.history.index) == [1, 2, 3, 4, 5, 6]
    # What was left to do was done.
    assert 17 < 17 + n_reports[0] < 6 * 12
