"""A Ray on this machine, for tests and for machines that are many cores but one."""

from __future__ import annotations

import importlib.util
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

# Ray's own default is a third of all memory.
OBJECT_STORE_BYTES = 256 * 2**20
TOKEN = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"


def import_ray() -> Any:
    """Import Ray, or say how it is installed.

    Raises
    ------
    ImportError
        If it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise ImportError(
            'sk_entity.distributed needs Ray. Install it by: pip install "sk-entity[ray]"'
        )
    import ray

    return ray


@lru_cache(maxsize=1)
def fetch(reference: Any) -> Any:
    """Return the object behind a reference, read once per process."""
    return import_ray().get(reference)


@contextmanager
def local_cluster(
    num_workers: int = 2,
    *,
    num_cpus: int | None = None,
    object_store_memory: int | None = None,
    verbose: int = 0,
) -> Iterator[Any]:
    """Run Ray on this machine, inside of a ``with`` block.

    If Ray runs already, or the environment names a cluster in ``RAY_ADDRESS``, that one is
    used as it is. Else one is started without a dashboard, and with all its files in a
    temporary folder; at the end of the block its processes are stopped and the folder is
    removed. Ray lets in only who knows its token: that of the environment
    or of ``~/.ray/auth_token`` if there is one, else one is made for this process.

    Parameters
    ----------
    num_workers : int, default=2
        Workers that are to train at the same time.
    num_cpus : int, default=None
        Logical CPUs, which are places for processes and may be more than there are cores;
        None for one per worker and two for those that read and send rows.
    object_store_memory : int, default=None
        Bytes of memory in which processes share rows, beyond which they go to disk; None
        for 256 MiB.
    verbose : int, default=0
        Show what Ray's processes write if positive, the bar of `fit` among it.

    Yields
    ------
    module
        ``ray``.

    Raises
    ------
    ImportError
        If Ray is not installed.

    Examples
    --------
    >>> import ray.data  # doctest: +SKIP
    >>> from sk_entity.distributed import local_cluster
    >>> with local_cluster(num_workers=2):  # doctest: +SKIP
    ...     dataset = ray.data.read_parquet("flights/")
    ...     model = distributed.fit(EntityEmbeddingRegressor(), dataset, target="delay")
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    if os.environ.get("RAY_ADDRESS"):
        ray.init()
        try:
            yield ray
        finally:
            ray.shutdown()  # of this connection
        return
    _provide_token()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Not in TMPDIR, if that is long: the paths of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="ray-", dir=_short_folder()) as folder:
        ray.init(
            address="local",
            num_cpus=num_workers + 2 if num_cpus is None else num_cpus,
            include_dashboard=False,
            object_store_memory=object_store_memory or OBJECT_STORE_BYTES,
            logging_level="error",
            log_to_driver=verbose > 0,
            _temp_dir=folder,
        )
        try:
            yield ray
        finally:
            ray.shutdown()


def check_cpus(num_workers: int) -> None:
    """Refuse to train with more workers than the cluster has room for, as Ray waits for ever.

    Raises
    ------
    ValueError
        If there are too few logical CPUs.
    """
    n_cpus = int(import_ray().cluster_resources().get("CPU", 0))
    needed = num_workers + 1
    if n_cpus >= needed:
        return
    fewer = f"num_workers={n_cpus - 1}, or " if n_cpus > 1 else ""
    raise ValueError(
        f"num_workers={num_workers} needs {needed} logical CPUs, one for each worker and one to "
        f"read rows, and this Ray has {n_cpus}. Use {fewer}a Ray with more: "
        f"ray.init(num_cpus={needed}) may name more than there are cores."
    )


def _provide_token() -> None:
    """Let Ray find a token, so that it leaves none in the home folder."""
    has_own = any(os.environ.get(name) for name in TOKEN)
    if not has_own and not (Path.home() / ".ray" / "auth_token").exists():
        # To the end of the process, as Ray reads a token once.
        path = Path(_token_folder().name) / "token"
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(path)


@cache
def _token_folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="ray-token-")  # for this user only
    path = Path(folder.name) / "token"
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32))
    return folder


def _short_folder() -> str | None:
    return "/tmp" if os.path.isdir("/tmp") and len(tempfile.gettempdir()) > 30 else None
