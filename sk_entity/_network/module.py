"""The network of Guo & Berkhahn (2016): embedding tables, dense layers, linear output.

Two things are younger than the paper: the rows of a table are distributions
under a learned prior, and numbers have vectors, too.

It knows counts and sizes, never a table of data. Randomness comes from an
explicit generator, so that torch's global state is neither read nor changed.
"""

import torch
from torch import nn

from .activations import ACTIVATIONS
from .bags import Bags
from .embeddings import EntityEmbeddings
from .layers import NEW, Dropout, dense
from .numeric_embeddings import NumericEmbeddings

# At once, in float32.
MOST_DERIVATIVES = 2**26


class EntityEmbeddingNetwork(nn.Module):
    """Vectors of categories and numbers beside the numbers, then dense layers.

    Parameters
    ----------
    row_counts, embedding_dims : sequence
        Of each table, see `EntityEmbeddings`.
    columns, n_bags
        Which column looks which table up, see `EntityEmbeddings`.
    edges : array-like of shape (n_scaled, n_bins + 1)
        Bins of the first columns of the numbers, see `NumericEmbeddings`.
    n_numerical : int
        Numbers: those with vectors, then indicators.
    hidden_layer_sizes : sequence of int
    initial_output : array-like of shape (n_outputs,)
        Bias of the last layer before training.
    activation : str, a key of `ACTIVATIONS`
    dropout, embedding_dropout : float
        Probability of zeroing a hidden unit; of masking a category.
    generator : torch.Generator or None
        For the initial weights; torch's own if None.
    priors : sequence of TablePrior or None
        Of the rows of each table, see `EntityEmbeddings`.

    Shape
    -----
    - categorical: ``(n, n_columns - n_bags)``, integers
    - numerical: ``(n, n_numerical)``
    - bags: `Bags` of each of the last columns
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
        columns=None,
        n_bags=0,
        activation="relu",
        dropout=0.0,
        embedding_dropout=0.0,
        generator=None,
        priors=None,
    ):
        super().__init__()
        self.embeddings = (
            EntityEmbeddings(
                row_counts,
                embedding_dims,
                columns=columns,
                n_bags=n_bags,
                embedding_dropout=embedding_dropout,
                generator=generator,
                priors=priors,
            )
            if len(embedding_dims)
            else None
        )
        self.numeric_embeddings = NumericEmbeddings(edges, generator=generator)
        self.activation = ACTIVATIONS[activation]
        n_vectors = sum(self.embeddings.dims) if self.embeddings else 0
        n_vectors += self.numeric_embeddings.out_features
        sizes = [n_vectors + n_numerical, *hidden_layer_sizes]
        self.hidden = nn.ModuleList(
            dense(n_in, n_out, 2.0, generator)
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.dropout = Dropout(dropout)
        self.output = dense(sizes[-1], len(initial_output), 1.0, generator)
        with torch.no_grad():
            self.output.bias.copy_(torch.as_tensor(initial_output, **NEW))

    def first_input(self, categorical, numerical, bags=()):
        """Look up what the first dense layer receives: vectors of both kinds, then the numbers."""
        vectors = [] if self.embeddings is None else [self.embeddings(categorical, bags)]
        return self.beside_numbers(vectors, numerical)

    def beside_numbers(self, vectors, numerical):
        """Put the vectors of numbers and the numbers behind those of categories."""
        scaled = numerical[:, : self.numeric_embeddings.n_columns]
        return torch.cat([*vectors, self.numeric_embeddings(scaled), numerical], dim=1)

    def forward(self, categorical, numerical, bags=()):
        return self._layers(self.first_input(categorical, numerical, bags))

    def rows_to_linearise(self, most):
        """Return for how many rows, up to `most`, to call `linearise`: derivatives are large."""
        widest = max(layer.in_features for layer in (*self.hidden, self.output))
        return min(most, max(1, MOST_DERIVATIVES // (widest * self.output.out_features)))

    @torch.no_grad()
    def linearise(self, x, n_first):
        """Compute the outputs and their derivatives by the first inputs, without dropout.

        Parameters
        ----------
        x : torch.Tensor of shape (n, n_in)
            What the first layer receives.
        n_first : int
            Inputs to differentiate by.

        Returns
        -------
        output : torch.Tensor of shape (n, n_outputs)
        jacobian : torch.Tensor of shape (n, n_outputs, n_first)
        """
        slopes = []
        for layer in self.hidden:
            before = layer(x)
            x, slope = self.activation.with_slope(before, torch.empty_like(before))
            slopes.append(slope.unsqueeze(1))
        layers = list(zip(self.hidden, slopes, strict=True))
        return self.output(x), self._jacobian(layers, len(x), n_first)

    def _jacobian(self, layers, n, n_first):
        """Derivatives of the outputs, from the side where there are fewer."""
        of_outputs = self.output.weight.detach()
        if layers and n_first < len(of_outputs):
            jacobian = layers[0][0].weight[:, :n_first].t().expand(n, -1, -1)
            for (_, slope), layer in zip(layers, [*self.hidden[1:], self.output], strict=True):
                jacobian = (jacobian * slope) @ layer.weight.t()
            return jacobian.transpose(1, 2)
        jacobian = of_outputs.expand(n, -1, -1)
        for layer, slope in reversed(layers):
            first = slice(n_first if layer is self.hidden[0] else None)
            jacobian = (jacobian * slope) @ layer.weight[:, first]
        return jacobian[:, :, :n_first]

    def _layers(self, x):
        for layer in self.hidden:
            x = self.dropout(self.activation(layer(x)))
        return self.output(x)

    def kl_divergences(self):
        """Return the divergences of the vectors of categories and of numbers from their priors.

        The first is an estimate from the batch seen last in training, over the
        rows that train; the second a sum over all steps.
        """
        of_categories = 0.0 if self.embeddings is None else self.embeddings.kl_divergence
        return of_categories, self.numeric_embeddings.kl_divergence()

    def use_generator(self, generator):
        """Let training draw from this generator, which is on the network's device."""
        for module in self.modules():
            if hasattr(module, "generator"):
                module.generator = generator


class PredictionModule(nn.Module):
    """A trained network with its output in the unit of the estimator.

    Parameters
    ----------
    network : EntityEmbeddingNetwork
    offset, scale : array-like of shape (n_outputs,) or ()
    exponential : bool
        ``offset + scale * exp(output)`` instead of ``offset + scale * output``.

    Shape
    -----
    - categorical: ``(n, n_columns)``, integers
    - numerical: ``(n, n_numerical)``
    - bags: ``(n, longest)`` for each column of lists, integers; -1 fills up on the right
    - Output: ``(n, n_outputs)``
    """

    def __init__(self, network, offset, scale, exponential):
        super().__init__()
        self.network = network
        self.exponential = exponential
        self.register_buffer("offset", torch.as_tensor(offset, device="cpu"))
        self.register_buffer("scale", torch.as_tensor(scale, device="cpu"))

    def forward(self, categorical, numerical, *bags):
        output = self.network(categorical, numerical, list(map(Bags.of_padded, bags)))
        return self.offset + self.scale * (output.exp() if self.exponential else output)
