"""Estimators are saved to a file and loaded from one."""

import hashlib
import os
import platform
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn.utils.validation import check_is_fitted

from .._shown import shortened, shown
from .._version import VersionWarning, __version__
from . import strict_json
from .arrays import ARRAY_KINDS
from .container import Container, open_container, write_container
from .estimators import ESTIMATOR_KINDS, PUBLIC
from .objects import NotStorableError, Reader, Writer
from .packed_text import pack, unpack
from .records import RECORD_KIND
from .refusal import explain

KINDS = (*ARRAY_KINDS, RECORD_KIND, *ESTIMATOR_KINDS)
# A reader of the same major number reads a file of any minor number: what a newer one adds can be
# left out. So a new field needs a default and another minor number, anything else a major one.
MAJOR, MINOR = 1, 0
FORMAT, DOCUMENT, OBJECTS = "sk_entity", "document", "objects"


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Save a fitted estimator in one file that holds no code.

    The file is written beside the one of this name and then takes its place, so
    that a file that is there already stays whole if anything goes wrong.

    Parameters
    ----------
    estimator : estimator
        A fitted EntityEmbeddingRegressor, EntityEmbeddingClassifier,
        EntityEmbeddingEncoder or CategoryMerger.
    path : str or os.PathLike
        Of the file, whose extension does not matter. ``.safetensors`` tells other
        programs what it is.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        For another estimator; for parameters that are functions or objects of
        classes, such as callbacks; for categories of a type that is not stored.
    OSError
        If the file cannot be written.

    See Also
    --------
    load

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor, persistence
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 20})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5})
    >>> model = EntityEmbeddingRegressor(max_iter=5, random_state=0).fit(X, y)
    >>> path = Path(tempfile.mkdtemp()) / "shops.safetensors"
    >>> persistence.save(model, path)
    >>> bool((persistence.load(path).predict(X) == model.predict(X)).all())
    True
    """
    if type(estimator) not in PUBLIC:
        raise TypeError(
            f"save takes {', '.join(kind.__name__ for kind in PUBLIC)}; got "
            f"{type(estimator).__name__}. Of a pipeline, save the step."
        )
    check_is_fitted(estimator)
    write_container(path, *_written(estimator))


def refuse_unstorable(estimator: Any) -> None:
    """Raise TypeError for parameters that `save` will not take after `fit`."""
    _written(estimator)


def fingerprint(value: Any) -> str:
    """Return a checksum that is the same for the same values, of what `save` takes."""
    writer = Writer(KINDS)
    described = writer.value(value)
    pools = writer.pooled()
    digest = hashlib.sha256(strict_json.dumps([described, writer.objects, pools]).encode())
    for tensor in writer.tensors:
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def save_record(record: Any, path: str | os.PathLike[str]) -> None:
    """Save a record of the fitted state alone, as `save` does an estimator."""
    write_container(path, *_written(record))


def load_record(path: str | os.PathLike[str], kind: type) -> Any:
    """Load a record of this class, as `load` does an estimator."""
    return _load(path, (kind,))


def _written(written: Any) -> tuple[dict[str, Any], Any]:
    """The parts of a file for an estimator or a record."""
    writer = Writer(KINDS)
    try:
        writer.object(written)
    except NotStorableError as error:
        raise TypeError(explain(written, error)) from None
    libraries = {library.__name__: library.__version__ for library in (np, pd, sklearn)}
    document = {
        "class": type(written).__name__,
        "versions": {"sk-entity": __version__, "python": platform.python_version(), **libraries},
        "fields": writer.fields,
        "pools": writer.pooled(),
    }
    metadata = {
        FORMAT: f"{MAJOR}.{MINOR}",
        DOCUMENT: strict_json.dumps(document),
        OBJECTS: pack(strict_json.dumps(writer.objects)),
    }
    return metadata, writer.tensors


def load(path: str | os.PathLike[str]) -> Any:
    """Load an estimator that `save` has written.

    It predicts and transforms with the same bits as the one that was saved, and
    needs no torch for that. Nothing in the file is run. All lengths, types and
    shapes are checked, and a checksum of all bytes.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    EntityEmbeddingRegressor, EntityEmbeddingClassifier, EntityEmbeddingEncoder or CategoryMerger

    Raises
    ------
    ValueError
        If the file is damaged, is none that `save` writes, or has a newer format.
    OSError
        If there is no such file, or it cannot be read.

    Warns
    -----
    VersionWarning
        If a newer version of the library has written it and may have added what
        this one does not know.

    See Also
    --------
    save

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.persistence import load, save
    >>> X = pd.DataFrame({"shop": ["north", "south"] * 50})
    >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, range(100))
    >>> with TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/shops.safetensors")
    ...     again = load(f"{folder}/shops.safetensors")
    >>> bool((again.predict(X) == model.predict(X)).all())
    True
    """
    return _load(path, PUBLIC)


def _load(path: Any, kinds: tuple[type, ...]) -> Any:
    with _named(path), open_container(path) as container:
        major, minor = _format_of(container)
        if major not in LOADERS:
            raise ValueError(
                f"it has the format {major}.{minor}, and sk-entity {__version__} reads the formats "
                f"up to {MAJOR}. Install a newer sk-entity"
            )
        return LOADERS[major](container, minor, kinds)


def _load_1(container: Container, minor: int, kinds: tuple[type, ...]) -> Any:
    """Load a file of format 1."""
    newer = minor > MINOR
    if newer:
        warnings.warn(
            f"The file has the format 1.{minor}, and sk-entity {__version__} knows 1.{MINOR}: "
            "what newer versions have added is left out.",
            VersionWarning,
            stacklevel=4,
        )
    tensors = container.read()
    document = strict_json.loads(container.metadata[DOCUMENT])
    objects = strict_json.loads(unpack(container.metadata[OBJECTS]))
    reader = Reader(KINDS, document, objects, tensors, newer)
    estimator = reader.object(len(objects) - 1)
    if type(estimator) not in kinds or type(estimator).__name__ != document["class"]:
        raise ValueError("it holds no estimator" if kinds is PUBLIC else "it holds something else")
    if kinds is PUBLIC:
        check_is_fitted(estimator)
    return estimator


# By major number of the format.
LOADERS: dict[int, Callable[[Container, int, tuple[type, ...]], Any]] = {1: _load_1}


def _format_of(container):
    found = container.metadata.get(FORMAT)
    if found is None or not {DOCUMENT, OBJECTS} <= container.metadata.keys():
        raise ValueError("it is a safetensors file, but none that sk_entity.persistence.save wrote")
    if not re.fullmatch(r"\d{1,6}\.\d{1,6}", found, re.ASCII):
        raise ValueError(f"{shown(found[:20])} is no version of its format")
    major, minor = found.split(".")
    return int(major), int(minor)


@contextmanager
def _named(path: Any) -> Iterator[None]:
    """Name the file in errors, whatever a broken description runs into."""
    start = f"{shown(os.fsdecode(path))} cannot be loaded: "
    try:
        yield
    except RecursionError:
        raise ValueError(f"{start}it is nested too deeply.") from None
    except ValueError as error:
        raise ValueError(f"{start}{shortened(error)}.") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        reason = f"{type(error).__name__}: {shortened(error)}"
        raise ValueError(f"{start}its description is broken ({reason}).") from error
