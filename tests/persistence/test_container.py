"""The container is a safetensors file, written and read on any machine."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sk_entity.persistence.container import DTYPES, Container, open_container, write_container

ARRAYS = [
    np.arange(6, dtype=np.int64).reshape(2, 3),
    np.array([True, False, True]),
    np.array([1.5, -0.0, np.nan], dtype=np.float32),
    np.array(7, dtype=np.uint16),
    np.empty((3, 0), dtype=np.float64),
    np.arange(5, dtype=np.uint8),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def read(path):
    with open_container(path) as container:
        return container.metadata, container.read()


def assert_same(found, arrays):
    assert len(found) == len(arrays)
    for i, array in enumerate(arrays):
        assert_array_equal(found[str(i)], array)
        assert found[str(i)].dtype == array.dtype
        assert found[str(i)].shape == array.shape
        assert found[str(i)].flags.writeable
        assert found[str(i)].dtype.isnative


def test_what_is_written_is_read(path):
    write_container(path, {"a": "é"}, ARRAYS)
    metadata, found = read(path)
    assert metadata["a"] == "é"
    assert_same(found, ARRAYS)


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_every_dtype(dtype, path):
    array = np.arange(4).astype(dtype)
    write_container(path, {}, [array])
    assert_same(read(path)[1], [array])


def test_the_safetensors_library_reads_it(path):
    safetensors = pytest.importorskip("safetensors")
    numpy = pytest.importorskip("safetensors.numpy")
    write_container(path, {"a": "b"}, ARRAYS)
    found = numpy.load_file(path)
    assert found.keys() == {str(i) for i in range(len(ARRAYS))}
    for i, array in enumerate(ARRAYS):
        assert_array_equal(found[str(i)], array)
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata()["a"] == "b"


def test_the_header_of_what_the_library_writes_is_read(path):
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file({"w": np.eye(2)}, path, metadata={"a": "b"})
    with open_container(path) as container:
        assert container.metadata == {"a": "b"}
        with pytest.raises(ValueError, match="no checksum"):
            container.read()


def test_numbers_of_the_other_byte_order_are_stored_like_all(path, tmp_path):
    write_container(path, {}, ARRAYS)
    swapped = [array.astype(array.dtype.newbyteorder()) for array in ARRAYS]
    assert swapped[0].dtype.str == ">i8"
    other = tmp_path / "other"
    write_container(other, {}, swapped)
    assert other.read_bytes() == path.read_bytes()
    assert_same(read(other)[1], ARRAYS)


def test_every_number_lies_at_a_multiple_of_its_width(path):
    write_container(path, {}, ARRAYS)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    entries = json.loads(content[8 : 8 + length])
    del entries["__metadata__"]
    assert length % 8 == 0
    for entry in entries.values():
        width = np.dtype(DTYPES[entry["dtype"]]).itemsize
        assert entry["data_offsets"][0] % width == 0


def test_every_byte_counts_for_the_checksum(path):
    write_container(path, {"a": "text"}, [np.arange(3)])
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]
        )
        with pytest.raises(ValueError):  # noqa: PT011
            read(path)
    path.write_bytes(content)
    read(path)


def test_a_truth_value_is_0_or_1(path):
    write_container(path, {}, [np.array([0, 2], dtype=np.uint8).view(bool)])
    with pytest.raises(ValueError, match="truth value"):
        read(path)


def test_a_header_beyond_the_limit_is_not_written(path, monkeypatch):
    monkeypatch.setattr("sk_entity.persistence.container.LONGEST_HEADER", 100)
    with pytest.raises(ValueError, match="has room for 100"):
        write_container(path, {"a": "x" * 100}, [])
    assert not path.exists()


def test_a_file_that_shrinks_while_it_is_read(path):
    write_container(path, {}, [np.arange(1000)])
    with open(path, "rb") as file:
        container = Container(file, path.stat().st_size)
        with open(path, "r+b") as other:
            other.truncate(500)
        file.seek(file.tell())
        with pytest.raises(ValueError, match="shorter|damaged"):
            container.read()
