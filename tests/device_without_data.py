"""Training runs here on torch's "meta" device, which knows shapes and holds no values.

What works there works on any device of its own: an operation on tensors of two devices, a tensor
made on the CPU, and a value that Python waits for are all noted. A GPU is not needed.
"""

import contextlib
import importlib
import traceback
from collections import Counter
from pathlib import Path

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

META = torch.device("meta")
# What has as many rows as values say; for these a device must be waited for.
OF_UNKNOWN_SIZE = "nonzero", "unique", "masked_select", "coalesce", "repeat_interleave", "equal"


class GeneratorOfMeta(torch.Generator):
    """Says that it is on the device."""

    device = META

    def __new__(cls, device="cpu"):
        return super().__new__(cls)


class Watch(TorchDispatchMode):
    """Notes what an operation on the device waits for, in values that are made up.

    Attributes
    ----------
    waits : Counter
        By operation and the function of the library that it is in.
    astray : set of str
        Operations on two devices at once, and tensors made on the CPU.
    """

    def __init__(self):
        super().__init__()
        self.waits, self.astray = Counter(), set()
        self.in_epoch = False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function.overloadpacket.__name__
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        devices = {tensor.device for tensor in tensors}
        copies = name in ("_to_copy", "copy_")
        if len(devices) > 1 and not copies:
            self._note_astray(f"{name} of two devices")
        if META in devices:
            made_up = self._wait(name, tensors, kwargs)
            if made_up is not None:
                return made_up
        out = function(*args, **kwargs)
        made = {x.device for x in tree_leaves(out) if isinstance(x, torch.Tensor)}
        if torch.device("cpu") in made - devices and not copies:
            self._note_astray(f"{name} on the CPU")
        return out

    def _wait(self, name, tensors, kwargs):
        """What an operation that waits returns here; None for the others."""
        first = tensors[0]
        if name == "_local_scalar_dense":
            self._note_wait("item")
            return 0.5
        if name == "repeat_interleave" and kwargs.get("output_size") is None:
            self._note_wait(name)
            return torch.empty(3 * first.numel(), dtype=torch.int64, device=META)
        to = kwargs.get("device")
        if name == "_to_copy" and to is not None and torch.device(to) != first.device:
            self._note_wait(f"copy to {torch.device(to).type}")
            return torch.zeros(first.shape, dtype=kwargs.get("dtype", first.dtype), device=to)
        if any(word in name for word in OF_UNKNOWN_SIZE) and name != "is_coalesced":
            self._note_wait(name)
        return None

    def _note_wait(self, what):
        if self.in_epoch:
            self.waits[what, _place()] += 1

    def _note_astray(self, what):
        if self.in_epoch:
            self.astray.add(f"{what} in {_place()}")


class WatchPython(TorchFunctionMode):
    """Notes lists and masks as positions, of which torch says nothing more below."""

    def __init__(self, watch):
        super().__init__()
        self.watch = watch

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in ("__getitem__", "__setitem__") and args[0].device == META:
            positions = args[1] if isinstance(args[1], tuple) else (args[1],)
            for position in positions:
                is_mask = getattr(position, "dtype", None) == torch.bool
                if is_mask or not isinstance(position, torch.Tensor | slice | int | None):
                    self.watch._note_astray(f"{type(position).__name__} as position")
        if function in (torch.tensor, torch.as_tensor):
            self.watch._note_astray(name)
        return function(*args, **(kwargs or {}))


def _place():
    """The innermost function of the library under way."""
    frames = reversed(traceback.extract_stack())
    frame = next(f for f in frames if "sk_entity" in Path(f.filename).parts)
    return f"{Path(frame.filename).stem}.{frame.name}"


@contextlib.contextmanager
def watched(monkeypatch):
    """Let estimators train on ``device="meta"``; what happens during epochs is noted."""
    from sk_entity._training.net import Net

    watch, run = Watch(), Net.run_single_epoch

    def run_watched(*args, **kwargs):
        watch.in_epoch = True
        try:
            run(*args, **kwargs)
        finally:
            watch.in_epoch = False

    monkeypatch.setattr(Net, "run_single_epoch", run_watched)
    monkeypatch.setattr("sk_entity._training.device.KINDS", ("cpu", "meta"))
    monkeypatch.setattr(torch, "Generator", GeneratorOfMeta)
    adam = importlib.import_module("torch.optim.adam")
    monkeypatch.setattr(adam, "_device_dtype_check_for_fused", lambda *args, **kwargs: None)
    with WatchPython(watch), watch:
        yield watch
