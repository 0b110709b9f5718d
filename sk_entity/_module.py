"""The network of Guo & Berkhahn (2016): embedding tables, dense body, linear head.

Two things are younger than the paper: the rows of a table are distributions
under a learned prior, and numbers enter by bins as well.

torch only: it knows counts and sizes, never a table of data. Randomness comes
from an explicit generator, so that torch's global state is neither read nor
changed.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

# The row of `_vocabulary.UNKNOWN`; torch is all that this file imports.
UNKNOWN = 0
INITIAL_DEVIATION = 0.03
INITIAL_PRIOR = 0.1

ACTIVATIONS = {
    "identity": lambda x: x,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "selu": F.selu,
    "silu": F.silu,
    "mish": F.mish,
}


class EmbeddingTable(nn.Module):
    """A table whose rows are normal distributions under a learned prior.

    Row k is N(m_k, s_k^2), in each dimension; the prior of all rows is
    N(0, t^2), where t is learned per dimension and is large where the column
    matters. Training draws each row it looks up (Kingma & Welling 2014, the
    reparametrisation of equation 4) and pays for its divergence from the prior
    (equation 10, for a prior of any width). So a row is drawn towards the
    prior the more, the fewer training rows speak for it. Evaluation looks up
    the means.

    Parameters
    ----------
    n_rows, dim : int
    visits : array-like of shape (n_rows,)
        How often training will look each row up in an epoch.
    generator : torch.Generator or None
        For the initial values.

    Attributes
    ----------
    divergence : torch.Tensor
        Of the batch looked up last, in training: its mean over all batches of
        an epoch is the divergence of the whole table over the training rows.
        Only rows in the batch have a part in it, so that its cost does not
        depend on the size of the table.

    Shape
    -----
    - Input: ``(n,)``, integers
    - Output: ``(n, dim)``
    """

    def __init__(self, n_rows, dim, visits, generator=None):
        super().__init__()
        initial = torch.empty(n_rows, dim).normal_(0, INITIAL_DEVIATION, generator=generator)
        self.mean = nn.Embedding.from_pretrained(initial, freeze=False)
        deviation = torch.full((n_rows, dim), math.log(INITIAL_DEVIATION))
        self.log_deviation = nn.Embedding.from_pretrained(deviation, freeze=False)
        self.log_prior = nn.Parameter(torch.full((dim,), math.log(INITIAL_PRIOR)))
        share = 1 / torch.as_tensor(visits, dtype=torch.float32).clamp(min=1)
        self.register_buffer("share", share, persistent=False)
        self.generator = None

    def forward(self, row):
        mean = self.mean(row)
        if not self.training:
            return mean
        log_deviation = self.log_deviation(row)
        deviation = log_deviation.exp()
        from_prior = (deviation.square() + mean.square()) * (-2 * self.log_prior).exp()
        divergence = 0.5 * (from_prior - 1) - log_deviation + self.log_prior
        self.divergence = (divergence.sum(dim=1) * self.share[row]).mean()
        noise = torch.empty_like(mean).normal_(generator=self.generator)
        return mean + deviation * noise


class EntityEmbeddings(nn.Module):
    """Lookup of one row per column, side by side.

    Row k of a table is the product of the one-hot vector of k with the table,
    so the tables are the weights of a linear layer on one-hot inputs (the
    paper's equation 3), and the gradient of a batch reaches only the rows that
    occur in it.

    Parameters
    ----------
    row_counts : sequence of array-like of int
        Training rows behind each row of each table.
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

    def __init__(self, row_counts, embedding_dims, *, hidden_rate=0.0, generator=None):
        super().__init__()
        self.hidden_rate = hidden_rate
        self.generator = None
        self.tables = nn.ModuleList(
            EmbeddingTable(len(counts), dim, self._visits(counts), generator)
            for counts, dim in zip(row_counts, embedding_dims, strict=True)
        )

    def _visits(self, counts):
        counts = torch.as_tensor(counts, dtype=torch.float32)
        visits = counts * (1 - self.hidden_rate)
        visits[UNKNOWN] += counts.sum() * self.hidden_rate
        return visits

    def forward(self, categorical):
        if self.training and self.hidden_rate > 0:
            drawn = torch.empty(categorical.shape, device=categorical.device)
            hide = drawn.uniform_(generator=self.generator) < self.hidden_rate
            categorical = categorical.masked_fill(hide, UNKNOWN)
        # unbind and not slices: one copy instead of one per column.
        columns = categorical.t().contiguous().unbind()
        vectors = [table(c) for table, c in zip(self.tables, columns, strict=True)]
        return torch.cat(vectors, dim=1)

    def divergence(self):
        """Divergence of all tables from their priors, see `EmbeddingTable`."""
        return torch.stack([table.divergence for table in self.tables]).sum()


class PiecewiseLinear(nn.Module):
    """Numbers as positions within bins (Gorishniy et al. 2022, equation 1).

    A number becomes one value per bin: 0 below the bin, 1 above it, in between
    the share of the bin that lies below the number. Nothing is learned.

    Parameters
    ----------
    edges : array-like of shape (n_columns, n_bins + 1)
        Ascending; a bin of no width gives 0.

    Shape
    -----
    - Input: ``(n, n_columns)``
    - Output: ``(n, n_columns * n_bins)``
    """

    def __init__(self, edges):
        super().__init__()
        edges = torch.as_tensor(edges, dtype=torch.float32)
        width = edges.diff(dim=1)
        self.register_buffer("lower", edges[:, :-1].contiguous())
        self.register_buffer("per_width", torch.where(width > 0, 1 / width, 0.0))

    def forward(self, x):
        return ((x.unsqueeze(2) - self.lower) * self.per_width).clamp(0, 1).flatten(1)


class Dropout(nn.Module):
    """`torch.nn.Dropout` drawing from a generator of its own, if it has one."""

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        # Sixteen random bits per unit; on a CPU several times as fast as bernoulli_.
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None, generator=self.generator)
        bits = words.view(torch.int16)[: x.numel()].view(x.shape)
        keep = bits >= round(self.p * 2**16) - 2**15
        return x * (keep * (1 / (1 - self.p)))


