"""Dropout that is faster on a CPU than torch's own, and dense layers as they start."""

import torch
from torch import nn

# What a new tensor is. It is said each time, as programs change torch's defaults.
NEW = {"dtype": torch.float32, "device": "cpu"}


class Dropout(nn.Module):
    """`torch.nn.Dropout` drawing from a generator of its own, if it has one."""

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x):
        kept = self.draw(x) if self.training else None
        return x if kept is None else x * kept

    def draw(self, x):
        """Draw what to multiply each unit by: 0, or so much that the mean stays; None for ones."""
        if self.p == 0:
            return None
        # Sixteen random bits per unit; on a CPU several times as fast as bernoulli_.
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None, generator=self.generator)
        bits = words.view(torch.int16)[: x.numel()].view(x.shape)
        # Compared as floats: truth values would have to be converted, which is slow.
        keep = bits.to(x.dtype).ge_(round(self.p * 2**16) - 2**15)
        return keep.mul_(1 / (1 - self.p))


def dense(n_in, n_out, gain, generator):
    """Make a linear layer with weights of variance gain / n_in and zero bias."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out, **NEW)
    with torch.no_grad():
        layer.weight.normal_(0, (gain / max(n_in, 1)) ** 0.5, generator=generator)
        layer.bias.zero_()
    return layer
