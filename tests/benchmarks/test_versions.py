"""Versions change with what may change a result, and with nothing else."""

from importlib import metadata

import pytest

from benchmarks import versions
from benchmarks.versions import checksum, library_checksum

CODE = '''
"""A module."""


class A:
    """A class."""

    b = None

    def c(self, d=1):
        """A method."""
        return d + 1
'''


@pytest.fixture
def checksum_of(tmp_path):
    """The checksum of a folder with this code in a folder inside it."""

    def of(code, name="a.py"):
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        (folder / "inside").mkdir(parents=True)
        (folder / "inside" / name).write_text(code)
        (folder / "_version.py").write_text(f"__version__ = {len(code)}\n")
        return checksum(folder, leave_out={"_version.py"})

    return of


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""A module."""', ""),
        ('"""A class."""', '"""Another\n    class."""'),
        ("        return d + 1", "        # Why.\n\n        return (d  +  1)"),
        ("b = None", 'b = None\n    """What b is."""'),
    ],
)
def test_words_and_layout_do_not_count(before, after, checksum_of):
    assert before in CODE
    assert checksum_of(CODE.replace(before, after)) == checksum_of(CODE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("d + 1", "d + 2"),
        ("d + 1", "d - 1"),
        ("d=1", "d=1.0"),
        ("b = None", "b = 0"),
        ("b = None", 'b = "None"'),
        ("return d", "yield d"),
    ],
)
def test_code_counts(before, after, checksum_of):
    assert before in CODE
    assert checksum_of(CODE.replace(before, after)) != checksum_of(CODE)


def test_the_name_of_a_file_counts(checksum_of):
    assert checksum_of(CODE, "b.py") != checksum_of(CODE)


def test_the_version_of_the_library_is_its_code_and_that_of_others_their_number():
    torch = metadata.version("torch")
    of_both = versions.versions("sk-entity", "torch", "torch")
    assert of_both == f"sk-entity code {library_checksum()}, torch {torch}"
    assert versions.versions("no-such-package") == "no-such-package not installed"
