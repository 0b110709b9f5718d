"""The folder of a fit: what was asked for, what is done already, and the rows on disk."""

from __future__ import annotations

import json
import operator
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._atomic_file import FULL, write_file
from .._estimators.second_pass import TRAINING, VALIDATION, Prepared
from .._estimators.spilled_fit import Seeds
from .._shown import shown
from .._training.spill import MANIFEST, Spill
from ..persistence import load, save
from ..persistence.artefact import fingerprint, load_record, refuse_unstorable, save_record

JOB, FITTED = "fit.json", "fitted.safetensors"
FITTED_ATTRIBUTES = "state_", "estimator_", "n_features_in_", "feature_names_in_"
TAKES = "A stream keeps its rows on disk while it is fitted, four bytes for each column of a row"
ELSEWHERE = f"{TAKES}: set TMPDIR to a folder with more room, or give one as checkpoint."
GOES_ON = f"{TAKES}: make room and call again, which goes on from there."
# Parameters without a part in what is learned.
OF_NO_MATTER = ("verbose", "n_jobs")


class Job:
    """A fit, as far as it is done.

    Parameters
    ----------
    folder : Path
    seeds : Seeds
    kept : bool
        Whether the folder outlives the fit.
    """

    def __init__(self, folder: Path, seeds: Seeds, *, kept: bool):
        self.folder, self.seeds, self.kept = folder, seeds, kept

    def is_done(self, estimator: Any) -> bool:
        """Whether the fit is done already; then give the estimator what was fitted here."""
        path = self.folder / FITTED
        if not (self.kept and path.exists()):
            return False
        fitted = load(path)
        for name in FITTED_ATTRIBUTES:
            if hasattr(fitted, name):
                setattr(estimator, name, getattr(fitted, name))
        return True

    def prepared(self) -> list[Prepared] | None:
        """Return what the passes over the rows have left, or None if they are to be made."""
        if not self.kept:
            return None
        paths = sorted(self.folder.glob("prepared-*.safetensors"))
        if not (self.folder / "prepared-all").exists():
            return None
        return [load_record(path, Prepared) for path in paths]

    def keep_prepared(self, prepared: Sequence[Prepared]) -> None:
        """Keep what the passes over the rows have left."""
        if self.kept:
            for number, record in enumerate(prepared):
                save_record(record, self.folder / f"prepared-{number:03}.safetensors")
            write_file(self.folder / "prepared-all", [])

    def spills(self) -> tuple[Spill, Spill | None]:
        """Return the rows to train on, and those to validate on if there are any."""
        training, validation = self.folder / TRAINING, self.folder / VALIDATION
        held_out = Spill.load(validation) if (validation / MANIFEST).exists() else None
        return Spill.load(training), held_out

    def checkpoint(self, number: int = 0) -> Path | None:
        """Return the file for the state of a training."""
        return self.folder / f"training-{number:03}.pt" if self.kept else None

    def finish(self, estimator: Any) -> None:
        """Keep the fitted estimator, and delete all else."""
        if not self.kept:
            return
        save(estimator, self.folder / FITTED)
        for path in (self.folder / "prepared-all", *self.folder.glob("prepared-*")):
            path.unlink(missing_ok=True)
        for path in self.folder.glob("training-*.pt"):
            path.unlink()
        for kind in (TRAINING, VALIDATION):
            if (self.folder / kind).exists():
                Spill.load(self.folder / kind).remove()
                (self.folder / kind).rmdir()


@contextmanager
def advised(folder: Any, advice: str = ELSEWHERE) -> Iterator[None]:
    """Say what to do if the disk of a folder is full."""
    try:
        yield
    except OSError as error:
        inside = error.filename is not None and Path(folder) in Path(error.filename).parents
        if error.errno in FULL and inside:
            raise OSError(error.errno, f"{error.strerror}. {advice}", error.filename) from error
        raise


@contextmanager
def open_job(
    checkpoint: Any, estimator: Any, network: Any, description: dict[str, Any]
) -> Iterator[Job]:
    """Open the folder of a fit, or a temporary one.

    Parameters
    ----------
    checkpoint : path or None
    estimator, network : estimator
        The one to fit, and the network in it.
    description : dict
        What else decides what is learned, to be kept as JSON.

    Raises
    ------
    ValueError
        If the folder is that of another fit, holds something else, or is damaged.
    TypeError
        For parameters that cannot be kept.
    """
    if checkpoint is None:
        with tempfile.TemporaryDirectory(prefix="sk_entity-") as passing, advised(passing):
            yield Job(Path(passing), Seeds.of(network), kept=False)
        return
    if network.callbacks:
        raise ValueError(
            "callbacks may keep a state of their own, which no checkpoint holds: leave out either "
            "callbacks or checkpoint."
        )
    refuse_unstorable(estimator)
    description = {**description, **_of_estimator(estimator)}
    folder = Path(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / JOB).exists():
        before, seeds = _read(folder / JOB)
        _refuse_other(folder, before, json.loads(json.dumps(description)))
    else:
        _refuse_strangers(folder)
        seeds = Seeds.of(network)
        content = {"description": description, "seeds": list(seeds)}
        with advised(folder, GOES_ON):
            write_file(folder / JOB, [json.dumps(content, indent=1).encode()])
    with advised(folder, GOES_ON):
        yield Job(folder, seeds, kept=True)


def _of_estimator(estimator):
    parameters = {
        name: fingerprint(value)
        for name, value in sorted(estimator.get_params().items())
        if not hasattr(value, "get_params") and name.rpartition("__")[2] not in OF_NO_MATTER
    }
    return {"estimator": type(estimator).__name__, **parameters}


def _read(path):
    """The description of a fit, and its seeds."""
    try:
        content = json.loads(path.read_text())
        return dict(content["description"]), Seeds(*map(operator.index, content["seeds"]))
    except (LookupError, TypeError, ValueError):
        raise ValueError(
            f"{shown(str(path))} is damaged. Empty the folder to begin anew."
        ) from None


def _refuse_other(folder, before, now):
    differing = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if differing:
        raise ValueError(
            f"The folder {shown(str(folder))} holds another fit: {', '.join(differing)} differed. "
            "Give another checkpoint folder, or empty this one to begin anew."
        )


def _refuse_strangers(folder):
    strangers = sorted(path.name for path in folder.iterdir())
    if strangers:
        raise ValueError(
            f"The folder {shown(str(folder))} is to be a checkpoint and holds other files, such as "
            f"{shown(strangers[0])}. Give an empty folder, or one that is not there yet."
        )
