"""Where to train."""

import torch

from .._shown import shown

KINDS = "cpu", "cuda", "mps"


def resolve_device(device: str) -> str:
    """Return the best device there is for ``"auto"``, else the one asked for.

    Raises
    ------
    ValueError
        If there is no such device, or torch cannot use it.
    """
    best = _best()
    if device == "auto":
        return best
    there_is = f'Use device="auto", which takes {shown(best)} here, or '
    try:
        asked_for = torch.device(device)
    except RuntimeError:
        raise ValueError(
            f"device={shown(device)} is not the name of a device. {there_is}"
            '"cpu", "cuda", "cuda:1" (the second of several) or "mps".'
        ) from None
    if asked_for.type == "cuda":
        n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if n_devices == 0:
            raise ValueError(
                f"device={shown(device)} needs a GPU and a torch that was built for CUDA; torch "
                f"{torch.__version__} finds none. {there_is}install another torch "
                "(https://pytorch.org/get-started/locally)."
            )
        if (asked_for.index or 0) >= n_devices:
            raise ValueError(
                f"device={shown(device)} is not there: torch finds {n_devices}, the last of them "
                f'"cuda:{n_devices - 1}".'
            )
    if asked_for.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(f'device={shown(device)} is not there. {there_is}"cpu".')
    if asked_for.type not in KINDS:
        raise ValueError(f'device={shown(device)} cannot train here. {there_is}"cpu".')
    return device


def _best():
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
