"""This module measures the machine's limit, and which share of it the library reaches.

The limit is the least time in which this machine can do the arithmetic of a row, or
move its bytes through memory, whichever takes longer.
"""

import statistics
import time

import torch

from ..report import say
from . import library
from .comparison import Comparison, rate
from .loops import BATCHES, own_epoch
from .made_up_tables import full_table
from .prediction import fitted
from .timing import alternate, timed

SHAPES = [(256, 147, 256), (1024, 147, 256), (1024, 256, 128), (1024,) * 3, (2048,) * 3]
# A step of training goes forward and twice backward.
PASSES = {"predict": 1, "training": 3}


def share_of_limit(options):
    """The limit's time over that of training and prediction."""
    n_rows = 2_000 if options.quick else 200_000
    coder, examples = library.rossmann_like(n_rows)
    limits = limits_of(library.network_for(coder, examples, library.DEFAULT), examples)
    works = {
        f"training, batch {batch}": own_epoch(coder, examples, "default", batch)
        for batch in BATCHES
    }
    works |= _predictions(n_rows)
    for name, seconds in alternate(works, options.runs).items():
        limit = limits["training" if name.startswith("training") else "predict"]
        say(f"{name}: {rate(statistics.median(seconds))}, the machine's limit is {rate(limit)}")
        shares = [100 * limit / s for s in seconds]
        yield Comparison(f"share of the machine's limit: {name}", "–", "", shares, " %")


def limits_of(network, examples):
    """Least seconds per row of prediction and of training."""
    peak, bandwidth = matrix_product_peak(), copy_bandwidth()
    say(f"matrix products {peak / 1e9:,.0f} GFLOP/s in float32, copy {bandwidth / 1e9:.1f} GB/s")
    forward, n_bytes = forward_flop(network), row_bytes(network, examples)
    limits = {}
    for work, n_passes in PASSES.items():
        arithmetic, memory = n_passes * forward / peak, n_bytes[work] / bandwidth
        say(
            f"{work}: {n_passes * forward / 1e6:.3f} MFLOP and {n_bytes[work]:,} bytes per row, "
            f"at least {1e9 * arithmetic:.0f} and {1e9 * memory:.0f} ns"
        )
        limits[work] = max(arithmetic, memory)
    return limits


def _predictions(n_rows):
    X, y = full_table(n_rows)
    model = fitted(X[: n_rows // 4], y[: n_rows // 4])
    coded = library.code_for(model, X)
    return {
        "predict, rows coded": timed(lambda: library.forward(model, coded), per=n_rows),
        "predict, from a DataFrame": timed(lambda: model.predict(X), per=n_rows),
    }


def forward_flop(network):
    """Two per weight of the dense layers."""
    return sum(2 * kernel.numel() for kernel in library.kernels(network))


def row_bytes(network, examples):
    """What must pass through memory for a row if all else stays in the cache.

    The coded row and its vectors; in training the target, means and deviations
    of the vectors, and the gradient of both.
    """
    row, vectors = library.row_bytes(examples), library.vector_bytes(network)
    return {"predict": row + vectors + library.FLOAT, "training": row + 4 * vectors + library.FLOAT}


def matrix_product_peak():
    """Floating-point operations per second, the most of several shapes."""
    best = 0.0
    for m, k, n in SHAPES:
        a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
        flop = 2 * m * k * n
        repeats = max(1, int(1e9 / flop))
        for _ in range(10):
            start = time.perf_counter()
            for _ in range(repeats):
                torch.mm(a, b, out=c)
            best = max(best, repeats * flop / (time.perf_counter() - start))
    return best


def copy_bandwidth():
    """Bytes read and written per second by a large copy."""
    source = torch.ones(2**26)
    copy = torch.empty_like(source)
    best = 0.0
    for _ in range(10):
        start = time.perf_counter()
        copy.copy_(source)
        best = max(best, 2 * library.FLOAT * source.numel() / (time.perf_counter() - start))
    return best
