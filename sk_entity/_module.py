"""The network of Guo & Berkhahn (2016): embedding tables, dense body, linear head.

Two things are younger than the paper: the rows of a table are distributions
under a learned prior, and numbers have vectors, too.

torch only: it knows counts and sizes, never a table of data. Randomness comes
from an explicit generator, so that torch's global state is neither read nor
changed.
"""

import torch
from torch import nn
from torch.nn import functional as F

from ._embeddings import EntityEmbeddings
from ._numeric_embeddings import NumericEmbeddings

ACTIVATIONS = {
    "identity": lambda x: x,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "selu": F.selu,
    "silu": F.silu,
    "mish": F.mish,
}


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
        # Compared as floats: truth values would have to be converted, which is slow.
        keep = bits.to(x.dtype).ge_(round(self.p * 2**16) - 2**15)
        return x * keep.mul_(1 / (1 - self.p))


class EntityEmbeddingNetwork(nn.Module):
    """Vectors of categories and numbers beside the numbers, then dense layers.

    Parameters
    ----------
    row_counts, embedding_dims : sequence
        Of each table, see `EntityEmbeddings`.
    edges : array-like of shape (n_scaled, n_bins + 1)
        Bins of the first columns of the numbers, see `NumericEmbeddings`.
    n_numerical : int
        Numbers: those with vectors, then indicators.
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
        self.numeric_embeddings = NumericEmbeddings(edges, generator=generator)
        self.activation = ACTIVATIONS[activation]
        n_vectors = sum(embedding_dims) + self.numeric_embeddings.out_features
        sizes = [n_vectors + n_numerical, *hidden_layer_sizes]
        self.hidden = nn.ModuleList(
            _dense(n_in, n_out, 2.0, generator)
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.dropout = Dropout(dropout)
        self.output = _dense(sizes[-1], len(initial_output), 1.0, generator)
        with torch.no_grad():
            self.output.bias.copy_(torch.as_tensor(initial_output))

    def first_input(self, categorical, numerical):
        """What the first dense layer receives: vectors of categories, of numbers, numbers."""
        scaled = numerical[:, : self.numeric_embeddings.n_columns]
        parts = [self.numeric_embeddings(scaled), numerical]
        if self.embeddings is not None:
            parts.insert(0, self.embeddings(categorical))
        return torch.cat(parts, dim=1)

    def forward(self, categorical, numerical):
        x = self.first_input(categorical, numerical)
        n_learned = None
        if self.training and not numerical.requires_grad:
            n_learned = x.shape[1] - numerical.shape[1]
        return self._layers(x, n_learned)

    def gradients(self, categorical, numerical):
        """Of each output with respect to what the first layer receives, (n, n_outputs, n_in)."""
        x = self.first_input(categorical, numerical).detach().requires_grad_()
        of_outputs = self._layers(x).sum(dim=0)
        gradients = [torch.autograd.grad(o, x, retain_graph=True)[0] for o in of_outputs]
        return torch.stack(gradients, dim=1)

    def _layers(self, x, n_learned=None):
        for layer in self.hidden:
            x = self.dropout(self.activation(layer(x, n_learned)))
            n_learned = None
        return self.output(x, n_learned)

    def divergences(self):
        """Of the vectors of categories and of those of numbers from their priors.

        The first is an estimate from the batch seen last in training, over the
        rows that train; the second a sum over all steps.
        """
        of_categories = 0.0 if self.embeddings is None else self.embeddings.divergence
        return of_categories, self.numeric_embeddings.divergence()

    def use_generator(self, generator):
        """Draw what training draws from this generator, which is on the network's device."""
        for module in self.modules():
            if hasattr(module, "generator"):
                module.generator = generator

    def to_arrays(self):
        """Weights as a dict of lists of float32 arrays; kernels are (n_in, n_out)."""
        embeddings = self.embeddings
        tables = [] if embeddings is None else embeddings.tables
        priors = [] if embeddings is None else embeddings.log_prior.split(embeddings.dims)
        layers = [*self.hidden, self.output]
        parameters = {
            "tables": [t.mean for t in tables],
            "log_deviations": [t.log_deviation for t in tables],
            "log_priors": priors,
            "steps": self.numeric_embeddings.steps,
            "log_step_deviations": self.numeric_embeddings.log_deviations,
            "kernels": [layer.weight.t() for layer in layers],
            "biases": [layer.bias for layer in layers],
        }
        return {
            name: [p.detach().cpu().numpy().copy() for p in several]
            for name, several in parameters.items()
        }

    @torch.no_grad()
    def load_arrays(self, weights):
        """Set the weights from arrays: attributes of the names that `to_arrays` gives them."""
        if self.embeddings is not None:
            own = zip(self.embeddings.tables, weights.tables, weights.log_deviations, strict=True)
            for table, mean, log_deviation in own:
                table.mean.copy_(torch.from_numpy(mean))
                table.log_deviation.copy_(torch.from_numpy(log_deviation))
            self.embeddings.log_prior.copy_(torch.cat([*map(torch.from_numpy, weights.log_priors)]))
        numbers = self.numeric_embeddings
        for column, array in zip(numbers.steps, weights.steps, strict=True):
            column.copy_(torch.from_numpy(array))
        for column, array in zip(numbers.log_deviations, weights.log_step_deviations, strict=True):
            column.copy_(torch.from_numpy(array))
        layers = [*self.hidden, self.output]
        for layer, kernel, bias in zip(layers, weights.kernels, weights.biases, strict=True):
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


class Dense(nn.Linear):
    """`torch.nn.Linear`, of whose inputs only the first `n_learned` may need a gradient."""

    def forward(self, x, n_learned=None):
        if n_learned is None:
            return super().forward(x)
        return FirstLinear.apply(x, self.weight, self.bias, n_learned)


class FirstLinear(torch.autograd.Function):
    """`F.linear` on learned values beside data, which needs no gradient."""

    @staticmethod
    def forward(ctx, x, weight, bias, n_learned):
        """As `F.linear`."""
        ctx.save_for_backward(x, weight)
        ctx.n_learned = n_learned
        return F.linear(x, weight, bias)

    @staticmethod
    def backward(ctx, gradient):
        """Gradients; that of x is zero for data."""
        x, weight = ctx.saved_tensors
        n = ctx.n_learned
        of_x = torch.zeros_like(x)
        torch.mm(gradient, weight[:, :n], out=of_x[:, :n])
        return of_x, gradient.t() @ x, gradient.sum(dim=0), None


def _dense(n_in, n_out, gain, generator):
    """Linear layer with weights of variance gain / n_in and zero bias."""
    layer = nn.utils.skip_init(Dense, n_in, n_out)
    with torch.no_grad():
        layer.weight.normal_(0, (gain / max(n_in, 1)) ** 0.5, generator=generator)
        layer.bias.zero_()
    return layer
