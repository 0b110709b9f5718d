"""This module lays the results of the encoder benchmark out as tables."""

import numpy as np

from ..report import (
    NOTHING,
    errors_by,
    excess,
    folded,
    header,
    in_parts,
    line,
    mean,
    mean_rank,
    seconds,
    spreads,
    table,
)
from ..tasks import TASKS
from .downstream import DOWNSTREAM
from .encoders import ENCODERS, IN_SAMPLE, NATIVE, OURS, TARGET


class EncoderTables:
    """From a frame with a row per task, size, seed, encoder, model and metric."""

    def __init__(self, results, tasks):
        first = {name: TASKS[name].metrics[0] for name in tasks}
        self.results = results[results["metric"] == results["task"].map(first)]
        self.first = first
        self.encoders = [e for e in ENCODERS if e in set(results["encoder"])]
        self.errors = errors_by(self.results, ["model", "size", "task"], "encoder", self.encoders)
        # Without cross-fitting a row sees its own target twice.
        self.rivals = [e for e in self.encoders if e != IN_SAMPLE]

    def render(self):
        """Every table as Markdown, line by line."""
        yield "\n### Mean rank of each encoder in front of each model\n"
        yield from table(self._ranks())
        if OURS in self.encoders:
            for size in dict.fromkeys(self.results["size"]):
                title = f"Error of sk-entity over that of others, {size}"
                yield f"\n### {title}, geometric mean over the tasks\n"
                yield from table(self._ratios(size))
        yield "\n### Errors in front of each model"
        for model, label in self._models():
            yield from folded(label, self._errors(model))
        if {OURS, TARGET} <= set(self.encoders):
            yield "\n### Where TargetEncoder is better, by more than the spread over seeds\n"
            yield from list(self._losses(TARGET)) or ["Nowhere."]
        yield "\n### Seconds of fit_transform and transform, in all\n"
        yield from table(self._seconds())

    def _models(self):
        return [(k, model.label) for k, model in DOWNSTREAM.items() if k in self.errors.index]

    def _errors(self, model):
        errors = self.errors.loc[model]
        for size in errors.index.unique("size"):
            for part in in_parts(self.encoders, OURS):
                yield f"\n{DOWNSTREAM[model].label}, {size}:\n"
                yield from header(["task, error", *(ENCODERS[e].label for e in part)])
                for task, of_task in errors.loc[size].iterrows():
                    cells = dict(zip(self.encoders, spreads(of_task, self.rivals), strict=True))
                    yield line([f"{task}, {self.first[task]}", *(cells[e] for e in part)])

    def _ranks(self):
        ranks = {
            label: self.errors.loc[model][self.rivals].map(mean).rank(axis=1)
            for model, label in self._models()
        }
        yield ["encoder", *ranks]
        for encoder in self.rivals:
            of_models = [mean_rank(of_model[encoder]) for of_model in ranks.values()]
            yield [ENCODERS[encoder].label, *of_models]

    def _losses(self, other):
        for where, of_where in self.results.groupby(["model", "size", "task"], sort=False):
            by_seed = of_where.pivot_table(index="seed", columns="encoder", values="error")
            if not {OURS, other} <= set(by_seed):
                continue
            share, noise = excess(by_seed, OURS, other)
            if share > noise:
                model, size, task = where
                yield (
                    f"- {task}, {size}, {DOWNSTREAM[model].label}: {share:.1%} (spread {noise:.1%})"
                )

    def _ratios(self, size):
        others = [e for e in self.encoders if e != OURS]
        yield ["over that of", *(label for _, label in self._models())]
        means = self.errors.map(mean).xs(size, level="size")
        logs = np.log(means[others].rdiv(means[OURS], axis=0))
        ratios = np.exp(logs.groupby(level="model").mean())
        for encoder in others:
            of_models = [ratios.loc[model, encoder] for model, _ in self._models()]
            cells = [NOTHING if np.isnan(r) else f"{r:.3f}" for r in of_models]
            yield [ENCODERS[encoder].label, *cells]

    def _seconds(self):
        runs = self.results.drop_duplicates(["size", "task", "seed", "encoder"])
        total = runs.groupby(["size", "encoder"])[["seconds", "cpu_seconds"]].sum()
        sizes = list(dict.fromkeys(runs["size"]))
        yield ["encoder", *(f"{size}: by the clock, and of all threads" for size in sizes)]
        for encoder in self.encoders:
            if encoder != NATIVE:
                both = (total.reindex([(size, encoder)]).iloc[0] for size in sizes)
                yield [ENCODERS[encoder].label, *(seconds(*pair, decimals=0) for pair in both)]
