"""This module is the only one of the benchmarks that knows private names of sk-entity.

Coders, networks and examples are passed around by the other modules, but only the
functions here look into them.
"""

import contextlib
import importlib

import numpy as np
import torch

from sk_entity import EntityEmbeddingRegressor
from sk_entity._estimators.sizing import TRAINING_BYTES_PER_WEIGHT, auto_embedding_dim
from sk_entity._estimators.start import FreshStart as FreshStart
from sk_entity._estimators.training import settings_of
from sk_entity._estimators.validation import read_table
from sk_entity._network.arrays import to_arrays
from sk_entity._network.module import EntityEmbeddingNetwork
from sk_entity._table.coder import CodedTable, TableCoder
from sk_entity._table.distribution import Distribution as Distribution
from sk_entity._table.scaler import N_BINS
from sk_entity._table.selection import select_categorical
from sk_entity._target.examples import Examples
from sk_entity._training.exchange import bytes_per_step as bytes_per_step
from sk_entity._training.loop import train as train_network

from .made_up_tables import CATEGORICAL, integer_table

DEFAULT = {}
TEXTBOOK = {"activation": "relu", "dropout": 0.0, "embedding_dropout": 0.0}
# Mean and deviation, their gradients and moments: what the library reckons with.
BYTES_PER_WEIGHT = TRAINING_BYTES_PER_WEIGHT
FLOAT = 4


def learn_coder(X, categorical_features="from_dtype"):
    """What `fit` learns of a table: the coder, and the table coded."""
    frame = read_table(X, estimator=EntityEmbeddingRegressor())
    categorical = select_categorical(frame, categorical_features, named=True)
    return TableCoder.learn(frame, categorical, slice(None), None, None, None)


def code(coder, X):
    """A further table, coded."""
    return coder.code(read_table(X, estimator=EntityEmbeddingRegressor()))


def rossmann_like(n_rows):
    """Coder and examples; beyond 200,000 rows they are repeated."""
    X, y = integer_table(min(n_rows, 200_000))
    coder, coded = learn_coder(X, CATEGORICAL)
    rows = np.arange(n_rows) % len(y)
    target = ((y - y.mean()) / y.std()).astype(np.float32)[:, None]
    return coder, Examples(coded[rows], target[rows], None)


def one_column(n_rows, n_levels):
    """Row counts of one table, and examples in which its levels are equally frequent."""
    rng = np.random.default_rng(0)
    rows = (3 + rng.permutation(n_rows) % n_levels).astype(np.int32)
    target = rng.normal(size=(n_rows, 1)).astype(np.float32)
    coded = CodedTable(rows[:, None], np.empty((n_rows, 0), dtype=np.float32))
    return np.bincount(rows, minlength=3 + n_levels), Examples(coded, target, None)


def of_levels(n_rows, levels, n_numbers, seed=0):
    """Coded examples of columns with so many levels, drawn at once, and of normal numbers."""
    rng = np.random.default_rng(seed)
    codes = np.empty((n_rows, len(levels)), dtype=np.int32)
    for j, n_levels in enumerate(levels):
        codes[:, j] = rng.integers(3, 3 + n_levels, n_rows, dtype=np.int32)
    numbers = rng.standard_normal((n_rows, n_numbers), dtype=np.float32).clip(-3, 3)
    target = numbers.sum(axis=1, keepdims=True) + rng.standard_normal((n_rows, 1), np.float32)
    return Examples(CodedTable(codes, numbers), target, None)


def network_of_levels(n_rows, levels, n_numbers):
    """An untrained default network for `of_levels`."""
    counts = [np.full(3 + n_levels, n_rows / n_levels) for n_levels in levels]
    edges = np.tile(np.linspace(-3, 3, 1 + N_BINS, dtype=np.float32), (n_numbers, 1))
    return _build(counts, [embedding_dim(n) for n in levels], edges, n_numbers, DEFAULT)


def n_rows_of(examples):
    """Number of rows."""
    return len(examples.target)


def first_rows(examples, n_rows):
    """The first examples."""
    return Examples(examples.coded[:n_rows], examples.target[:n_rows], None)


def row_bytes(examples):
    """Bytes of a coded row."""
    coded = examples.coded
    return coded.categorical[0].nbytes + coded.numerical[0].nbytes


def embedding_dim(n_levels):
    """Dimension that "auto" gives a column."""
    return auto_embedding_dim(n_levels)


