"""This command measures how fast training, coding, lookup and prediction are, beside other tools.

    python -m benchmarks.speed                       # as in docs/benchmarks.md, about an hour
    python -m benchmarks.speed --only loop limit     # some rows of the table
    python -m benchmarks.speed --quick               # small tables: does it run?

Each line is a ratio within this run: sk-entity and the other tool take turns, after a
warm-up of each, and the table shows the median of the ratios and their range. The time
of sk-entity always includes what a user pays for it: skorch, callbacks, set-up.
pytabkit, fastai and pytorch_tabular have environments of their own, which are made on
demand in benchmarks/.envs or the folder that SK_ENTITY_ENVIRONMENTS names; --quick
leaves these three out unless --only names them.
"""

import argparse
import importlib
import os
import sys
import traceback

from ..report import NOTHING, header, say
from .comparison import COLUMNS, Comparison
from .machine import describe, warn_if_busy

# Imported when needed: the number of threads must be set before NumPy and torch are.
ROWS = {
    "loop": ("training", "against_loop"),
    "skorch": ("training", "against_skorch"),
    "realmlp": ("peers", "against_realmlp"),
    "libraries": ("peers", "against_tabular_libraries"),
    "cardinality": ("growth", "against_cardinality"),
    "rows": ("growth", "against_rows"),
    "coding": ("coding", "against_ordinal_encoder"),
    "transform": ("coding", "against_target_encoders"),
    "predict": ("prediction", "predict_many"),
    "one": ("prediction", "predict_one"),
    "import": ("importing", "import_time"),
    "gpu": ("gpu", "on_gpu"),
    "limit": ("roofline", "share_of_limit"),
}
IN_ENVIRONMENTS = ("realmlp", "libraries")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


def measure(name, options):
    """Lines of one row of the table; a row that breaks does not end the others."""
    module, function = ROWS[name]
    try:
        module = importlib.import_module(f".{module}", __package__)
        yield from getattr(module, function)(options)
    except Exception as error:
        traceback.print_exc()
        yield Comparison(name, NOTHING, note=f"failed: {type(error).__name__}")


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.speed", description=about)
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="NAME", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="small tables, one run")
    parser.add_argument("--runs", type=int, help="alternating runs, 5 if not given")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    options.runs = options.runs or (1 if options.quick else 5)
    if options.only is None:
        options.only = [n for n in ROWS if not (options.quick and n in IN_ENVIRONMENTS)]
    return options


def main(arguments=None):
    """Print what is measured as it comes, then the table as Markdown, then the machine."""
    options = parse(arguments)
    warn_if_busy()
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(options.threads)))
    lines = [line for name in options.only for line in measure(name, options)]
    say("")
    for line in (*header(COLUMNS), *lines, "", *describe(options.threads)):
        say(line)
    return int(any(line.note.startswith("failed") for line in lines))


if __name__ == "__main__":
    sys.exit(main())
