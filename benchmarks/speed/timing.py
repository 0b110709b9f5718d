"""This module times functions in turns, so that what else the machine does meets all of them."""

import gc
import statistics
import time


def timed(function, per=1, clock=None):
    """A callable that runs the function and returns its seconds, divided by `per`.

    The clock is that of the wall; `time.process_time` counts what the process works.
    """
    clock = clock or time.perf_counter

    def seconds():
        gc.collect()
        start = clock()
        function()
        return (clock() - start) / per

    return seconds


def alternate(works, runs, warm_up=True):
    """Run callables in turn, forwards, backwards, and so on, after a first call of each.

    Returns a list of `runs` results per callable, by its key.
    """
    results = {key: [] for key in works}
    order = list(works)
    if warm_up:
        for work in works.values():
            work()
    for _ in range(runs):
        for key in order:
            results[key].append(works[key]())
        order.reverse()
    return results


def ratio(own, other, runs=5):
    """How many times faster the first is, run by run, and the median seconds of both."""
    seconds = alternate({"own": own, "other": other}, runs)
    ratios = [b / a for a, b in zip(seconds["own"], seconds["other"], strict=True)]
    return ratios, statistics.median(seconds["own"]), statistics.median(seconds["other"])