def network_for(coder, examples, options):
    """An untrained network for a coded table, with the regressor's defaults and these options."""
    vocabularies = [column.vocabulary for column in coder.categorical]
    dims = [embedding_dim(v.n_levels) for v in vocabularies]
    row_counts = [v.row_counts for v in vocabularies]
    n_numerical = examples.coded.numerical.shape[1]
    return _build(row_counts, dims, coder.edges, n_numerical, options)


def network_of_one_column(row_counts, dim):
    """An untrained default network for a column, whose vectors are this wide."""
    return _build([row_counts], [dim], np.empty((0, 2)), 0, DEFAULT)


def _build(row_counts, dims, edges, n_numerical, options):
    parameters = EntityEmbeddingRegressor(**options).get_params()
    return EntityEmbeddingNetwork(
        row_counts,
        dims,
        edges,
        n_numerical,
        list(parameters["hidden_layer_sizes"]),
        np.zeros(1, dtype=np.float32),
        activation=parameters["activation"],
        dropout=parameters["dropout"],
        embedding_dropout=parameters["embedding_dropout"],
        generator=torch.Generator().manual_seed(0),
    )


def train(network, examples, *, batch_size, epochs, device="cpu"):
    """The library's training, skorch included, of a network in place."""
    estimator = EntityEmbeddingRegressor(batch_size=batch_size, max_iter=epochs, device=device)
    settings = settings_of(estimator, np.zeros(1, dtype=np.float32), len(examples), seed=0)
    train_network(network, examples, None, settings)


@contextlib.contextmanager
def constants(values):
    """Constants of the library by "module.NAME", other ones for a while: for trials."""
    before = {}
    for path, value in values.items():
        module, _, name = path.rpartition(".")
        module = importlib.import_module(f"sk_entity.{module}")
        before[path] = module, name, getattr(module, name)
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before.values():
            setattr(module, name, value)


@contextlib.contextmanager
def vectors_times(matrix):
    """Let networks read the vectors of categories, side by side, times a matrix: for trials."""
    if matrix is None:
        yield
        return
    array = np.asarray(matrix, dtype=np.float32)
    tensor, n = torch.from_numpy(array), len(array)
    step = importlib.import_module("sk_entity._network.step")._EmbeddingsStep
    prediction = importlib.import_module("sk_entity._predict.forward")
    before = (
        EntityEmbeddingNetwork.beside_numbers,
        EntityEmbeddingNetwork.linearise,
        step.forward,
        step.backward,
        prediction.first_input,
    )

    def beside_numbers(self, vectors, numerical):
        return before[0](self, [v @ tensor for v in vectors], numerical)

    def linearise(self, x, n_first):
        output, jacobian = before[1](self, x, n_first)
        return output, jacobian @ tensor.t()

    def forward(self, *rows):
        return before[2](self, *rows) @ tensor

    def backward(self, gradient, *strength):
        before[3](self, gradient @ tensor.t(), *strength)

    def first_input(weights, numbers, coded):
        x = before[4](weights, numbers, coded)
        x[:, :n] = x[:, :n] @ array
        return x

    def put(functions):
        EntityEmbeddingNetwork.beside_numbers, EntityEmbeddingNetwork.linearise = functions[:2]
        step.forward, step.backward, prediction.first_input = functions[2:]

    put((beside_numbers, linearise, forward, backward, first_input))
    try:
        yield
    finally:
        put(before)


def divergence(network, n_samples):
    """Of all vectors from their priors, over the rows that train."""
    of_categories, of_numbers = network.kl_divergences()
    return of_categories + of_numbers / n_samples


def kernels(network):
    """The weights of the dense layers, but for biases."""
    dense = ("hidden", "output")
    return [p for name, p in network.named_parameters() if name.startswith(dense) and p.ndim == 2]


def vector_bytes(network):
    """Bytes of the vectors that a row looks up."""
    return FLOAT * sum(means.shape[1] for means, *_ in to_arrays(network)["tables"])


def tensors(examples, device="cpu"):
    """Codes, numbers and target, as the library's own training holds them."""
    several = examples.coded.categorical, examples.coded.numerical, examples.target
    return [torch.from_numpy(array).to(device) for array in several]


def arguments(examples):
    """What skorch's `fit` takes: arguments of the network by name, and the target."""
    return named(examples.coded.categorical, examples.coded.numerical), examples.target


def named(codes, numbers):
    """Arguments of the network by name."""
    return {"categorical": codes, "numerical": numbers}


def forward(model, coded):
    """The NumPy network of a fitted estimator on coded rows."""
    return model.state_.output(coded)


def code_for(model, X):
    """A table as a fitted estimator codes it."""
    return model._code(X)
