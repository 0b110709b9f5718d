"""This script measures how wrong the ranks of numbers are that a stream sums up.

    python -m benchmarks.trials.quantiles

Two million numbers of each kind come in a hundred batches. Shown is by how much the rank of a
quantile is wrong at most, over a thousand levels.
"""

import numpy as np

from ..speed.library import Distribution

N, N_BATCHES = 2_000_000, 100


def kinds(rng):
    """Numbers of several kinds, by name."""
    normal = rng.normal(size=N)
    yield "normal", normal, None
    yield "sorted", np.sort(normal), None
    yield "long tail", np.exp(3 * normal), None
    yield "half zeros", np.where(rng.random(N) < 0.5, 0.0, normal), None
    yield "whole numbers", rng.integers(0, 100_000, N).astype(float), None
    yield "weighted", normal, rng.exponential(size=N) * np.where(normal > 0, 10, 1)


def wrong_by(values, weight):
    """The largest error of a rank."""
    total = Distribution()
    for part in np.array_split(np.arange(N), N_BATCHES):
        total.add(values[part], None if weight is None else weight[part])
    points, mass = total.masses()
    levels = np.linspace(0.001, 0.999, 999)
    # As `NumericScaler` finds the quartiles.
    found = points[np.searchsorted(np.cumsum(mass) / mass.sum(), levels)]
    order = np.argsort(values)
    ordered = values[order]
    cumulated = np.append(0, np.cumsum(np.ones(N) if weight is None else weight[order]))
    low, high = (
        cumulated[np.searchsorted(ordered, found, side)] / cumulated[-1]
        for side in ("left", "right")
    )
    # A value that many rows have covers all ranks from the first to the last of them.
    return np.maximum(0, np.maximum(low - levels, levels - high)).max(), len(points)


def main():
    """Print a table."""
    print(f"{'numbers':15} {'ranks wrong by':>15} {'points':>8}")
    for name, values, weight in kinds(np.random.default_rng(0)):
        error, n_points = wrong_by(values, weight)
        print(f"{name:15} {error:>15.3%} {n_points:>8}")


if __name__ == "__main__":
    main()
