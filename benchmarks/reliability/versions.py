"""This command fits, saves and loads with other versions of what the library stands on.

    python -m benchmarks.reliability.versions --list
    python -m benchmarks.reliability.versions                       # all; half an hour
    python -m benchmarks.reliability.versions --only "scikit-learn 1.8" oldest
    python -m benchmarks.reliability.versions --python python3.13 --pin torch==2.14.1

A combination is the pins of constraints.txt with some of them changed. They are installed, one
combination after the other, in an environment of the interpreter under benchmarks/.envs, where
`benchmarks.reliability.values` fits four estimators, checks them, saves them, and loads those
that the environment of this command has saved. By how much the numbers differ from those of the
latter is in units of their standard deviation. Each result, good or bad, is a line of JSON; at
the end there is a table of them. Environments that pip does not make are tried with
`benchmarks.reliability.values` itself.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ..environments import ENVIRONMENTS, NotInstalledError, install, interpreter, must_run
from ..report import header, line, progress, say
from ..store import STORED, Store
from ..versions import library_checksum
from .values import PACKAGES, SCRIPT

CLONE = Path(__file__).parents[2]
RESULTS = STORED / "reliability_versions.jsonl"
# By name: the file of pins, and what is changed in it.
COMBINATIONS = {
    "newest": {},
    "oldest": {"constraints": "constraints-oldest.txt"},
    "scikit-learn 1.8": {"scikit-learn": "1.8.0"},
    "scikit-learn 1.7": {"scikit-learn": "1.7.2"},
    "scikit-learn 1.6": {"scikit-learn": "1.6.1"},
    "pandas 3.0": {"pandas": "3.0.0"},
    "pandas 2.3": {"pandas": "2.3.3"},
    "pandas 2.2": {"pandas": "2.2.3"},
    "polars 1": {"polars": "1.24.0"},
    "skorch 1.2": {"skorch": "1.2.0"},
    "narwhals 2.11": {"narwhals": "2.11.0"},
    "torch 2.14": {"torch": "2.14.1"},
}
# What no result may differ by, in units of the standard deviation.
TOLERANCE = 1e-3


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.reliability.versions", description=about)
    add = parser.add_argument
    add("--only", nargs="+", choices=COMBINATIONS, metavar="NAME", help="see --list")
    add("--python", default=sys.executable, help="the interpreter of the environment")
    add("--pin", nargs="+", default=[], type=pin, metavar="NAME==VERSION")
    add("--without-torch", action="store_true", help="only load what was saved here")
    add("--results", type=Path, default=RESULTS)
    add("--list", action="store_true", help="print the combinations, and end")
    return parser.parse_args(arguments)


def pin(text):
    """A name and a version."""
    name, equals, version = text.partition("==")
    if name not in PACKAGES or not equals or not version:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME==VERSION of {', '.join(PACKAGES)}")
    return name, version


def pins_of(combination, further=()):
    """Version by package."""
    changed = dict(COMBINATIONS[combination])
    text = (CLONE / changed.pop("constraints", "constraints.txt")).read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", text, re.MULTILINE))
    return {name: pinned[name] for name in PACKAGES if name in pinned} | changed | dict(further)


def asked(python, folder, *arguments):
    """What the script answers in an environment, or why it has failed."""
    settings = os.environ | {"PYTHONPATH": str(CLONE), "OMP_NUM_THREADS": "1"}
    command = [python, "-W", "ignore", "-m", SCRIPT, folder, *arguments]
    run = subprocess.run(command, cwd=CLONE, env=settings, capture_output=True, text=True)
    if run.returncode:
        return {"failed": (run.stderr.strip().splitlines() or ["no word"])[-1][:300]}
    return json.loads(run.stdout.splitlines()[-1])


def is_good(answer):
    """Whether nothing has failed, and what was loaded and, if anything was, fitted agree."""
    if "failed" in answer:
        return False
    return max(answer["loaded"], answer["fitted"] or 0) <= TOLERANCE


def environment(arguments):
    """Interpreter of an environment for the interpreter that is given; made once."""
    ask = "import sys; print('%d.%d%s' % (*sys.version_info[:2], sys.abiflags))"
    found = subprocess.run([arguments.python, "-c", ask], capture_output=True, text=True)
    if found.returncode:
        raise NotInstalledError(f"{arguments.python} does not run")
    without = "-without-torch" if arguments.without_torch else ""
    folder = ENVIRONMENTS / f"versions-{found.stdout.strip()}{without}"
    if not interpreter(folder).exists():
        must_run([arguments.python, "-m", "venv", folder])
    return interpreter(folder)


def tried(combination, arguments, reference):
    """The line of a combination, after installing it."""
    pins = pins_of(combination, arguments.pin)
    if arguments.without_torch:
        pins = {name: pins[name] for name in pins if name not in ("torch", "skorch")}
    asked_for = {"combination": combination, "code": library_checksum(), "pins": pins}
    try:
        python = environment(arguments)
        install(python, *(f"{name}=={version}" for name, version in pins.items()))
    except NotInstalledError as error:
        return asked_for | {"failed": f"not installed: {error}", "good": False}
    with tempfile.TemporaryDirectory() as folder:
        answer = asked(python, folder, "--load", reference)
    return asked_for | answer | {"good": is_good(answer)}


def report(lines):
    """A table with a row for each result."""
    yield from header(["combination", "Python", "fitted", "loaded", "verdict"])
    for found in lines:
        cells = ["–" if found.get(k) is None else f"{found[k]:.1e}" for k in ("fitted", "loaded")]
        python = found.get("versions", {}).get("python", "–")
        verdict = "good" if found["good"] else found.get("failed", "differs")
        yield line([found["combination"], python, *cells, verdict])


def main(arguments=None):
    """Try what is asked for."""
    arguments = parse(arguments)
    if arguments.list:
        for name in COMBINATIONS:
            say(f"{name}: {', '.join(f'{k} {v}' for k, v in pins_of(name).items())}")
        return
    store, lines = Store(arguments.results), []
    with tempfile.TemporaryDirectory() as reference:
        here = asked(sys.executable, reference)
        if "failed" in here:
            raise SystemExit(f"It fails in the environment of this command: {here['failed']}")
        for combination in arguments.only or COMBINATIONS:
            progress(f"{combination} ...")
            lines.append(tried(combination, arguments, reference))
            store.append(lines[-1])
    for text in report(lines):
        say(text)


if __name__ == "__main__":
    main()
