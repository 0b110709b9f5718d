"""The least time that this machine needs, and which part of the measured time it is."""

import statistics
import time

import _speed_ours as ours
import torch
from _speed_measure import Line, alternate, rate, say, timed
from _speed_predict import fitted
from _speed_tables import full_table
from _speed_training import BATCHES, our_epoch

SHAPES = [(256, 147, 256), (1024, 147, 256), (1024, 256, 128), (1024,) * 3, (2048,) * 3]
FLOAT = 4


def fraction_of_floor(options):
    """Floating-point operations and bytes per row, at the speed that this machine reaches."""
    n_rows = 2_000 if options.quick else 200_000
    coder, examples = ours.rossmann_like(n_rows)
    network = ours.network_for(coder, examples, ours.DEFAULT)
    peak, bandwidth = matrix_product_peak(), copy_bandwidth()
    say(f"matrix products {peak / 1e9:,.0f} GFLOP/s in float32, copy {bandwidth / 1e9:.1f} GB/s")
    forward = forward_flop(network)
    n_bytes = row_bytes(network, examples)
    for work, factor in (("predict", 1), ("training", 3)):
        say(
            f"{work}: {factor * forward / 1e6:.3f} MFLOP and {n_bytes[work]:,} bytes per row, at "
            f"least {1e9 * factor * forward / peak:.0f} and {1e9 * n_bytes[work] / bandwidth:.0f} "
            "ns"
        )
    floors = {
        "predict": max(forward / peak, n_bytes["predict"] / bandwidth),
        "training": max(3 * forward / peak, n_bytes["training"] / bandwidth),
    }
    works = {
        f"training, batch {batch}": our_epoch(coder, examples, "default", batch)
        for batch in BATCHES
    }
    works |= _predictions(n_rows)
    for name, seconds in alternate(works, options.runs).items():
        floor = floors["training" if name.startswith("training") else "predict"]
        median = statistics.median(seconds)
        say(f"{name}: {rate(median)}, the floor allows {rate(floor)}")
        yield Line(
            f"fraction of the floor: {name}", "–", "", [100 * floor / s for s in seconds], " %"
        )


def _predictions(n_rows):
    X, y = full_table(n_rows)
    model = fitted(X[: n_rows // 4], y[: n_rows // 4])
    coded = ours.code_for(model, X)
    return {
        "predict, rows coded": timed(lambda: ours.forward(model, coded), per=n_rows),
        "predict, from a DataFrame": timed(lambda: model.predict(X), per=n_rows),
    }


def forward_flop(network):
    """Two per weight of the dense layers; a training step does three times as many."""
    layers = [p for name, p in network.named_parameters() if _is_kernel(name, p)]
    return sum(2 * p.numel() for p in layers)


def _is_kernel(name, parameter):
    return name.startswith(("hidden", "output")) and parameter.ndim == 2


def row_bytes(network, examples):
    """What must pass through memory for a row if all else stays in the cache.

    The coded row and its vectors; in training the target, means and deviations
    of the vectors, and the gradient of both.
    """
    row = examples.coded.categorical[0].nbytes + examples.coded.numerical[0].nbytes
    vectors = FLOAT * sum(network.to_arrays()["tables"][j].shape[1] for j in range(7))
    return {"predict": row + vectors + FLOAT, "training": row + 4 * vectors + FLOAT}


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
        best = max(best, 2 * FLOAT * source.numel() / (time.perf_counter() - start))
    return best
