"""Build a release of the last commit into dist/, and try it like a user who has the wheel alone.

    make dist

The commit is built twice, in folders that differ in name, rights and time, and both builds must be
the same bytes. Then the wheel is installed into an empty environment outside of the clone, where
the lines of README.md, an example of the gallery and each extra are run.
"""

import hashlib
import io
import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = "plot,onnx,ray"
EXAMPLE = ROOT / "examples" / "plot_first_model.py"
PINNED = {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}  # of the environments that build


def committed(*options):
    """Files of the commit, by their path."""
    command = ["git", "ls-files", "-z", *options]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {file for file in listed.split("\0") if file}


def in_sdist(files):
    """What of the files belongs into the sdist."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    left_out = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["exclude"]
    beginnings = tuple(path.removeprefix("/") for path in left_out)
    return {file for file in files if not file.startswith(beginnings)} | {"PKG-INFO"}


def in_wheel(files, version):
    """What of the files belongs into the wheel."""
    about = f"sk_entity-{version}.dist-info"
    written = {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    return {file for file in files if file.startswith("sk_entity/")} | written


def contents(archive):
    """Files of an sdist, without the folder around them, or of a wheel."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return set(wheel.namelist())
    with tarfile.open(archive) as sdist:
        return {entry.name.partition("/")[2] for entry in sdist if entry.isfile()}


def build(folder, out):
    """Build what is committed, in this folder."""
    export(folder)
    run(sys.executable, "-m", "build", "--outdir", out, folder, env=os.environ | PINNED)
    return sorted(out.iterdir())


def build_otherwise(folder, out):
    """Build the same as somebody else would, at another time."""
    export(folder)
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)  # what git keeps is the owner's right to run it
        os.utime(path, (10**9, 10**9))
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
    command = [sys.executable, "-m", "build", "--outdir", out, folder]
    run(*command, env=os.environ | PINNED | other, umask=0o077)
    return sorted(out.iterdir())


def export(folder):
    """Write what is committed into a folder."""
    tar = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(tar.stdout)) as files:
        files.extractall(folder, filter="data")


def run(*command, **options):
    """Run a command, whose output is shown only if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if done.returncode:
        sys.exit(f"\n{done.stdout}\nThis failed: {' '.join(map(str, command))}")


def check_contents(archives):
    """Compare what is in the archives with what is committed."""
    files = committed()
    version = runpy.run_path(str(ROOT / "sk_entity" / "_version.py"))["__version__"]
    for archive in archives:
        is_wheel = archive.suffix == ".whl"
        wanted = in_wheel(files, version) if is_wheel else in_sdist(files)
        if differ := contents(archive) ^ wanted:
            sys.exit(f"{archive.name} and the commit differ in {sorted(differ)}")


def try_wheel(wheel, folder):
    """Install the wheel into an environment of its own, and use it there."""
    python = folder / "environment" / "bin" / "python"
    # -I: nothing of the clone is found, whatever is set outside.
    install = [python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--constraint", ROOT / "constraints.txt"]
    run(sys.executable, "-m", "venv", python.parents[1])
    # One thread: several would wait for each other, where the machine has else to do.
    settings = {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    elsewhere = {"cwd": folder, "env": os.environ | settings}

    with step("The wheel, in an empty environment"):
        run(*install, wheel, **elsewhere)
        run(python, "-I", "-m", "pip", "check", **elsewhere)
    with step("The lines of README.md"):
        pages = runpy.run_path(str(ROOT / "docs" / "_extensions" / "pages_as_notebooks.py"))
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        lines = folder / "readme.py"
        lines.write_text("\n".join(fence["code"] for fence in pages["executed"](text)), "utf-8")
        run(python, "-I", lines, **elsewhere)
    with step(f"The wheel with [{EXTRAS}]"):
        run(*install, f"{wheel}[{EXTRAS}]", **elsewhere)
        run(python, "-I", "-m", "pip", "check", **elsewhere)
    with step(f"The example {EXAMPLE.name}"):
        run(python, "-I", EXAMPLE, **elsewhere)
    with step("Each extra"):
        run(python, "-I", ROOT / ".ci" / "use_extras.py", **elsewhere)


@contextmanager
def step(words):
    """Say what is done, and how long it takes."""
    print(f"{words} ...", end=" ", flush=True)
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:.0f} s", flush=True)


def main():
    """Build, compare, check and try."""
    os.environ.pop("SOURCE_DATE_EPOCH", None)  # Hatchling's date is the same for everybody
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    if changed:
        sys.exit(f"A release is built of a commit, and these files differ from it:\n{changed}")
    with tempfile.TemporaryDirectory(prefix="sk-entity-dist-") as name:
        folder = Path(name)
        with step("Two builds"):
            first = build(folder / "sk-entity", folder / "first")
            second = build_otherwise(folder / "elsewhere" / "a", folder / "second")
        for one, other in zip(first, second, strict=True):
            if one.name != other.name or one.read_bytes() != other.read_bytes():
                sys.exit(f"Two builds of the same commit give another {one.name}.")
        check_contents(first)
        with step("twine check"):
            run(sys.executable, "-m", "twine", "check", "--strict", *first)
        try_wheel(next(file for file in first if file.suffix == ".whl"), folder)
        dist = ROOT / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        dist.mkdir()
        for file in first:
            shutil.copyfile(file, dist / file.name)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            print(f"dist/{file.name}  {file.stat().st_size:,} bytes  sha256 {digest}")


if __name__ == "__main__":
    main()
