"""This module runs models on splits, and takes what is stored already from the file."""

import traceback

from ..environments import NotInstalledError
from ..report import progress
from ..scores import rounded, scores
from ..store import Store, key_of, part_of
from ..tasks import TASKS
from .models import MODELS, OURS
from .models_apart import MODELS_APART

EVERY_MODEL = {**MODELS, **MODELS_APART}
ALL_ROWS = ("all", 0, "claims", (OURS, "lightgbm", "catboost"))


def splits(options):
    """Size, seed and task of the splits that are asked for, and the models that run on each."""
    for size in options.sizes:
        for seed in range(options.seeds):
            for task in options.tasks:
                yield size, seed, task, EVERY_MODEL
    if options.all_rows:
        yield ALL_ROWS


class Run:
    """What the options ask for: the lines to show, made where they are not stored."""

    def __init__(self, options):
        self.options = options
        self.store = Store(options.results, options.also)
        self.tagged = Store(options.results, options.also_tagged)
        self.failed = False

    def lines(self):
        """Lines of all results; whatever is missing is run first."""
        for size, seed, name, models in splits(self.options):
            if size != "full" or TASKS[name].has_full:
                yield from self._on(size, seed, name, models)

    def _on(self, size, seed, name, models):
        """The lines of one split; of ours those under the tags to compare with, too."""
        task, inner = TASKS[name], self.options.inner
        split = task.split(size, seed, inner)
        where = key_of(task, size, seed, inner, split)
        for key in models:
            line = None
            if not (self.options.rerun and key in self.options.models):
                line = _find(self.store, where, key, self.options, EVERY_MODEL[key].version)
            if line is None and key in self.options.models:
                line = self._make(where, task, split, key)
            if line is not None:
                yield line
        yield from _under_tags(self.tagged, where, self.options)

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
            **_asked(key, self.options),
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


def stored_lines(options):
    """What `Run` would show had it just measured the newest stored version of ours.

    No table is read and no model is run, and whichever versions are installed here do
    not matter. So it can be checked that a page shows what is stored.
    """
    store, part = Store(options.results, options.also), part_of(options.inner)
    newest = store.find(part=part, model=OURS, **_asked(OURS, options))
    if newest is None:
        return
    for size, seed, name, models in splits(options):
        split = {"part": part, "task": name, "size": size, "seed": seed}
        versions = {OURS: newest["version"]}
        some = _find(store, split, OURS, options, versions[OURS]) or store.find(**split)
        if some is None:
            continue
        where = {**split, "rows": some["rows"]}
        for key in models:
            line = _find(store, where, key, options, versions.get(key))
            if line is not None:
                yield line
        yield from _under_tags(store, where, options)


def _asked(key, options):
    """What the options ask of a model: only ours has settings, and a name for them."""
    if key != OURS:
        return {"tag": ""}
    return {
        "tag": options.tag,
        "settings": {name: repr(value) for name, value in options.settings.items()},
    }


def _find(store, where, key, options, version=None):
    """The last line of a model on a split; without a version, of whichever it has."""
    same = {} if version is None else {"version": version}
    return store.find(**where, model=key, **_asked(key, options), **same)


def _under_tags(store, where, options):
    """Lines of ours under the tags to compare with, of whichever version and settings."""
    for tag in options.compare:
        line = store.find(**where, model=OURS, tag=tag)
        if line is not None:
            yield {**line, "model": under(tag)}


def under(tag):
    """The key of ours as it was under a tag."""
    return f"{OURS} {tag}"
