"""This module encodes splits and fits the models behind the encoders."""

import functools
import time
from dataclasses import replace
from itertools import product

from ..report import progress
from ..scores import rounded
from ..store import Store, key_of, part_of
from ..tasks import TASKS
from ..versions import versions
from .downstream import DOWNSTREAM, errors_behind
from .encoders import ENCODERS, IN_SAMPLE, OURS

CAP = 20_000


@functools.cache
def capped(task):
    """The task with so many rows that encoders and models take minutes."""
    return replace(task, cap=CAP, test_cap=CAP)


class Run:
    """What the options ask for; results that are stored are not made again."""

    def __init__(self, options):
        self.options = options
        self.store = Store(options.results)

    def lines(self):
        """Lines of all results."""
        o = self.options
        for size in o.sizes:
            for name in o.tasks:
                if size == "full" and not TASKS[name].has_full:
                    continue
                for seed in range(o.seeds):
                    yield from self._on(size, name, seed)

    def _on(self, size, name, seed):
        task, inner = capped(TASKS[name]), self.options.inner
        split = task.split(size, seed, inner)
        where = key_of(task, size, seed, inner, split)
        for key in self.options.encoders:
            of_encoder = {**where, "encoder": key}
            stored = self._stored(of_encoder)
            if stored is None:
                yield from self._make(of_encoder, task, split, seed)
            else:
                yield from stored

    def _stored(self, where):
        """The lines of an encoder; None if there are none, or any is of other versions."""
        if self.options.rerun:
            return None
        found = [self.store.find(**where, model=model) for model in DOWNSTREAM]
        found = [line for line in found if line]
        same = all(line.get("version") == _version(where, line["model"]) for line in found)
        return found if found and same else None

    def _make(self, where, task, split, seed):
        """Encode once, then fit every model that reads the encoding.

        The lines are kept together when all are there: a run that is ended leaves no
        encoder behind that lacks some of its models.
        """
        start, cpu = time.perf_counter(), time.process_time()
        learn, test = ENCODERS[where["encoder"]].encode(task, seed, split)
        seconds = time.perf_counter() - start, time.process_time() - cpu
        lines = []
        behind = errors_behind(
            task, split, where["encoder"], (learn, test), seed, self.options.threads
        )
        for key, errors in behind:
            line = {
                **where,
                "model": key,
                "version": _version(where, key),
                "columns": learn.shape[1],
                "errors": rounded(errors),
                "seconds": round(seconds[0], 2),
                "cpu_seconds": round(seconds[1], 2),
            }
            lines.append(line)
        for line in lines:
            self.store.append(line)
        error = f"{task.metrics[0]} {errors[task.metrics[0]]:.5g} ({line['model']})"
        name = f"{where['task']}, {where['size']}, seed {seed}, {where['encoder']}"
        progress(f"{name}: {error}; {seconds[0]:.1f} s")
        return lines


def _version(where, model):
    """Of the packages that encode and of the one that learns."""
    return versions(*ENCODERS[where["encoder"]].packages, DOWNSTREAM[model].package)


def stored_lines(options):
    """What `Run` would show had it just measured the newest stored version of ours.

    No table is read and no model is run, whichever versions are installed.
    """
    store = Store(options.results)
    newest = store.find(part=part_of(options.inner), encoder=OURS)
    if newest is None:
        return
    code = newest["version"].split(", ")[0]
    last = {}
    for line in store.lines:
        if line["part"] != newest["part"] or "encoder" not in line:
            continue
        if line["encoder"] in (OURS, IN_SAMPLE) and not line["version"].startswith(code):
            continue
        last[tuple(line[k] for k in ("size", "task", "seed", "encoder", "model"))] = line
    for where in product(
        options.sizes, options.tasks, range(options.seeds), options.encoders, DOWNSTREAM
    ):
        if where in last:
            yield last[where]
