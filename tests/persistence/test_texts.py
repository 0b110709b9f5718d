"""Strings and objects survive as text."""

import uuid
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_entity.persistence.texts import TYPES, join, read_objects, split, write_objects

any_text = st.text(st.characters(codec=None, categories=None, exclude_categories=()))


@given(st.lists(any_text))
def test_any_strings(strings):
    text, lengths = join(strings)
    assert text.dtype == np.uint8
    assert lengths.dtype.kind == "u"
    assert split(text, lengths) == strings


def test_lengths_are_as_narrow_as_can_be():
    for length, dtype in ((0, "u1"), (255, "u1"), (256, "u2"), (70_000, "u4")):
        assert join(["x" * length, ""])[1].dtype == dtype


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        (b"ab", np.array([1], dtype=np.uint8)),
        (b"ab", np.array([2, 1], dtype=np.uint8)),
        (b"ab", np.array([3], dtype=np.uint64)),
        (b"ab", np.array([2**63, 2**63, 2], dtype=np.uint64)),  # 2 but for the overflow
        (b"ab", np.array([1, 1])),
        (b"ab", np.array([[1, 1]], dtype=np.uint8)),
        (b"a\xff", np.array([2], dtype=np.uint8)),
        (b"", np.array([1], dtype=np.uint8)),
    ],
)
def test_lengths_that_are_not_those_of_the_text(text, lengths):
    with pytest.raises(ValueError, match="strings|decode"):
        split(np.frombuffer(text, dtype=np.uint8), lengths)


OBJECTS = [
    "a", "", "\ud800", True, False, 0, -5, 2**200, 0.1, -0.0, float("inf"), b"", b"\xff\0",
    Decimal("1.10"), Decimal("-0"), Decimal("Infinity"), Decimal("1E+999999"), Fraction(-1, 3),
    uuid.UUID(int=7), pd.Interval(0, 1.5), pd.Interval(1, 2, closed="both"),
    pd.Interval(pd.Timestamp(5), pd.Timestamp("2020-01-01")),
    pd.Interval(pd.Timedelta(1), pd.Timedelta(days=3)),
]  # fmt: skip


def test_objects_of_every_type():
    assert {type(value) for value in OBJECTS} | {pd.Timestamp, pd.Timedelta} == {
        entry.type for entry in TYPES
    }
    strings, numbers = write_objects(OBJECTS)
    found = read_objects(strings, numbers)
    assert list(map(repr, found)) == list(map(repr, OBJECTS))
    assert list(map(type, found)) == list(map(type, OBJECTS))


def test_integers_of_any_length_are_fast():
    value = 7**200_000  # in decimal digits Python would refuse it
    assert read_objects(*write_objects([value])) == [value]


def test_equal_values_of_other_types_become_pythons_own():
    class Size(IntEnum):
        LARGE = 3

    class Name(str, Enum):  # noqa: UP042
        A = "a"

    given_ = [np.int64(3), np.float32(0.5), np.str_("x"), np.bool_(True), Size.LARGE, Name.A]
    found = read_objects(*write_objects(given_))
    assert found == given_ == [3, 0.5, "x", True, 3, "a"]
    assert list(map(type, found)) == [int, float, str, bool, int, str]


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        Colour.RED,
        object(),
        np.longdouble("0.1"),
        Fraction(1, 10**20_000),
        pd.Interval(pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2021", tz="UTC")),
    ],
)
def test_what_cannot_be_stored(value):
    with pytest.raises(TypeError, match="cannot be stored"):
        write_objects(["a", value])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (99, "a"), (1, "2"), (2, "x"), (2, ""), (3, "nan"), (3, "x"), (4, "Ā"), (5, "x"),
        (5, "NaN"), (6, "1"), (6, "1/0"), (6, "1/" + "2" * 20_000), (7, "x"), (8, "[]"),
        (8, '["right", [3, "0x1p+1"], [3, "0x0p+0"]]'), (8, '["up", [2, "0"], [2, "1"]]'),
        (8, '["right", [2.0, "0"], [2, "1"]]'), (9, "NaT"), (9, "x"), (10, "NaT"), (10, "x"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(number, text):
    with pytest.raises(ValueError, match="object|missing|fraction"):
        read_objects([text], np.array([number], dtype=np.uint8))


def test_a_type_for_each():
    for numbers in (np.array([0], dtype=np.uint8), np.array([0, 0]), np.array([], dtype=np.uint8)):
        with pytest.raises(ValueError, match="no type for each"):
            read_objects(["a", "b"], numbers)
