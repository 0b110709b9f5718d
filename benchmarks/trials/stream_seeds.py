"""This script asks whether a stream errs more than the fit in memory, or only by its seed.

    python -m benchmarks.trials.stream_seeds
    python -m benchmarks.trials.stream_seeds --seeds 2

Rossmann's rows are split once (seed 1 of the tasks, 200,000 rows to learn from), and both ways
are fitted with the same random states, of which they draw different numbers. It takes a
quarter of an hour, and needs SK_ENTITY_DATA.
"""

import argparse
import statistics

from ..estimators import network, predict
from ..report import progress, say
from ..scale import quality
from ..scores import scores
from ..tasks import TASKS

TASK, SPLIT = "rossmann", 1
WAYS = {"memory": quality.in_memory, "stream": quality.stream}


def errors_of(fit, task, split, random_states):
    """The RMSE of fits that differ by their random state."""
    for random_state in random_states:
        model = fit(network(task, split.X, random_state, device="cpu"), split)
        error = scores(task, split, predict(model, task, split.X_test))["RMSE"]
        progress(f"{fit.__name__}, random_state={random_state}: {error:.4f}")
        yield error


def main(arguments=None):
    """Print mean and spread of both ways, and of their difference."""
    parser = argparse.ArgumentParser("python -m benchmarks.trials.stream_seeds")
    parser.add_argument("--seeds", type=int, default=12)
    options = parser.parse_args(arguments)
    task = TASKS[TASK]
    split = task.split("full", SPLIT)
    random_states = range(1, 10 * options.seeds, 10)
    found = {way: list(errors_of(fit, task, split, random_states)) for way, fit in WAYS.items()}
    for way, errors in found.items():
        say(f"{way}: {statistics.mean(errors):.4f} ± {statistics.stdev(errors):.4f}")
    apart = [b - a for a, b in zip(*found.values(), strict=True)]
    error = statistics.stdev(apart) / len(apart) ** 0.5
    say(f"difference: {statistics.mean(apart):.4f} ± {error:.4f} (of the mean)")


if __name__ == "__main__":
    main()
