"""A file is replaced as a whole or not at all."""

import errno
import os
import stat
import sys

import pytest

from sk_entity._atomic_file import write_file

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_one_that_is_there(tmp_path):
    path = tmp_path / "file"
    write_file(path, [b"ab", memoryview(b"c")])
    assert path.read_bytes() == b"abc"
    write_file(str(path), [b"d"])
    assert path.read_bytes() == b"d"
    assert os.listdir(tmp_path) == ["file"]


def test_a_relative_path_and_a_name_of_the_greatest_length(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_file("n" * 255, [b"a"])
    assert os.listdir(tmp_path) == ["n" * 255]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), ValueError()])
def test_whatever_goes_wrong_the_old_file_stays(error, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def parts():
        yield b"new"
        assert len(os.listdir(tmp_path)) == 2  # it is written beside
        raise error

    with pytest.raises(type(error)):
        write_file(path, parts())
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_named_by_the_file(number, tmp_path):
    def parts():
        yield b"new"
        raise OSError(number, os.strerror(number))

    with pytest.raises(OSError, match="file") as raised:
        write_file(tmp_path / "file", parts())
    assert (raised.value.errno, raised.value.filename) == (number, str(tmp_path / "file"))


def test_a_folder_that_is_not_there_is_named_by_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        write_file(tmp_path / "nowhere" / "file", [b""])
    assert raised.value.filename == str(tmp_path / "nowhere" / "file")


def test_an_error_of_something_else_is_left_as_it_is(tmp_path):
    def parts():
        yield b"new"
        raise OSError(errno.EIO, "the file that is read")

    with pytest.raises(OSError, match="the file that is read") as raised:
        write_file(tmp_path / "file", parts())
    assert raised.value.filename is None


def test_it_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    called = []
    monkeypatch.setattr("os.fsync", lambda descriptor: called.append("fsync"))
    replace = os.replace
    monkeypatch.setattr("os.replace", lambda *paths: (called.append("replace"), replace(*paths)))
    write_file(tmp_path / "file", [b"a"])
    assert called[:2] == ["fsync", "replace"]


@posix
def test_permissions_are_those_of_the_old_file_or_of_any_new_one(tmp_path):
    path, other = tmp_path / "file", tmp_path / "other"
    before = os.umask(0o027)
    try:
        write_file(path, [b"a"])
        other.write_bytes(b"a")
    finally:
        os.umask(before)
    assert mode(path) == mode(other) == 0o640
    path.chmod(0o604)
    write_file(path, [b"b"])
    assert mode(path) == 0o604


@posix
def test_a_link_leads_to_the_new_file(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_file(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@posix
def test_what_is_no_file_is_not_replaced(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a directory"):
        write_file(tmp_path, [b"a"])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no regular file"):
        write_file(pipe, [b"a"])
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "folder" / "file", [b"a"])


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_disk_that_is_full(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    real = open

    def on_a_full_disk(name, mode):
        os.symlink("/dev/full", name)
        return real(name, "wb")

    monkeypatch.setattr("builtins.open", on_a_full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, [b"new"])
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
