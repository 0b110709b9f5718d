"""This module compares the time to import sk-entity with that of what it builds on."""

import subprocess
import sys

from ..report import say
from .comparison import Comparison, duration
from .timing import alternate

IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def import_time(options):
    """Seconds of the import statement in a fresh interpreter."""

    def seconds(modules):
        command = [sys.executable, "-c", IMPORT.format(modules)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    works = {names: lambda n=names: seconds(n) for names in ("sk_entity", "sklearn, pandas")}
    own, both = alternate(works, 2 * options.runs).values()
    say(f"import: sk_entity {duration(min(own))}, sklearn and pandas {duration(min(both))}")
    costs = [a / b for a, b in zip(own, both, strict=True)]
    yield Comparison("import sk_entity", "import sklearn, pandas", "≤ 1.1", costs)
