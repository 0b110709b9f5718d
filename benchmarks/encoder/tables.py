"""This module lays the results of the encoder benchmark out as tables."""

import numpy as np

from ..report import (
    NOTHING,
    errors_by,
    excess,
    header,
    line,
    mean,
    mean_rank,
    seconds,
    spreads,
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
        yield from self._errors()
        yield "\n### Mean rank of each encoder in front of each model\n"
        yield from self._ranks()
        if {OURS, TARGET} <= set(self.encoders):
            yield "\n### Where TargetEncoder is better, by more than the spread over seeds\n"
            yield from list(self._losses(TARGET)) or ["Nowhere."]
        if OURS in self.encoders:
            yield "\n### Error of sk-entity over that of others, geometric mean over the tasks\n"
            yield from self._ratios()
        yield "\n### Seconds of fit_transform and transform, in all\n"
        yield from self._seconds()

    def _models(self):
        return [(k, model.label) for k, model in DOWNSTREAM.items() if k in self.errors.index]

    def _errors(self):
        labels = [ENCODERS[e].label for e in self.encoders]
        for model, label in self._models():
            yield f"\n### {label}\n"
            yield from header(["task", "rows", "error", *labels])
            for (size, task), errors in self.errors.loc[model].iterrows():
                yield line([task, size, self.first[task], *spreads(errors, self.rivals)])

    def _ranks(self):
        yield from header(["model", *(ENCODERS[e].label for e in self.rivals)])
        for model, label in self._models():
            ranks = self.errors.loc[model][self.rivals].map(mean).rank(axis=1)
            yield line([label, *(mean_rank(ranks[e]) for e in self.rivals)])

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

    def _ratios(self):
        others = [e for e in self.encoders if e != OURS]
        yield from header(["model", "rows", *(ENCODERS[e].label for e in others)])
        means = self.errors.map(mean)
        for (model, size), of_model in means.groupby(level=["model", "size"], sort=False):
            ratios = of_model[others].rdiv(of_model[OURS], axis=0)
            ratios = np.exp(np.log(ratios).mean())
            cells = ratios.map(lambda r: NOTHING if np.isnan(r) else f"{r:.3f}")
            yield line([DOWNSTREAM[model].label, size, *cells])

    def _seconds(self):
        runs = self.results.drop_duplicates(["size", "task", "seed", "encoder"])
        total = runs.groupby(["size", "encoder"])[["seconds", "cpu_seconds"]].sum()
        shown = [e for e in self.encoders if e != NATIVE]
        yield from header(["rows", *(ENCODERS[e].label for e in shown)])
        for size in dict.fromkeys(runs["size"]):
            both = total.loc[size].reindex(shown).itertuples(index=False)
            yield line([size, *(seconds(wall, cpu, decimals=0) for wall, cpu in both)])
