"""This command ends, starves and disturbs the library, and counts what comes of it.

    python -m benchmarks.reliability.faults                  # all, about an hour
    python -m benchmarks.reliability.faults --only interrupt --moments 5

Each fault hits a process of its own. A line per group is appended to
benchmarks/results/reliability_faults.jsonl: how many faults of which kind, and how they
ended, up to Ctrl+C. The command fails if one ended otherwise than it should.
"""

import argparse
import collections
import contextlib
import sys
import time
from pathlib import Path

from ...report import progress, say
from ...store import STORED, Store
from ...versions import versions
from . import at_once, kills, odd_paths, ray_faults, starved
from .fault_process import prepared_folder

GROUPS = kills.GROUPS | starved.GROUPS | at_once.GROUPS | odd_paths.GROUPS | ray_faults.GROUPS


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", nargs="+", choices=GROUPS, default=list(GROUPS), metavar="GROUP")
    add("--moments", type=int, default=20, help="of a work, at which a fault hits it")
    add("--results", type=Path, default=STORED / "reliability_faults.jsonl")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse(arguments)
    store, failed = Store(options.results), 0
    with prepared_folder() as folder:
        for name in options.only:
            failed += _group(name, folder, options.moments, store)
    return int(failed > 0)


def _group(name, folder, n_moments, store):
    start, outcomes, failures = time.monotonic(), collections.Counter(), []
    with contextlib.suppress(KeyboardInterrupt):
        for found in GROUPS[name](folder, n_moments):
            outcomes[f"{found['work']}, {found['fault']}: {found['outcome']}"] += 1
            if not found["ok"]:
                failures.append(found)
                progress(str(found))
    line = {
        "group": name,
        "tried": outcomes.total(),
        "outcomes": dict(outcomes),
        "failures": failures,
        "seconds": round(time.monotonic() - start),
        "versions": versions("sk-entity", "torch", "numpy", "pandas", "scikit-learn", "pyarrow"),
    }
    store.append(line)
    say(f"{name}: {line['tried']} faults, {len(failures)} ended otherwise than they should")
    for outcome, count in sorted(outcomes.items()):
        say(f"  {outcome}: {count}")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
