"""The device is the one asked for, or the best; one that is not there is refused at once."""

import pytest

from sk_entity import EntityEmbeddingRegressor, streaming
from sk_entity._training.device import resolve_device


@pytest.fixture
def there_is(monkeypatch):
    """A function that says what torch is to find."""

    def find(*devices, n_gpus=2):
        has_gpus = "cuda" in devices
        monkeypatch.setattr("torch.cuda.is_available", lambda: has_gpus)
        monkeypatch.setattr("torch.cuda.device_count", lambda: n_gpus if has_gpus else 0)
        monkeypatch.setattr("torch.backends.mps.is_available", lambda: "mps" in devices)

    return find


@pytest.mark.parametrize(
    ("asked_for", "devices", "found"),
    [
        ("auto", [], "cpu"),
        ("auto", ["mps"], "mps"),
        ("auto", ["cuda", "mps"], "cuda"),
        ("cpu", ["cuda", "mps"], "cpu"),
        ("cuda", ["cuda"], "cuda"),
        ("cuda:1", ["cuda"], "cuda:1"),
        ("mps", ["mps"], "mps"),
    ],
)
def test_the_device_is_the_one_asked_for_or_the_best(there_is, asked_for, devices, found):
    there_is(*devices)
    assert resolve_device(asked_for) == found


@pytest.mark.parametrize(
    ("asked_for", "devices", "message"),
    [
        ("cuda", [], r"device='cuda' needs a GPU .*device=\"auto\", which takes 'cpu' here"),
        ("cuda:1", ["mps"], r"'cuda:1' needs a GPU .*which takes 'mps' here, or install"),
        ("cuda:2", ["cuda"], r"'cuda:2' is not there: torch finds 2, the last of them \"cuda:1\""),
        ("mps", [], r"'mps' is not there. Use device=\"auto\", which takes 'cpu'"),
        ("gpu", [], r"'gpu' is not the name of a device. Use .*\"cuda:1\" \(the second"),
        ("meta", [], r"'meta' cannot train here. Use device=\"auto\", .* or \"cpu\""),
        ("", [], r"'' is not the name of a device"),
    ],
)
def test_a_device_that_is_not_there_is_refused(there_is, asked_for, devices, message):
    there_is(*devices)
    with pytest.raises(ValueError, match=message):
        resolve_device(asked_for)


def test_it_is_refused_before_anything_is_learned(there_is, slopes, small, monkeypatch):
    there_is()
    monkeypatch.setattr("sk_entity._estimators.start.FreshStart.code_table", None)
    model = EntityEmbeddingRegressor(**small | {"device": "cuda"})
    with pytest.raises(ValueError, match="device='cuda' needs a GPU"):
        model.fit(*slopes)
    assert not hasattr(model, "state_")


def test_a_stream_refuses_it_before_its_first_pass(there_is, slopes, small, monkeypatch):
    there_is()
    monkeypatch.setattr("sk_entity._estimators.first_pass.FirstPass.add", None)
    model = EntityEmbeddingRegressor(**small | {"device": "cuda"})
    with pytest.raises(ValueError, match="device='cuda' needs a GPU"):
        streaming.fit(model, slopes[0].assign(y=slopes[1]))
