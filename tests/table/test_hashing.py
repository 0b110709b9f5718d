"""Hashes of values are for ever."""

import os
import subprocess
import sys
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_entity._table.hashing import _mixed, hashes
from sk_entity._table.series import factorize

# A saved estimator depends on them: never change one.
GOLDEN = {
    "a": 8672504928413126175,
    "": 18394910559240071832,
    "fig": 17711222876046377951,
    "Zürich": 157550462109268630,
    "日本": 2502831048932179944,
    b"fig": 17711222876046377951,
    0: 0,
    1: 6238072747940578789,
    -1: 13029008266876403067,
    9223372036854775809: 2507104972516670462,
    1000000000000000000000000000000: 3515052928468413482,
    0.5: 13311456329002480556,
    -2.25: 8532893663775045542,
    1e300: 15154109528254729694,
    5e-324: 16490336266968443936,
}


def hash_of(*values):
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return hashes(pd.Index(cells, dtype=object)).tolist()


@pytest.mark.parametrize("value", GOLDEN, ids=repr)
def test_hashes_never_change(value):
    assert hash_of(value) == [GOLDEN[value]]
    assert hash_of(value, "a", 1)[0] == GOLDEN[value]


@pytest.mark.slow
def test_another_process_has_the_same_hashes():
    code = (
        "import pandas as pd; from sk_entity._table.hashing import hashes; "
        "print(hashes(pd.Index(['a', 1, b'a', 2.5], dtype=object)).tolist())"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == str(hash_of("a", 1, b"a", 2.5))


class Fruit(StrEnum):
    FIG = "fig"


@pytest.mark.parametrize(
    "equal",
    [
        (1, 1.0, True, np.int64(1), np.float32(1), np.uint8(1), np.bool_(True), Decimal(1)),
        (0, 0.0, -0.0, False, Decimal("-0.0")),
        (-3, -3.0, np.int8(-3), Fraction(-3)),
        (0.5, np.float32(0.5), Decimal("0.5"), Fraction(1, 2)),
        (2**63, float(2**63), np.uint64(2**63)),
        (2**70, float(2**70), Decimal(2**70)),
        (10**400, Decimal(10**400)),
        (float("inf"), np.float32("inf"), Decimal("Infinity")),
        ("fig", np.str_("fig"), Fruit.FIG),
    ],
)
def test_equal_values_have_one_hash(equal):
    assert len({*equal}) == 1
    assert len({*hash_of(*equal)}) == 1
    assert hash_of(*equal)[0] == hash_of(equal[0])[0]


any_number = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans()


@given(any_number, any_number)
def test_numbers_have_one_hash_just_where_they_are_equal(a, b):
    first, second = hash_of(a, b)
    assert (first == second) == (a == b)
    assert hashes(pd.Index([a])).tolist() == [first]


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_hash_alike_as_floats(number):
    assert hashes(pd.Index([number])) == hashes(pd.Index([float(number)])) == hash_of(number)


def test_unsigned_numbers_hash_as_signed_ones():
    large = pd.Index(np.array([5, 2**63 + 1], dtype=np.uint64))
    assert hashes(large).tolist() == hash_of(5, 2**63 + 1)
    assert hashes(pd.Index([5])).tolist() == hash_of(5)
    assert hashes(pd.Index([float(2**63)])).tolist() == hash_of(2**63)


@pytest.mark.parametrize("cells", [["fig", "", "π"], [3, 1, 2], [0.5, 2.0, -1.5], [True, False]])
def test_any_container_gives_the_same_hashes(cells):
    columns = [
        pd.Series(cells),
        pd.Series(cells, dtype=object),
        pd.Series(cells).astype("category"),
        pd.Series(cells).convert_dtypes(),
        pl.Series(cells),
        pa.chunked_array([cells]),
    ]
    for column in columns:
        codes, values = factorize("x", nw.from_native(column, series_only=True))
        assert hashes(values)[codes].tolist() == hash_of(*cells)


def test_lone_surrogates_and_other_objects_have_a_hash():
    assert len({*hash_of("\ud800", "\ud801", "a", pd.Interval(0, 1), pd.Interval(1, 2))}) == 5
    assert hash_of("\ud800", "a")[1] == hash_of("a")[0]


def test_hashes_are_spread_evenly():
    for values in (np.arange(20_000), np.arange(20_000) / 8, [f"item {k}" for k in range(20_000)]):
        times = np.bincount((hashes(pd.Index(values)) % np.uint64(100)).astype(int))
        assert len(times) == 100
        assert 0.5 < ((times - 200) ** 2 / 200).mean() < 1.6  # chi-square over its degrees


def test_no_value_has_no_hash():
    assert hashes(pd.Index([], dtype=object)).tolist() == []


def siphash(data, key):
    """SipHash-2-4 as its authors define it, in plain Python."""
    mask = 2**64 - 1

    def rotated(x, bits):
        return (x << bits | x >> 64 - bits) & mask

    def rounds(v, n):
        a, b, c, d = v
        for _ in range(n):
            a, c = (a + b) & mask, (c + d) & mask
            b, d = rotated(b, 13) ^ a, rotated(d, 16) ^ c
            a = rotated(a, 32)
            c, a = (c + b) & mask, (a + d) & mask
            b, d = rotated(b, 17) ^ c, rotated(d, 21) ^ a
            c = rotated(c, 32)
        return [a, b, c, d]

    k0, k1 = (int.from_bytes(key[i : i + 8], "little") for i in (0, 8))
    v = [k0, k1, k0, k1]
    v = [x ^ int.from_bytes(word, "big") for x, word in zip(v, WORDS, strict=True)]
    padded = data + bytes(-(len(data) + 1) % 8) + bytes([len(data) % 256])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i : i + 8], "little")
        v[3] ^= word
        v = rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    a, b, c, d = rounds(v, 4)
    return a ^ b ^ c ^ d


WORDS = b"somepseu", b"dorandom", b"lygenera", b"tedbytes"


@given(st.text() | st.binary())
def test_texts_are_hashed_as_it_is_written(text):
    data = text if isinstance(text, bytes) else text.encode()
    key = np.array([siphash(data, b"sk-entity-hashed")], dtype=np.uint64)
    assert hash_of(text) == _mixed(key).tolist()


def test_numbers_are_spread_as_splitmix_does_it():
    x = 12345
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) % 2**64
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) % 2**64
    assert hash_of(12345) == [x ^ x >> 31]
