"""How fast training, coding, lookup and prediction are: ours beside the tools beside it.

    python benchmarks/speed.py                       # as in docs/benchmarks.md, about an hour
    python benchmarks/speed.py --only loop floor     # some rows of the table
    python benchmarks/speed.py --quick               # small tables: does it run?

Each line is a ratio within this run: ours and theirs take turns, after a warm-up of
each, and the table shows the median of the ratios and their range. Ours always
includes what a user pays for it: skorch, callbacks, set-up. pytabkit, fastai and
pytorch_tabular have environments of their own, which are made on demand in
benchmarks/.envs or the folder that SK_ENTITY_ENVIRONMENTS names; --quick leaves
these three out unless --only names them.
"""

import argparse
import importlib
import os
import platform
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from _speed_measure import Line, say

# Imported when needed: the number of threads must be set before NumPy and torch are.
ROWS = {
    "loop": ("_speed_training", "against_loop"),
    "skorch": ("_speed_training", "against_skorch"),
    "realmlp": ("_speed_peers", "against_realmlp"),
    "libraries": ("_speed_peers", "against_tabular_libraries"),
    "cardinality": ("_speed_cost", "against_cardinality"),
    "rows": ("_speed_cost", "against_rows"),
    "coding": ("_speed_coding", "against_ordinal_encoder"),
    "transform": ("_speed_coding", "against_target_encoders"),
    "predict": ("_speed_predict", "predict_many"),
    "one": ("_speed_predict", "predict_one"),
    "import": ("_speed_predict", "import_time"),
    "gpu": ("_speed_training", "on_gpu"),
    "floor": ("_speed_floor", "fraction_of_floor"),
}
IN_ENVIRONMENTS = ("realmlp", "libraries")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
PACKAGES = (
    "sk-entity",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "skorch",
    "pandas",
    "polars",
    "lightgbm",
    "category_encoders",
)


def measure(name, options):
    """Lines of one row of the table; a row that breaks does not end the others."""
    module, function = ROWS[name]
    try:
        yield from getattr(importlib.import_module(module), function)(options)
    except Exception as error:
        traceback.print_exc()
        yield Line(name, "–", note=f"failed: {type(error).__name__}")


def machine(options):
    """Processor, cores and versions, a line each."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((ln.split(": ")[1] for ln in lines if ln.startswith("model name")), cpu)
    yield f"{cpu}, {os.cpu_count()} cores, {options.threads} threads used, {platform.system()}"
    yield ", ".join([f"Python {platform.python_version()}", *filter(None, map(_version, PACKAGES))])


def _version(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


def warn_if_busy():
    """Timings mean little on a machine that does something else."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > 0.5:
        print(f"The load average is {load:.1f}: something else runs here.", file=sys.stderr)


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="NAME", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="small tables, one run")
    parser.add_argument("--runs", type=int, help="alternating runs, 5 if not given")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 5)
    if options.only is None:
        options.only = [n for n in ROWS if not (options.quick and n in IN_ENVIRONMENTS)]
    return options


def main():
    """Print what is measured as it comes, then the table as Markdown, then the machine."""
    options = parse()
    warn_if_busy()
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(options.threads)))
    lines = [line for name in options.only for line in measure(name, options)]
    say("\n| work | against | goal | measured | met |\n|---|---|---|---|---|")
    for line in lines:
        say(str(line))
    say("")
    for line in machine(options):
        say(line)
    return int(any(line.note.startswith("failed") for line in lines))


if __name__ == "__main__":
    sys.exit(main())
