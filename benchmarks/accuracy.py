"""Errors of the default network beside what people would use instead, on nine tasks.

    python benchmarks/accuracy.py                       # everything; takes hours
    python benchmarks/accuracy.py --inner --models ours --tag wider --set dropout=0.2
    python benchmarks/accuracy.py --tasks adult salaries --sizes small --seeds 1

Every model learns from the same rows with its own defaults; _tasks.py says which
rows test, _models.py what a model is. "small" has 2,000 rows to learn from, "full"
up to 50,000 (Rossmann 200,000). Each result is appended to a file at once. Results
of other models are taken from there if model, version and rows are the same; ours
are made anew unless --resume. RealMLP and TabM have an environment of their own and
take hours: they run only if named or --slow, and what is stored of them is shown:

    python benchmarks/accuracy.py --models realmlp tabm --results benchmarks/results/slow.jsonl

--inner scores on rows split off from those to learn from: this is for choosing
settings. It reads, makes and prints no result on the rows that test.
"""

import argparse
import ast
import os
import sys
import traceback
from pathlib import Path

import torch
from _environments import NotInstalledError
from _models import MODELS, OURS
from _models_apart import MODELS_APART
from _scores import Report, scores
from _store import STORED, Store, to_frame
from _tasks import TASKS
from threadpoolctl import threadpool_limits

SIZES = ("full", "small")
EVERY_MODEL = {**MODELS, **MODELS_APART}
CACHE = Path(__file__).parents[1] / "output" / "accuracy.jsonl"
ALL_ROWS = ("all", 0, "claims", (OURS, "lightgbm", "catboost"))


class Run:
    """What the options ask for: the lines to show, made where they are not stored."""

    def __init__(self, options):
        self.options = options
        self.part = "inner" if options.inner else "test"
        self.store = Store(options.results, options.also)
        self.failed = False

    def lines(self):
        """Lines of all results; whatever is missing is run first."""
        o = self.options
        splits = [
            (size, seed, task) for size in o.sizes for seed in range(o.seeds) for task in o.tasks
        ]
        for where in splits:
            yield from self._on(*where, o.shown)
        if o.all_rows:
            yield from self._on(*ALL_ROWS)

    def _on(self, size, seed, name, models):
        """The lines of one split; of ours those under the tags to compare with, too."""
        task = TASKS[name]
        split = (task.inner if self.options.inner else task.split)(size, seed)
        where = {"part": self.part, "task": name, "size": size, "seed": seed}
        where["rows"] = split.checksum
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
            _say(f"{name}: not measured: {reason}")
            return None
        except Exception:
            traceback.print_exc()
            _say(f"{name}: failed")
            self.failed = True
            return None
        errors = scores(task, split, outcome.predicted)
        line = {
            **where,
            "model": key,
            "tag": self.options.tag if key == OURS else "",
            "version": outcome.version,
            "threads": self.options.threads,
            "errors": {metric: round(float(e), 6) for metric, e in errors.items()},
            "fit_seconds": round(outcome.fit_seconds, 2),
            "cpu_seconds": round(outcome.cpu_seconds, 2),
            "predict_seconds": round(outcome.predict_seconds, 2),
        }
        self.store.append(line)
        shown = ", ".join(f"{metric} {errors[metric]:.5g}" for metric in task.metrics)
        _say(f"{name}: {shown}; {outcome.fit_seconds:.1f} s")
        return line


def _say(text):
    print(text, file=sys.stderr, flush=True)


def show(run, lines):
    """The tables, what they were measured on, and with which versions."""
    options = run.options
    where = "VALIDATION rows, split off from those to learn from" if options.inner else "test rows"
    print(f"Errors on {where}; lower is better.")
    labels = {key: EVERY_MODEL[key].label for key in options.shown}
    for tag in options.compare:
        labels[f"{OURS} {tag}"] = f"{labels[OURS]} ({tag})"
    if options.tag:
        labels[OURS] += f" ({options.tag})"
    present = {line["model"] for line in lines}
    labels = {key: label for key, label in labels.items() if key in present}
    trees = [key for key, model in EVERY_MODEL.items() if model.tree]
    tasks = [TASKS[name] for name in TASKS if name in {line["task"] for line in lines}]
    report = Report(to_frame(lines), tasks, labels, OURS, trees, "linear")
    for line in report.render():
        print(line)
    versions = {f"{labels[line['model']]}: {line['version']}" for line in lines}
    threads = sorted({line["threads"] for line in lines})
    print(f"\n{'; '.join(sorted(versions))}. Threads: {', '.join(map(str, threads))}.")


def _setting(text):
    key, _, value = text.partition("=")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK")
    add(
        "--models",
        nargs="+",
        choices=EVERY_MODEL,
        metavar="MODEL",
        help="to run; others are shown if stored",
    )
    add("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    add("--seeds", type=int, default=3)
    add("--threads", type=int, default=os.cpu_count())
    add("--inner", action="store_true", help="score on rows split off from those to learn from")
    add("--all-rows", action="store_true", help="also all rows of the claims, once, three models")
    add("--slow", action="store_true", help="run RealMLP and TabM too, where they are not stored")
    add("--rerun", action="store_true", help="do not take results of other models from the file")
    add("--resume", action="store_true", help="take results of ours from the file, too")
    add("--tag", default="", help="a name for these results of ours")
    add("--compare", nargs="+", default=[], metavar="TAG", help="show stored results of ours, too")
    add(
        "--set",
        nargs="+",
        default=[],
        type=_setting,
        dest="settings",
        metavar="NAME=VALUE",
        help="settings of ours; needs --tag",
    )
    add("--results", type=Path, default=CACHE, help="the file to append to")
    add("--also", nargs="+", type=Path, default=[], help="further files to take results from")
    options = parser.parse_args()
    options.settings = dict(options.settings)
    if options.settings and not options.tag:
        parser.error("--set needs --tag: the table is of the defaults.")
    options.models = options.models or [*MODELS, *(MODELS_APART if options.slow else ())]
    options.shown = list(EVERY_MODEL)
    options.also = [*sorted(STORED.glob("*.jsonl")), *options.also]
    return options


def main():
    """Progress to stderr, tables to stdout."""
    options = parse()
    torch.set_num_threads(options.threads)
    run = Run(options)
    with threadpool_limits(options.threads):
        lines = list(run.lines())
    if lines:
        show(run, lines)
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
