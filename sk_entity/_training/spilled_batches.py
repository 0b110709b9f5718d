"""Batches of rows on disk: a part at a time is read and shuffled, while another is learned from."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from .batches import BATCHES_PER_GATHER, Rows
from .exchange import Exchange
from .spill import Spill


class SpilledRows(torch.utils.data.Dataset):
    """Rows on disk, as skorch passes them around.

    Parameters
    ----------
    spill : Spill
    device : str
    exchange : Exchange or None
        With the workers that take as many steps, each on rows of its own.

    Attributes
    ----------
    sizes : ndarray of int
        Rows of each part, of the worker that has most.
    """

    def __init__(self, spill: Spill, device: str, exchange: Exchange | None = None):
        self.spill, self.device = spill, device
        self.sizes = spill.sizes if exchange is None else exchange.largest(spill.sizes)

    def __len__(self):
        return len(self.spill)

    def some(self, n):
        """Take up to `n` rows; a part is a random sample of all."""
        return self.read(0).some(n)

    def read(self, part, order=None):
        """Read a part, in an order if one is given."""
        examples = self.spill.read(part)
        return Rows(examples if order is None else examples[order], self.device, mean_weight=1)

    def n_batches(self, batch_size):
        """Batches of an epoch; no batch holds rows of two parts."""
        return sum(self.batches_of(part, batch_size) for part in range(len(self.sizes)))

    def batches_of(self, part, batch_size):
        """Batches of a part, of equal length to one row."""
        return -(-int(self.sizes[part]) // batch_size)


class SpilledBatches:
    """Iterate over `SpilledRows` in batches, shuffled if given a seed.

    An epoch is a function of the seed and of its number alone, so that it can be begun
    in the middle.

    Parameters
    ----------
    dataset : SpilledRows
    batch_size : int
    seed : int or None

    Attributes
    ----------
    epoch, step : int
        The epoch to come or under way, from 0, and the batches that were given out.
    between : bool
        Whether the last one ended a group of batches that were prepared together.
    """

    def __init__(self, dataset, batch_size, seed=None):
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed
        self.prepare = None
        self.epoch = self.step = 0
        self.between = True

    def __len__(self):
        return self.dataset.n_batches(self.batch_size)

    def __iter__(self):
        order, skipped = self._order(len(self.dataset.sizes)), self.step
        first, n_before = 0, 0
        while first < len(order):
            n = self.dataset.batches_of(order[first], self.batch_size)
            if n_before + n > skipped:
                break
            first, n_before = first + 1, n_before + n
        with ThreadPoolExecutor(1) as reader:
            coming = [reader.submit(self._read, part) for part in order[first : first + 1]]
            for place in range(first, len(order)):
                rows = coming.pop().result()
                coming += [reader.submit(self._read, p) for p in order[place + 1 : place + 2]]
                yield from self._batches(rows, order[place], max(0, skipped - n_before))
                n_before = skipped
        self.epoch, self.step = self.epoch + 1, 0

    def _batches(self, rows, part, n_skipped):
        """Batches of a part but for the first ones, which are whole groups."""
        n_batches = self.dataset.batches_of(part, self.batch_size)
        ends = [len(rows) * (k + 1) // n_batches for k in range(n_batches)]
        for first in range(n_skipped, n_batches, BATCHES_PER_GATHER):
            of_group = ends[first : first + BATCHES_PER_GATHER]
            start = begin = ends[first - 1] if first else 0
            group = rows.slice(begin, of_group[-1])
            if self.prepare is not None:
                group.X = self.prepare(group.X)
            for end in of_group:
                self.step += 1
                self.between = end == of_group[-1]
                yield group[start - begin : end - begin]
                start = end

    def _read(self, part):
        order = None
        if self.seed is not None:
            rng = np.random.default_rng([self.seed, self.epoch, 1 + part])
            order = rng.permutation(self.dataset.spill.sizes[part])
        return self.dataset.read(part, order)

    def _order(self, n_parts):
        parts = np.arange(n_parts)
        if self.seed is not None:
            np.random.default_rng([self.seed, self.epoch, 0]).shuffle(parts)
        return [int(part) for part in parts if self.dataset.sizes[part]]
