"""How much memory there is, and what is said where it does not suffice."""

import re

import pytest

from sk_entity import EntityEmbeddingRegressor
from sk_entity._estimators import memory
from sk_entity._estimators.memory import available_memory, failed_allocations_explained
from sk_entity._estimators.sizing import check_memory

MACHINE = 2**34


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that makes a system of control groups, given files and what they hold."""
    monkeypatch.setattr(memory, "physical_memory", lambda: MACHINE)

    def system(groups, **limits):
        files = {"proc/self/cgroup": groups} | limits
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return system


V2, V1 = "0::/pod/box\n", "9:name=systemd:/\n4:cpu,memory:/pod/box\n1:cpuset:/\n0::/\n"
NONE_OF_V1 = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        (V2, {"pod/box/memory.max": "1000\n"}, 1000),
        (V2, {"pod/box/memory.max": "max\n", "pod/memory.max": "2000\n"}, 2000),
        (V2, {"pod/box/memory.max": "3000\n", "pod/memory.max": "2000\n"}, 2000),
        # In a container the path is that of the host, and only the root is to be seen.
        (V2, {"memory.max": "4000\n"}, 4000),
        (V2, {"unified/pod/box/memory.max": "1000\n"}, 1000),
        (V2, {"pod/box/memory.max": "max\n"}, MACHINE),
        (V2, {"pod/box/memory.max": f"{2 * MACHINE}\n"}, MACHINE),
        (V2, {"other/memory.max": "1000\n"}, MACHINE),
        (V1, {"memory/pod/box/memory.limit_in_bytes": "1000\n"}, 1000),
        (V1, {"memory/memory.limit_in_bytes": "2000\n"}, 2000),
        (
            V1,
            {
                "memory/pod/box/memory.limit_in_bytes": NONE_OF_V1,
                "memory/pod/memory.limit_in_bytes": "3000\n",
            },
            3000,
        ),
        (V1, {"memory/memory.limit_in_bytes": NONE_OF_V1}, MACHINE),
        (V1, {"cpuset/memory.limit_in_bytes": "1000\n"}, MACHINE),
        ("", {}, MACHINE),
    ],
)
def test_memory_is_that_of_the_container_or_of_the_machine(machine, groups, limits, expected):
    root = machine(groups, **{f"sys/fs/cgroup/{name}": held for name, held in limits.items()})
    assert available_memory(root) == expected


def test_without_any_word_memory_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "physical_memory", lambda: None)
    assert available_memory(tmp_path) is None


def test_this_machine_says_how_much_memory_there_is():
    available = available_memory()
    assert available is None or 2**26 < available < 2**50


def test_tables_are_checked_against_the_limit_of_the_container(monkeypatch, sales, revenue, small):
    monkeypatch.setattr("sk_entity._estimators.sizing.available_memory", lambda: 1000)
    with pytest.raises(MemoryError, match="needs 0.0 GiB, more than the 0.0 GiB of this machine"):
        EntityEmbeddingRegressor(**small).fit(sales, revenue)
    check_memory([], [])


@pytest.mark.parametrize("layers", [(10**7, 10**7), (10**18, 10**4)])
def test_layers_beyond_memory_are_refused_with_the_ways_out(layers, sales, revenue, small):
    model = EntityEmbeddingRegressor(**small | {"hidden_layer_sizes": layers})
    with pytest.raises(MemoryError, match=r"too little memory to train \(.*Lower hidden_layer_si"):
        model.fit(sales, revenue)
    assert not hasattr(model, "state_")


def test_what_a_gpu_says_is_understood_and_other_errors_pass():
    said = "CUDA out of memory. Tried to allocate 20.00 GiB.\nSee documentation"
    with (
        pytest.raises(
            MemoryError, match=re.escape("(CUDA out of memory. Tried to allocate 20.00 GiB.)")
        ),
        failed_allocations_explained(),
    ):
        raise RuntimeError(said)
    with pytest.raises(RuntimeError, match="shape mismatch"), failed_allocations_explained():
        raise RuntimeError("shape mismatch")
