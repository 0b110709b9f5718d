"""Training on a GPU, where there is one: as good as on the CPU, and without waiting in a step."""

import numpy as np
import pytest
import skorch.callbacks
import torch

from sk_entity import EntityEmbeddingRegressor

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


class RefuseToWait(skorch.callbacks.Callback):
    """Lets torch raise where a step waits for the GPU."""

    def on_batch_begin(self, net, **kwargs):
        torch.cuda.set_sync_debug_mode("error")

    def on_batch_end(self, net, **kwargs):
        torch.cuda.set_sync_debug_mode("default")


def test_a_gpu_learns_as_a_cpu_does(with_a_long_table, small):
    X, y = with_a_long_table
    small = small | {"max_iter": 20}
    on_cpu, on_gpu = (
        EntityEmbeddingRegressor(**small | {"device": device}).fit(X, y)
        for device in ("cpu", "cuda:0")
    )
    # Both draw other numbers.
    errors = [np.mean((model.predict(X) - y) ** 2) for model in (on_cpu, on_gpu)]
    assert errors[1] == pytest.approx(errors[0], rel=0.1)
    assert all(isinstance(part, np.ndarray) for part in on_gpu.state_.weights.layers[0])


def test_no_step_waits_for_the_gpu(with_a_long_table, small):
    settings = small | {"device": "cuda", "callbacks": [RefuseToWait()]}
    try:
        EntityEmbeddingRegressor(**settings).fit(*with_a_long_table)
    finally:
        torch.cuda.set_sync_debug_mode("default")
