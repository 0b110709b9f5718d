"""The network of Guo & Berkhahn (2016): embedding tables, dense body, linear head.

torch only: it knows cardinalities and sizes, never a table. Randomness comes
from an explicit generator, so that torch's global state is neither read nor
changed.
"""

import torch
from torch import nn
from torch.nn import functional as F

UNKNOWN = 0

ACTIVATIONS = {
    "identity": lambda x: x,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "selu": F.selu,
    "silu": F.silu,
    "mish": F.mish,
}


class EntityEmbeddings(nn.Module):
    """Lookup of one row per column, side by side.

    Row k of a table is the product of the one-hot vector of k with the table,
    so the tables are the weights of a linear layer on one-hot inputs (the
    paper's equation 3), and the gradient of a batch reaches only the rows that
    occur in it.

    Parameters
    ----------
    cardinalities : sequence of int
        Rows of each table, the three special rows included.
    embedding_dims : sequence of int
        Columns of each table.
    hidden_rate : float
        In training, the probability with which a cell's category is hidden:
        the row `UNKNOWN` is looked up in its place, and so learned.
    generator : torch.Generator or None
        For the initial values.

    Shape
    -----
    - Input: ``(n, n_columns)``, integers
    - Output: ``(n, sum(embedding_dims))``
    """

    def __init__(self, cardinalities, embedding_dims, *, hidden_rate=0.0, generator=None):
        super().__init__()
        self.hidden_rate = hidden_rate
        self.generator = None
        self.tables = nn.ModuleList(
            nn.Embedding.from_pretrained(_normal(rows, dim, 0.05, generator), freeze=False)
            for rows, dim in zip(cardinalities, embedding_dims, strict=True)
        )

    def forward(self, categorical):
        if self.training and self.hidden_rate > 0:
            drawn = torch.empty(categorical.shape, device=categorical.device)
            hide = drawn.uniform_(generator=self.generator) < self.hidden_rate
            categorical = categorical.masked_fill(hide, UNKNOWN)
        # unbind and not slices: one copy instead of one per column.
        columns = categorical.t().contiguous().unbind()
        vectors = [table(c) for table, c in zip(self.tables, columns, strict=True)]
        return torch.cat(vectors, dim=1)


class Dropout(nn.Module):
    """`torch.nn.Dropout` drawing from a generator of its own, if it has one."""

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        keep = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep.div_(1 - self.p)


class EntityEmbeddingNetwork(nn.Module):
    """Embeddings beside the numbers, then dense layers.

    Parameters
    ----------
    cardinalities, embedding_dims : sequence of int
        Of each table, see `EntityEmbeddings`.
    n_numerical : int
    hidden_layer_sizes : sequence of int
    initial_output : array-like of shape (n_outputs,)
        Bias of the last layer before training.
    activation : str, a key of `ACTIVATIONS`
    dropout, embedding_dropout : float
        Probability of zeroing a hidden unit; of hiding a category.
    generator : torch.Generator or None
        For the initial weights; torch's own if None.

    Shape
    -----
    - categorical: ``(n, n_columns)``, integers
    - numerical: ``(n, n_numerical)``
    - Output: ``(n, n_outputs)``
    """

    def __init__(
        self,
        cardinalities,
        embedding_dims,
        n_numerical,
        hidden_layer_sizes,
        initial_output,
        *,
        activation="relu",
        dropout=0.0,
        embedding_dropout=0.0,
        generator=None,
    ):
        super().__init__()
        self.embeddings = (
            EntityEmbeddings(
                cardinalities, embedding_dims, hidden_rate=embedding_dropout, generator=generator
            )
            if len(embedding_dims)
            else None
        )
        self.activation = ACTIVATIONS[activation]
        sizes = [sum(embedding_dims) + n_numerical, *hidden_layer_sizes]
        self.hidden = nn.ModuleList(
            _dense(n_in, n_out, 2.0, generator)
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.dropout = Dropout(dropout)
        self.output = _dense(sizes[-1], len(initial_output), 1.0, generator)
        with torch.no_grad():
            self.output.bias.copy_(torch.as_tensor(initial_output))

    def first_input(self, categorical, numerical):
        """What the first dense layer receives, of shape ``(n, sum(dims) + n_numerical)``."""
        if self.embeddings is None:
            return numerical
        return torch.cat([self.embeddings(categorical), numerical], dim=1)

    def forward(self, categorical, numerical):
        x = self.first_input(categorical, numerical)
        for layer in self.hidden:
            x = self.dropout(self.activation(layer(x)))
        return self.output(x)

    def use_generator(self, generator):
        """Draw what training hides from this generator, which is on the network's device."""
        for module in self.modules():
            if hasattr(module, "generator"):
                module.generator = generator

    def to_arrays(self):
        """Tables, kernels (n_in, n_out) and biases, as lists of float32 arrays."""
        tables = [] if self.embeddings is None else [t.weight for t in self.embeddings.tables]
        layers = [*self.hidden, self.output]
        return tuple(
            [p.detach().cpu().numpy().copy() for p in parameters]
            for parameters in (tables, [la.weight.t() for la in layers], [la.bias for la in layers])
        )

    @torch.no_grad()
    def load_arrays(self, tables, kernels, biases):
        """Set the weights from arrays, as `to_arrays` gives them."""
        own_tables = [] if self.embeddings is None else self.embeddings.tables
        for module, table in zip(own_tables, tables, strict=True):
            module.weight.copy_(torch.from_numpy(table))
        for layer, kernel, bias in zip([*self.hidden, self.output], kernels, biases, strict=True):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))
        return self


class PredictionModule(nn.Module):
    """A trained network with its output in the unit of the estimator.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
    offset, scale : torch.Tensor of shape (n_outputs,)
    exponential : bool
        ``offset + scale * exp(output)`` instead of ``offset + scale * output``.

    Shape
    -----
    - categorical: ``(n, n_columns)``, integers
    - numerical: ``(n, n_numerical)``
    - Output: ``(n, n_outputs)``
    """

    def __init__(self, network, offset, scale, exponential):
        super().__init__()
        self.network = network
        self.exponential = exponential
        self.register_buffer("offset", offset)
        self.register_buffer("scale", scale)

    def forward(self, categorical, numerical):
        output = self.network(categorical, numerical)
        return self.offset + self.scale * (output.exp() if self.exponential else output)


def _normal(rows, columns, deviation, generator):
    return torch.empty(rows, columns).normal_(0, deviation, generator=generator)


def _dense(n_in, n_out, gain, generator):
    """Linear layer with weights of variance gain / n_in and zero bias."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out)
    with torch.no_grad():
        layer.weight.normal_(0, (gain / max(n_in, 1)) ** 0.5, generator=generator)
        layer.bias.zero_()
    return layer
