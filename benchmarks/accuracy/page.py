"""This module puts on a page what the accuracy benchmark found, for the screen or for the docs."""

from ..report import headline
from ..store import to_frame
from ..tasks import TASKS
from .models import OURS
from .models_apart import MODELS_APART
from .results import Results, Roles
from .run import EVERY_MODEL, under
from .tables import tables

NOTE = "<!-- Written by python -m benchmarks.accuracy --write, from the stored results. -->"
LINEAR = "tuned"


def page(options, lines):
    """The tables, what they were measured on, and with which versions."""
    labels = {key: model.label for key, model in EVERY_MODEL.items()}
    labels |= {under(tag): f"{labels[OURS]} ({tag})" for tag in options.compare}
    if options.tag:
        labels[OURS] += f" ({options.tag})"
    present = {line["model"] for line in lines}
    labels = {key: label for key, label in labels.items() if key in present}
    tasks = [TASKS[name] for name in TASKS if name in {line["task"] for line in lines}]
    yield headline(options.inner)
    yield from tables(Results(to_frame(lines), tasks, labels), roles(options, labels))
    versions = {f"{labels[line['model']]}: {line['version']}" for line in lines}
    threads = sorted({line["threads"] for line in lines})
    yield f"\n{'; '.join(sorted(versions))}. Threads: {', '.join(map(str, threads))}."


def roles(options, present):
    """Which of the models that are present play which part in the tables."""
    tags = options.compare if OURS in present else ()  # without an "after" there is no "before"
    return Roles(
        OURS,
        trees=tuple(key for key, model in EVERY_MODEL.items() if model.tree),
        linear=LINEAR,
        apart=tuple(MODELS_APART),
        before=tuple(under(tag) for tag in tags if under(tag) in present),
    )


def as_file(rows):
    """The text of a file that a page of the docs includes."""
    return "\n".join([NOTE, "", *rows]) + "\n"
