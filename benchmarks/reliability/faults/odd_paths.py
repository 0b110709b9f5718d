"""This module gives the library paths and files that are not what it would like."""

import itertools
import os
import subprocess
import threading
from pathlib import Path

import numpy as np
import pandas as pd

from sk_entity import persistence, streaming
from sk_entity.inspection import export_projector, to_html

from .fault_process import finish, fresh, start
from .kills import result
from .starved import small_disk
from .works import made_up

LONGEST = 255  # bytes of a name, on most systems


def works_of(folder):
    """What writes or reads by a path, by name; each takes the path."""
    model = persistence.load(folder / "model.safetensors")
    encoder = persistence.load(folder / "encoder.safetensors")
    rows = made_up(200)
    return {
        "save": lambda path: persistence.save(model, path),
        "load": persistence.load,
        "streaming.predict": lambda path: streaming.predict(model, rows, path),
        "to_html": lambda path: to_html(encoder, path),
        "export_projector": lambda path: export_projector(encoder, "shop", path),
    }


def refused_paths(folder):
    """Every path that cannot be written or read ends in an OSError that names it."""
    disk = folder / "disk"
    (folder / "file").write_bytes(b"")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "fifo")
    with small_disk(disk, 4096):
        (disk / "old").write_bytes(b"old")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        paths = {
            "in a read-only folder": disk / "target",
            "a read-only file": disk / "old",
            "a folder": folder / "given",
            "in a folder that is not there": folder / "nowhere" / "target",
            "in a file": folder / "file" / "target",
            "a link to itself": folder / "loop",
            "a pipe": folder / "fifo",
            "a device": Path("/dev/full"),
            "a name that is too long": folder / ("n" * (LONGEST + 1)),
        }
        (folder / "given").mkdir()
        found = [_refused(*case) for case in _cases(works_of(folder), paths)]
        assert (disk / "old").read_bytes() == b"old"
    _tell(folder, found)


def _cases(works, paths):
    for (work, function), (kind, path) in itertools.product(works.items(), paths.items()):
        if work == "load" and kind == "a read-only file":
            continue  # which may be read, and is refused as it holds nothing
        makes_folders = work == "export_projector"
        if makes_folders and kind in ("a folder", "in a folder that is not there"):
            continue  # which is what it writes to
        yield work, function, kind, path


def _refused(work, function, kind, path):
    try:
        function(path)
    except OSError as error:
        said = str(error)
        # A stream says before it starts that there is no such folder.
        named = Path(path).name in said or f"{str(Path(path).parent)!r}" in said
        beside = ".sk_entity-" in said
        return [work, kind, "OSError that names the path" if named and not beside else said]
    except Exception as error:
        return [work, kind, f"{type(error).__name__}: {error}"]
    return [work, kind, "done"]


def accepted_paths(folder):
    """Names of any characters and links work."""
    given = {
        "not UTF-8": os.fsencode(folder) + b"/\xff\xfe",
        "a line break": folder / "a\nb",
        "characters of all kinds": folder / "é 名 \U0001f600 %s {0}",
        "the longest name": folder / ("n" * LONGEST),
        "a link": folder / "link",
        "a link to nothing": folder / "hanging",
    }
    (folder / "linked").write_bytes(b"old")
    (folder / "link").symlink_to("linked")
    (folder / "hanging").symlink_to("not yet there")
    found = []
    for kind, path in given.items():
        works = works_of(folder)
        path = os.fsdecode(path)
        for work in ("save", "load", "streaming.predict", "to_html", "export_projector"):
            if work == "export_projector":  # which takes a folder
                if kind in ("a link", "a link to nothing"):
                    continue
                os.unlink(path)
            try:
                works[work](path)
            except Exception as error:
                found.append([work, kind, f"{type(error).__name__}: {error}"])
            else:
                found.append([work, kind, "done"])
    assert (folder / "link").is_symlink()
    _tell(folder, found)


def replaced_while_loaded(folder):
    """A file that is saved again and again while it is loaded is the one or the other."""
    models = [persistence.load(folder / f"{name}.safetensors") for name in ("model", "encoder")]
    path, over = folder / "target.safetensors", threading.Event()
    persistence.save(models[0], path)

    def save():
        for model in itertools.islice(itertools.cycle(models), 200):
            persistence.save(model, path)
        over.set()

    _load_meanwhile(folder, save, over, "replaced meanwhile")


def overwritten_while_loaded(folder):
    """A file that another program writes into while it is loaded is refused or whole."""
    content = (folder / "encoder.safetensors").read_bytes()
    path, over = folder / "target.safetensors", threading.Event()
    path.write_bytes(content)

    def overwrite():
        rng = np.random.default_rng(0)
        for _ in range(300):
            cut = rng.integers(len(content))
            path.write_bytes(content[:cut])
            path.write_bytes(content)
        over.set()

    _load_meanwhile(folder, overwrite, over, "overwritten meanwhile")


def _load_meanwhile(folder, write, over, kind):
    """Load a file until a thread that writes to it is done; each outcome is told once."""
    writer, found = threading.Thread(target=write), set()
    writer.start()
    while not over.is_set():
        try:
            persistence.load(folder / "target.safetensors")
        except ValueError:
            found.add("refused")
        except Exception as error:
            found.add(f"{type(error).__name__}: {error}")
        else:
            found.add("done")
    writer.join()
    _tell(folder, [["load", kind, outcome] for outcome in sorted(found)])


def _tell(folder, found):
    pd.DataFrame(found, columns=["work", "kind", "outcome"]).to_json(folder / "found.json")


WANTED = {
    refused_paths: {"OSError that names the path"},
    accepted_paths: {"done"},
    replaced_while_loaded: {"done"},
    overwritten_while_loaded: {"done", "refused"},
}


def odd_paths(folder, n):
    """Each path with each work."""
    for work, wanted in WANTED.items():
        run = fresh(folder)
        status = finish(start(f"odd_paths.{work.__name__}", run))
        if status != 0:
            path = run / "error.json"
            said = path.read_text()[:500] if path.exists() else ""
            yield result(work.__name__, "odd path", 0, status, said, ok=False)
            continue
        for row in pd.read_json(run / "found.json").itertuples():
            fault = "odd path" if work is accepted_paths else row.kind
            ok = row.outcome in wanted
            yield result(row.work, fault, 0, status, str(row.outcome)[:300], ok=ok)


GROUPS = {"odd-paths": odd_paths}
