"""Rows are held as whole tensors, and batches are slices of them, with no per-row Python."""

import copy
import math

import numpy as np
import torch

from .._network.arrays import bags_of_arrays
from .ordered_draws import OrderedDraws

# Gathered at once: one gather per batch takes longer, one per epoch a copy of the table. Of large
# batches fewer, so that what is gathered and prepared stays small beside the table.
BATCHES_PER_GATHER = 64
MOST_ROWS_PER_GATHER = 2**19


class Rows(torch.utils.data.Dataset):
    """Examples as whole tensors on the device of the network.

    Parameters
    ----------
    examples : Examples
    device : str
    mean_weight : float or None
        The unit of weights; None for the mean of these.
    """

    def __init__(self, examples, device, mean_weight=None):
        arrays = {
            "categorical": examples.coded.categorical,
            "numerical": examples.coded.numerical,
        }
        weight = examples.sample_weight
        if weight is not None:
            # With mean 1 the learning rate means the same with and without weights.
            unit = weight.mean() if mean_weight is None else mean_weight
            arrays["sample_weight"] = (weight / unit).astype(np.float32)
        self.X = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
        if examples.coded.bags:
            self.X["bags"] = bags_of_arrays(examples.coded.bags).to(device)
        self.y = torch.from_numpy(examples.target).to(device)
        self.ordered = None
        if examples.ordered is not None:
            self.ordered = OrderedDraws(examples.ordered, device)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, rows):
        """Take the rows of a slice, without a copy."""
        return {name: tensor[rows] for name, tensor in self.X.items()}, self.y[rows]

    def some(self, n):
        """Take up to `n` rows, evenly spaced."""
        return self[:: max(1, math.ceil(len(self) / n))]

    def slice(self, start, stop):
        """Take rows one after another, without a copy."""
        taken = copy.copy(self)
        taken.X, taken.y = self[start:stop]
        return taken

    def n_batches(self, batch_size):
        """Batches of an epoch."""
        return math.ceil(len(self) / batch_size)

    def draw_encodings(self, generator):
        """Set the ordered target encodings, if there are any, to those of a new order."""
        if self.ordered is None:
            return
        drawn = self.ordered.draw(_random_order(len(self), generator))
        self.X["numerical"][:, : drawn.shape[1]] = drawn.to(self.y.device)

    def take(self, rows):
        """Copy the rows at these positions, a tensor."""
        taken = copy.copy(self)
        taken.X = {name: tensor.index_select(0, rows) for name, tensor in self.X.items()}
        taken.y = self.y.index_select(0, rows)
        return taken


class Batches:
    """Iterate over `Rows` in batches, shuffled if given a generator.

    Parameters
    ----------
    dataset : Rows
    batch_size : int
    generator : torch.Generator or None
        On the device of the rows.
    """

    def __init__(self, dataset, batch_size, generator=None):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.prepare = None

    def __len__(self):
        return self.dataset.n_batches(self.batch_size)

    def __iter__(self):
        if self.generator is None:
            yield from self._slices(self.dataset)
            return
        self.dataset.draw_encodings(self.generator)
        order = _random_order(len(self.dataset), self.generator)
        n_batches = min(BATCHES_PER_GATHER, max(1, MOST_ROWS_PER_GATHER // self.batch_size))
        for rows in order.split(self.batch_size * n_batches):
            taken = self.dataset.take(rows)
            if self.prepare is not None:
                taken.X = self.prepare(taken.X)
            yield from self._slices(taken)

    def _slices(self, rows):
        for start in range(0, len(rows), self.batch_size):
            yield rows[start : start + self.batch_size]


def _random_order(n_rows, generator):
    """A permutation, drawn where the generator is."""
    return torch.randperm(n_rows, generator=generator, device=generator.device)
