"""Tables of the encoder benchmark: errors by model behind the encoder, ranks, losses, cost."""

import numpy as np
from _encoders import DOWNSTREAM, ENCODERS, IN_SAMPLE, NATIVE, OURS
from _scores import header, line, spread
from _tasks import TASKS


class EncoderReport:
    """From a frame with a row per task, size, seed, encoder, model and metric."""

    def __init__(self, results, tasks):
        first = {name: TASKS[name].metrics[0] for name in tasks}
        self.results = results[results["metric"] == results["task"].map(first)]
        self.first = first
        self.encoders = [e for e in ENCODERS if e in set(results["encoder"])]
        self.errors = self.results.pivot_table(
            index=["model", "size", "task"], columns="encoder", values="error", aggfunc=list
        ).reindex(columns=self.encoders)
        self.rivals = [e for e in self.encoders if e != IN_SAMPLE]

    def render(self):
        """Every table as Markdown, line by line."""
        labels = [ENCODERS[e].label for e in self.encoders]
        for model, downstream in DOWNSTREAM.items():
            if model not in self.errors.index:
                continue
            yield f"\n#### {downstream.label}\n"
            yield from header(["task", "rows", "error", *labels])
            for (size, task), errors in self.errors.loc[model].iterrows():
                cells = [spread(e) for e in errors]
                best = errors[self.rivals].map(_mean).idxmin()
                at = self.encoders.index(best)
                cells[at] = f"**{cells[at]}**"
                yield line([task, size, self.first[task], *cells])
        yield "\n#### Mean rank of each encoder in front of each model\n"
        yield from self._ranks()
        if {OURS, "target"} <= set(self.encoders):
            yield "\n#### Where TargetEncoder is better, by more than the spread over seeds\n"
            yield from list(self._losses("target")) or ["Nowhere."]
        yield "\n#### Error of sk-entity over that of others, geometric mean over the tasks\n"
        yield from self._ratios()
        yield "\n#### Seconds of fit_transform and transform, in all\n"
        yield from self._seconds()

    def _ranks(self):
        yield from header(["model", *(ENCODERS[e].label for e in self.rivals)])
        for model, downstream in DOWNSTREAM.items():
            if model in self.errors.index:
                means = self.errors.loc[model][self.rivals].map(_mean)
                ranks = means.rank(axis=1)
                n = ranks.notna().sum()
                cells = [
                    ("–" if n[e] == 0 else f"{ranks[e].mean():.2f}")
                    + (f" of {n[e]} tasks" if 0 < n[e] < len(ranks) else "")
                    for e in self.rivals
                ]
                yield line([downstream.label, *cells])

    def _losses(self, other):
        for where, of_where in self.results.groupby(["model", "size", "task"], sort=False):
            by_seed = of_where.pivot_table(index="seed", columns="encoder", values="error")
            if not {OURS, other} <= set(by_seed):
                continue
            worse = (by_seed[OURS] - by_seed[other]).dropna()
            noise = worse.std() if len(worse) > 1 else 0.0
            if worse.mean() > noise:
                share, noise = worse.mean() / by_seed[other].mean(), noise / by_seed[other].mean()
                model, size, task = where
                yield (
                    f"- {task}, {size}, {DOWNSTREAM[model].label}: {share:.1%} (spread {noise:.1%})"
                )

    def _ratios(self):
        others = [e for e in self.encoders if e != OURS]
        yield from header(["model", "rows", *(ENCODERS[e].label for e in others)])
        means = self.errors.map(_mean)
        for (model, size), of_model in means.groupby(level=["model", "size"], sort=False):
            ratios = of_model[others].rdiv(of_model[OURS], axis=0)
            cells = np.exp(np.log(ratios).mean()).map(lambda r: "–" if np.isnan(r) else f"{r:.3f}")
            yield line([DOWNSTREAM[model].label, size, *cells])

    def _seconds(self):
        runs = self.results.drop_duplicates(["size", "task", "seed", "encoder"])
        total = runs.groupby(["size", "encoder"])[["seconds", "cpu_seconds"]].sum()
        shown = [e for e in self.encoders if e != NATIVE]
        yield from header(["rows", *(ENCODERS[e].label for e in shown)])
        for size in dict.fromkeys(runs["size"]):
            of_size = total.loc[size].reindex(shown)
            yield line(
                [size, *(f"{w:,.0f} ({c:,.0f})" for w, c in of_size.itertuples(index=False))]
            )


def _mean(errors):
    return np.mean(errors) if isinstance(errors, list) else np.nan
