"""AdamW for tables of any length."""

import torch


class AdamW(torch.optim.AdamW):
    """`torch.optim.AdamW` that also takes gradients that list rows.

    Of a parameter with such a gradient only the rows listed are touched, like
    `torch.optim.SparseAdam`: a row and its moments wait, unchanged, from one
    batch that holds it to the next. So a step costs the same however long the
    table is. There is no weight decay for such a parameter.
    """

    def decay_to_now(self, group):
        """Let the parameters of a group decay to what they are now, instead of 0."""
        group["origins"] = [parameter.detach().clone() for parameter in group["params"]]

    @torch.no_grad()
    def step(self, closure=None):
        """Update all parameters once; return the loss of the closure."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None and parameter.grad.is_sparse:
                    rows, summed = _summed(parameter.grad)
                    self._step_rows(parameter, rows, summed, group)
                    parameter.grad = None  # done: the others are left to torch
        super().step()
        for group in self.param_groups:
            if "origins" in group:
                back = group["lr"] * group["weight_decay"]
                for parameter, origin in zip(group["params"], group["origins"], strict=True):
                    parameter.add_(origin, alpha=back)
        return loss

    def _step_rows(self, parameter, rows, gradient, group):
        state = self.state[parameter]
        if not state:
            state["step"] = 0
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        state["step"] += 1
        beta1, beta2 = group["betas"]
        # Rows are set, not added to, as they may come several times.
        mean = state["exp_avg"].index_select(0, rows).lerp_(gradient, 1 - beta1)
        square = state["exp_avg_sq"].index_select(0, rows).lerp_(gradient.square(), 1 - beta2)
        state["exp_avg"].index_copy_(0, rows, mean)
        state["exp_avg_sq"].index_copy_(0, rows, square)
        # The bias corrections of Kingma & Ba (2015), algorithm 1.
        root = square.div_(1 - beta2 ** state["step"]).sqrt_().add_(group["eps"])
        step_size = group["lr"] / (1 - beta1 ** state["step"])
        moved = parameter.index_select(0, rows).add_(mean.div_(root), alpha=-step_size)
        parameter.index_copy_(0, rows, moved)


def _summed(gradient):
    """Rows that a gradient lists, and the sum of each one's gradients.

    On a GPU rows come as often as they are listed, each time with their sum: to find how many
    there are, one would have to wait for it.
    """
    if gradient.is_coalesced() or gradient.device.type == "cpu":
        gradient = gradient.coalesce()
        return gradient.indices()[0], gradient.values()
    return _sums_of_repeated(_indices(gradient)[0], _values(gradient))


def _indices(gradient):
    """Indices, some of them several times; torch documents the method in spite of its name."""
    return gradient._indices()


def _values(gradient):
    """The values that belong to `_indices`."""
    return gradient._values()


def _sums_of_repeated(rows, values):
    """Sort rows, and sum the values of each, without knowing how many differ."""
    rows, order = rows.sort()
    begins = torch.ones_like(rows)
    torch.ne(rows[1:], rows[:-1], out=begins[1:])
    run = begins.cumsum(0).sub_(1)
    sums = torch.zeros_like(values).index_add_(0, run, values.index_select(0, order))
    return rows, sums.index_select(0, run)