class EntityEmbeddingNetwork(nn.Module):
    """Embeddings beside the numbers, then dense layers.

    Parameters
    ----------
    row_counts, embedding_dims : sequence
        Of each table, see `EntityEmbeddings`.
    edges : array-like of shape (n_scaled, n_bins + 1)
        Bins of the first columns of the numbers, see `PiecewiseLinear`.
    n_numerical : int
        Numbers: the binned ones, then indicators.
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
        row_counts,
        embedding_dims,
        edges,
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
                row_counts, embedding_dims, hidden_rate=embedding_dropout, generator=generator
            )
            if len(embedding_dims)
            else None
        )
        self.bins = PiecewiseLinear(edges)
        self.activation = ACTIVATIONS[activation]
        n_inputs = sum(embedding_dims) + self.bins.lower.numel() + n_numerical
        sizes = [n_inputs, *hidden_layer_sizes]
        self.hidden = nn.ModuleList(
            _dense(n_in, n_out, 2.0, generator)
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.dropout = Dropout(dropout)
        self.output = _dense(sizes[-1], len(initial_output), 1.0, generator)
        with torch.no_grad():
            self.output.bias.copy_(torch.as_tensor(initial_output))

    def first_input(self, categorical, numerical):
        """What the first dense layer receives: vectors, bins, numbers."""
        parts = [self.bins(numerical[:, : len(self.bins.lower)]), numerical]
        if self.embeddings is not None:
            parts.insert(0, self.embeddings(categorical))
        return torch.cat(parts, dim=1)

    def forward(self, categorical, numerical):
        x = self.first_input(categorical, numerical)
        for layer in self.hidden:
            x = self.dropout(self.activation(layer(x)))
        return self.output(x)

    def divergence(self):
        """Of the tables from their priors, in the batch seen last in training."""
        return 0.0 if self.embeddings is None else self.embeddings.divergence()

    def use_generator(self, generator):
        """Draw what training draws from this generator, which is on the network's device."""
        for module in self.modules():
            if hasattr(module, "generator"):
                module.generator = generator

    def to_arrays(self):
        """Weights as a dict of lists of float32 arrays; kernels are (n_in, n_out)."""
        tables = [] if self.embeddings is None else self.embeddings.tables
        layers = [*self.hidden, self.output]
        parameters = {
            "tables": [t.mean.weight for t in tables],
            "log_deviations": [t.log_deviation.weight for t in tables],
            "log_priors": [t.log_prior for t in tables],
            "kernels": [layer.weight.t() for layer in layers],
            "biases": [layer.bias for layer in layers],
        }
        return {
            name: [p.detach().cpu().numpy().copy() for p in several]
            for name, several in parameters.items()
        }

    @torch.no_grad()
    def load_arrays(self, tables, log_deviations, log_priors, kernels, biases):
        """Set the weights from arrays, as `to_arrays` gives them."""
        own = [] if self.embeddings is None else self.embeddings.tables
        for module, mean, deviation, prior in zip(
            own, tables, log_deviations, log_priors, strict=True
        ):
            module.mean.weight.copy_(torch.from_numpy(mean))
            module.log_deviation.weight.copy_(torch.from_numpy(deviation))
            module.log_prior.copy_(torch.from_numpy(prior))
        for layer, kernel, bias in zip([*self.hidden, self.output], kernels, biases, strict=True):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))
        return self


class PredictionModule(nn.Module):
    """A trained network with its output in the unit of the estimator.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
    offset, scale : torch.Tensor of shape (n_outputs,) or ()
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


def _dense(n_in, n_out, gain, generator):
    """Linear layer with weights of variance gain / n_in and zero bias."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out)
    with torch.no_grad():
        layer.weight.normal_(0, (gain / max(n_in, 1)) ** 0.5, generator=generator)
        layer.bias.zero_()
    return layer
