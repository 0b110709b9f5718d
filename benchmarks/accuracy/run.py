"""This module runs models on splits, and takes what is stored already from the file."""

import traceback

from ..environments import NotInstalledError
from ..report import progress
from ..scores import rounded, scores
from ..store import Store, key_of
from ..tasks import TASKS
from .models import MODELS, OURS
from .models_apart import MODELS_APART

EVERY_MODEL = {**MODELS, **MODELS_APART}
ALL_ROWS = ("all", 0, "claims", (OURS, "lightgbm", "catboost"))


class Run:
    """What the options ask for: the lines to show, made where they are not stored."""

    def __init__(self, options):
        self.options = options
        self.store = Store(options.results, options.also)
        self.failed = False

    def lines(self):
        """Lines of all results; whatever is missing is run first."""
        o = self.options
        splits = [
            (size, seed, task) for size in o.sizes for seed in range(o.seeds) for task in o.tasks
        ]
        for where in splits:
            yield from self._on(*where, EVERY_MODEL)
        if o.all_rows:
            yield from self._on(*ALL_ROWS)

    def _on(self, size, seed, name, models):
        """The lines of one split; of ours those under the tags to compare with, too."""
        task, inner = TASKS[name], self.options.inner
        if size == "full" and not task.has_full:
            return
        split = task.split(size, seed, inner)
        where = key_of(task, size, seed, inner, split)
        for key in models:
            line = self._stored(where, key)
            if line is None and key in self.options.models:
                line = self._make(where, task, split, key)
            if line is not None:
                yield line
        for tag in self.options.compare:
            line = self.store.find(**where, model=OURS, tag=tag)
            if line is not None:
                yield {**line, "model": f"{OURS} {tag}"}

    def _stored(self, where, key):
        if key == OURS:
            fresh = OURS in self.options.models and not self.options.resume
            same = {"tag": self.options.tag, "version": EVERY_MODEL[key].version}
            return None if fresh else self.store.find(**where, model=key, **same)
        if self.options.rerun and key in self.options.models:
            return None
        version = EVERY_MODEL[key].version
        same = {} if version is None else {"version": version}
        return self.store.find(**where, model=key, **same)

    def _make(self, where, task, split, key):
        """Run the model and keep the result; one that breaks does not end the others."""
        settings = self.options.settings if key == OURS else {}
        name = f"{where['task']}, {where['size']}, seed {where['seed']}, {key}"
        try:
            outcome = EVERY_MODEL[key].run(
                task, split, where["seed"], self.options.threads, settings
            )
        except NotInstalledError as reason:
            progress(f"{name}: not measured: {reason}")
            return None
        except Exception:
            traceback.print_exc()
            progress(f"{name}: failed")
            self.failed = True
            return None
        errors = scores(task, split, outcome.predicted)
        line = {
            **where,
            "model": key,
            "tag": self.options.tag if key == OURS else "",
            "version": outcome.version,
            "threads": self.options.threads,
            "errors": rounded(errors),
            "fit_seconds": round(outcome.fit_seconds, 2),
            "cpu_seconds": round(outcome.cpu_seconds, 2),
            "predict_seconds": round(outcome.predict_seconds, 2),
        }
        self.store.append(line)
        shown = ", ".join(f"{metric} {errors[metric]:.5g}" for metric in task.metrics)
        progress(f"{name}: {shown}; {outcome.fit_seconds:.1f} s")
        return line
