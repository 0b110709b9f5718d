"""Workers that train one network together exchange what their batches say of it.

Each worker has the whole network and a batch of its own. In a step they exchange three times:

1. an all-gather of a few sums, before the gradients: rows of each batch, its loss and its
   residuals, and how many rows of the tables it has reached. So all divide by the same;
2. an all-gather of the rows of the tables that were reached, with their gradients;
3. an all-reduce of the gradients of all that every row reaches: layers, steps of numbers and
   widths of priors, in one piece.

Together they are the gradient of one step on the rows of all batches. Every worker adds in the
same order, so that all end with the same bits.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.distributed as dist

BYTES_OF_A_SUM, BYTES_OF_A_NUMBER = 8, 4


class Sums(NamedTuple):
    """What the batches of all workers sum up to.

    Attributes
    ----------
    n_rows : int
    loss : torch.Tensor
        The mean over these rows.
    residual, weight : torch.Tensor
        Of the rows that count for the dispersion, residuals times weights and the weights.
    """

    n_rows: int
    loss: torch.Tensor
    residual: torch.Tensor
    weight: torch.Tensor


class Exchange:
    """Connects the worker to all others; each method is called by all of them, in this order.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup or None
        None stands for the default group.
    report : callable or None
        Called with the path of a checkpoint by all workers, after the first one has written it.

    Attributes
    ----------
    n_workers, rank : int
    n_rows : int
        Of the batches of all workers, in this step.
    bytes_sent : int
        By this worker in its last step, without the headers of the network.
    bytes_in_all : int
        By this worker so far.
    reached : list of int
        Rows of each stack of tables that the worker which reached most has reached, in this step.
    """

    def __init__(self, group: Any = None, report: Callable[[Path], None] | None = None):
        self.report = report
        self.group = dist.group.WORLD if group is None else group
        self.n_workers, self.rank = self.group.size(), self.group.rank()
        self.n_rows = self.bytes_sent = self.bytes_in_all = 0
        self.reached: list[int] = []

    def begin_step(
        self,
        n_rows: int,
        loss: torch.Tensor,
        residual: torch.Tensor,
        weight: torch.Tensor,
        stacks: Iterable[Any] = (),
        looked_up: Iterable[torch.Tensor] = (),
    ) -> Sums:
        """Find what all batches together have.

        Parameters
        ----------
        n_rows : int
            Of the batch of this worker.
        loss : torch.Tensor
            Its mean over the batch.
        residual, weight : torch.Tensor
            See `Sums`.
        stacks : iterable of StackedTables
        looked_up : iterable of torch.Tensor
            The rows of each stack that the batch has looked up, some of them several times.
        """
        self.bytes_before = self.bytes_in_all
        self.stacks = list(stacks)
        self.gathered: list[bool] = []
        self.own = [_distinct(rows, s) for rows, s in zip(looked_up, self.stacks, strict=True)]
        sums = [
            torch.tensor(float(n_rows), dtype=torch.float64, device=loss.device),
            loss.double() * n_rows if n_rows else loss.new_zeros((), dtype=torch.float64),
            residual.double(),
            weight.double(),
        ]
        reached = loss.new_tensor([len(rows) for rows, _ in self.own], dtype=torch.float64)
        found = self._gather(torch.cat([torch.stack(sums), reached]))
        self.sizes = found[:, 4:].long().tolist()
        self.reached = [max(sizes) for sizes in zip(*self.sizes, strict=True)]
        total = torch.stack([column.sum() for column in found[:, :4].unbind(1)])
        self.n_rows = int(total[0])
        mean = (total[1] / self.n_rows).to(loss.dtype)
        return Sums(self.n_rows, mean, total[2].to(residual.dtype), total[3].to(weight.dtype))

    def gather_tables(
        self, gradients: Sequence[torch.Tensor]
    ) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Collect the gradients of the rows of tables from all workers.

        Parameters
        ----------
        gradients : sequence of torch.Tensor of shape (n_looked_up, 2 * width)
            Of each stack, of the rows as they were looked up.

        Returns
        -------
        list of (rows, gradients)
            Of each stack. A stack that is cheaper to reduce as a whole has its own only.
        """
        self.gathered = [
            is_gathered(len(s.weight), s.weight.shape[1], n, s.sparse, self.n_workers)
            for s, n in zip(self.stacks, self.reached, strict=True)
        ]
        own = [
            (rows, of_rows.new_zeros(len(rows), of_rows.shape[1]).index_add_(0, place, of_rows))
            for (rows, place), of_rows in zip(self.own, gradients, strict=True)
        ]
        gathered = [k for k, yes in enumerate(self.gathered) if yes]
        if not gathered:
            return own
        blocks = [self._block(*own[k], self.reached[k]) for k in gathered]
        received = self._gather(torch.cat([block.flatten() for block in blocks]))
        parts = received.split([block.numel() for block in blocks], dim=1)
        for k, block, of_workers in zip(gathered, blocks, parts, strict=True):
            of_workers = of_workers.reshape(self.n_workers, *block.shape)
            numbers = [sizes[k] for sizes in self.sizes]
            filled = torch.cat([part[:n] for part, n in zip(of_workers, numbers, strict=True)])
            rows = filled[:, 0].contiguous().view(_integer(filled)).long()
            own[k] = rows, filled[:, 1:]
        return own

    def _block(self, rows, of_rows, n_rows):
        """Rows beside their gradients, filled up below to what all workers send."""
        block = of_rows.new_zeros(n_rows, 1 + of_rows.shape[1])
        # The numbers of rows travel bit for bit in the type of the gradients.
        block[: len(rows), 0] = rows.to(_integer(block)).view(block.dtype)
        block[: len(rows), 1:] = of_rows
        return block

    def reduce(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Add up the gradients of all parameters but tables that were gathered."""
        pairs = zip(self.stacks, self.gathered, strict=True)
        done = {id(stack.weight) for stack, gathered in pairs if gathered}
        reduced = [p for p in parameters if p.grad is not None and id(p) not in done]
        bucket = torch.cat([p.grad.flatten() for p in reduced])
        dist.all_reduce(bucket, group=self.group)
        n_bytes = bucket.numel() * bucket.element_size()
        self.bytes_in_all += bytes_of_reduction(n_bytes, self.n_workers)
        parts = bucket.split([p.numel() for p in reduced])
        for parameter, part in zip(reduced, parts, strict=True):
            parameter.grad = part.view_as(parameter)
        self.bytes_sent = self.bytes_in_all - self.bytes_before

    def everything(self, value: Any) -> list[Any]:
        """Collect an object, which can be pickled, from each worker."""
        found: list[Any] = [None] * self.n_workers
        dist.all_gather_object(found, value, group=self.group)
        return found

    def sum(self, *values: float) -> list[float]:
        """Add numbers up over the workers."""
        found = self._gather(torch.tensor(values, dtype=torch.float64, device="cpu"))
        return [float(column.sum()) for column in found.unbind(1)]

    def mean(self, value: float, weight: float) -> float:
        """Average over the workers; a worker of weight 0 has no part."""
        total, weights = self.sum(value * weight if weight else 0.0, weight)
        return total / weights

    def largest(self, values: np.ndarray) -> np.ndarray:
        """Find the largest of the numbers of all workers, integers, at each place."""
        found = self._gather(torch.as_tensor(values, dtype=torch.int64, device="cpu"))
        return found.amax(dim=0).numpy()

    def _gather(self, own):
        """Tensors of one length from all workers, one below the other."""
        found = own.new_empty(self.n_workers, *own.shape)
        dist.all_gather(list(found.unbind(0)), own, group=self.group)
        self.bytes_in_all += (self.n_workers - 1) * own.numel() * own.element_size()
        return found


def bytes_per_step(
    n_dense: int,
    tables: Sequence[tuple[int, int, bool]],
    reached: Sequence[int],
    n_workers: int,
) -> int:
    """Compute how many bytes a worker sends in a step.

    Parameters
    ----------
    n_dense : int
        Parameters of layers, steps of numbers and widths of priors.
    tables : sequence of (n_rows, n_columns, sparse)
        Of each stack of tables: its rows, the numbers of a row (means and deviations), and
        whether its gradient lists rows.
    reached : sequence of int
        Rows of each stack that a batch reaches, of the worker that reaches most.
    n_workers : int
    """
    n_sent = 0
    for (n_rows, n_columns, sparse), n in zip(tables, reached, strict=True):
        if is_gathered(n_rows, n_columns, n, sparse, n_workers):
            n_sent += n * (1 + n_columns)
        else:
            n_dense += n_rows * n_columns
    sums = BYTES_OF_A_SUM * (4 + len(tables))
    gathered = (n_workers - 1) * (sums + BYTES_OF_A_NUMBER * n_sent)
    return gathered + bytes_of_reduction(BYTES_OF_A_NUMBER * n_dense, n_workers)


def bytes_of_reduction(n_bytes: int, n_workers: int) -> int:
    """Compute what a worker sends in a ring: parts to add up, then sums (Patarasu & Yuan 2009)."""
    return 2 * (n_workers - 1) * n_bytes // n_workers


def is_gathered(n_rows: int, n_columns: int, reached: int, sparse: bool, n_workers: int) -> bool:
    """Whether rows and their gradients take fewer bytes than the gradient of the table."""
    return sparse or n_workers * reached * (1 + n_columns) < 2 * n_rows * n_columns


def _distinct(rows, stack):
    """The distinct ones of rows, and the place of each among them."""
    if stack.sparse:
        return torch.unique(rows, return_inverse=True)
    # Without sorting, as there are few.
    place = torch.zeros(len(stack.weight), dtype=torch.long, device=rows.device)
    place[rows] = 1
    distinct = place.nonzero()[:, 0]
    place[distinct] = torch.arange(len(distinct), device=rows.device)
    return distinct, place[rows]


def _integer(tensor):
    """The integer type of the same width."""
    return torch.int64 if tensor.element_size() == 8 else torch.int32
