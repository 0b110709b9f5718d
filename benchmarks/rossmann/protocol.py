"""This module lays out the paper's table: its error and ours, without and with vectors."""

from ..report import NOTHING, digits, spread
from .bench import Bench
from .jobs import Jobs
from .models import OTHERS

# Their table for data ordered by time: without and with entity embeddings.
PAPER = {
    "k-nearest neighbours": (0.290, 0.116),
    "random forest": (0.158, 0.108),
    "gradient boosted trees": (0.152, 0.115),
    "network, mean of five": (0.101, 0.093),
}


def run(options):
    """Rows of the table: model, paper without and with, ours without and with."""
    bench = Bench(options)
    jobs = Jobs(bench, options)
    embedded = [jobs.network(seed) for seed in range(options.seeds)]
    recipes = [jobs.recipe(seed) for seed in range(options.seeds)]
    plain = [jobs.plain(seed) for seed in range(options.plain_seeds)]
    for name in OTHERS:
        vectors = [jobs.vectors(name, seed) for seed in range(options.vector_seeds)]
        integers = [jobs.integers(name)]
        yield name, *PAPER[name], _each(bench, integers), _each(bench, vectors)
    yield "network, one", None, None, _each(bench, plain), _each(bench, embedded)
    yield "paper's recipe, one", None, None, NOTHING, _each(bench, recipes)
    # The means are of as many networks each, or not comparable.
    averaged = _together(bench, plain) if len(plain) == len(embedded) else NOTHING
    label, number = "network, mean of five", f"mean of {len(embedded)}"
    without, with_vectors = PAPER[label]
    yield f"network, {number}", without, with_vectors, averaged, _together(bench, embedded)
    yield f"paper's recipe, {number}", None, with_vectors, NOTHING, _together(bench, recipes)


def _each(bench, jobs):
    return spread([bench.error(job) for job in jobs])


def _together(bench, jobs):
    return digits(bench.error_of_mean(jobs))
