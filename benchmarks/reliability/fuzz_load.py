"""This command feeds hostile files to `sk_entity.persistence.load`, guided by what code they reach.

    python -m benchmarks.reliability.fuzz_load --seconds 3600

It needs atheris (``pip install atheris``). A file must be refused as docs/saving.md
says, or what was loaded must predict and transform. Anything else is a find, and is
kept in the folder of finds under the name of the error and its place: another
exception, more memory than --megabytes beyond what the process takes at the start,
more than --patience seconds, code that is compiled or imported, a program or a file
that is opened, a process that dies. The files that reach new code are kept in
--corpus, and --merge FOLDER copies few of them that together run the same lines.
"""

import argparse
import hashlib
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from ..report import progress, say
from ..store import OUTPUT, STORED, Store

CLONE = Path(__file__).parents[2]
GOLDEN = CLONE / "tests" / "persistence" / "golden"
KEPT = CLONE / "tests" / "persistence" / "corpus"
INSTRUMENTED = [
    "sk_entity.persistence",
    "sk_entity._table",
    "sk_entity._predict",
    "sk_entity._vectors",
]
LONGEST_FILE = 2**16
FORBIDDEN = (
    "compile",
    "exec",
    "import",
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "subprocess.Popen",
    "socket.connect",
    "ctypes.dlopen",
)
CHILD = "SK_ENTITY_FUZZ_CHILD"


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--seconds", type=int, default=3600)
    add("--corpus", type=Path, default=OUTPUT / "fuzz_load" / "corpus")
    add("--finds", type=Path, default=OUTPUT / "fuzz_load" / "finds")
    add("--megabytes", type=int, default=256)
    add("--patience", type=int, default=10)
    add("--merge", type=Path, help="do nothing but copy few files of --corpus there")
    add("--results", type=Path, default=STORED / "reliability_fuzz.jsonl")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse(arguments)
    if options.merge is not None:
        from .hostile.corpus import merge

        say("{} files, {} bytes".format(*merge(options.corpus, options.merge)))
        return
    try:
        import atheris  # noqa: F401
    except ImportError:
        sys.exit("Fuzzing needs atheris, which is for Linux: pip install atheris")
    if os.environ.get(CHILD):
        fuzz(options)
        return
    for folder in (options.corpus, options.finds):
        folder.mkdir(parents=True, exist_ok=True)
    write_seeds(options.corpus)
    run(options)


def write_seeds(folder):
    """Small files of every kind; in another process, as this one is to know no torch."""
    script = (
        "import sys; from benchmarks.reliability.hostile.small_estimators import small_estimators\n"
        "from sk_entity.persistence import save\n"
        "for name, estimator in small_estimators().items():\n"
        "    save(estimator, f'{sys.argv[1]}/seed-{name}')\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], cwd=CLONE, check=True)
    for path in [*GOLDEN.rglob("*.safetensors"), *KEPT.glob("*")]:
        name = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        (folder / name).write_bytes(path.read_bytes())


def run(options):
    """Fuzz until the time is over; a process that dies is a find, and another one goes on."""
    from ..versions import versions  # which imports the library, too early for a fuzzing process

    start, n_runs, n_deaths, last = time.monotonic(), 0, 0, {}
    while (left := options.seconds - (time.monotonic() - start)) > 5:
        code, said = _child(options, [f"-max_total_time={int(left)}", str(options.corpus)])
        n_runs += max(map(int, re.findall(r"^#(\d+)\s", said, re.M)), default=0)
        last.update(re.findall(r"(cov|ft|corp): (\S+)", said))
        if "INITED" not in said:
            sys.exit(said)
        if code:
            n_deaths += 1
            progress(f"The process ended with {code}:\n{said[-3000:]}")
    finds = sorted(path.name for path in options.finds.iterdir())
    line = {
        "seconds": round(time.monotonic() - start),
        "executions": n_runs,
        "edges": int(last.get("cov", 0)),
        "features": int(last.get("ft", 0)),
        "corpus": last.get("corp", ""),
        "deaths": n_deaths,
        "finds": finds,
        "versions": versions("sk-entity", "atheris", "numpy", "pandas", "scikit-learn"),
    }
    Store(options.results).append(line)
    say("\n".join(f"{name}: {value}" for name, value in line.items()))


def _child(options, arguments):
    """The exit status of a fuzzing process, and the end of what it said."""
    command = [sys.executable, "-m", "benchmarks.reliability.fuzz_load"]
    command += [f"--finds={options.finds}", f"--corpus={options.corpus}"]
    command += [f"--megabytes={options.megabytes}", f"--patience={options.patience}"]
    environment = os.environ | {CHILD: "\n".join(arguments), "OMP_NUM_THREADS": "1"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        ran = subprocess.run(command, cwd=CLONE, env=environment, stdout=said, stderr=said)
        said.seek(0)
        return ran.returncode, said.read()


def fuzz(options):
    """The fuzzing process."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from .hostile.loaded import try_file
    from .hostile.changes import change

    seeds = [path.read_bytes() for path in sorted(options.corpus.glob("seed-*"))]
    if not seeds:
        sys.exit(f"There are no seeds in {options.corpus}.")
    path = Path(tempfile.mkdtemp(prefix="fuzz-")) / "file"
    for seed in seeds:  # all that is imported late, and all that is remembered
        path.write_bytes(seed)
        assert try_file(path) == "used"
    watch = _Watch()
    sys.addaudithook(watch.hook)
    limit = _address_space() + options.megabytes * 2**20

    def one_input(content):
        path.write_bytes(content)
        try:
            watch.on = True
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
            try_file(path)
        except Exception as error:
            watch.on = False
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
            _keep_find(options.finds, content, error)
        finally:
            watch.on = False
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)

    def mutator(content, max_size, seed):
        changed = change(
            content, random.Random(seed), seeds, lambda b: atheris.Mutate(b, len(b) + 16)
        )
        return changed if len(changed) <= max_size else content[:max_size]

    arguments = [
        sys.argv[0],
        f"-max_len={LONGEST_FILE}",
        f"-timeout={options.patience}",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={options.finds}/died-",
        *os.environ[CHILD].split("\n"),
    ]
    atheris.Setup(arguments, one_input, custom_mutator=mutator)
    atheris.Fuzz()


class _Watch:
    """Raises for what no file may bring about, while it is on."""

    def __init__(self):
        self.on = False

    def hook(self, event, arguments):
        if not self.on:
            return
        written = (
            event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        )
        if event in FORBIDDEN or written:
            self.on = False
            raise RuntimeError(f"forbidden: {event} {str(arguments)[:200]}")


def _address_space():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _keep_find(folder, content, error):
    """Keep the smallest file for each kind of error and each place."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "sk_entity" in f.filename]
    place = f"{Path(frames[-1].filename).stem}-{frames[-1].lineno}" if frames else "nowhere"
    name = folder / f"{type(error).__name__}-{place}"
    if not name.exists() or name.stat().st_size > len(content):
        name.write_bytes(content)
        said = "".join(traceback.format_exception(error))
        name.with_suffix(".txt").write_text(said, errors="replace")


if __name__ == "__main__":
    main()
