import base64
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_entity.persistence.packed_text import pack, unpack


@given(st.text())
def test_a_text_comes_back(text):
    assert unpack(pack(text)) == text


def test_what_repeats_itself_takes_little_room():
    assert len(pack('["array","f4",[5,3],17]' * 1000)) < 500


PACKED = base64.b64encode(zlib.compress(b"[1, 2, 3]" * 50)).decode()
BROKEN = {
    "no base64": "[]",
    "not compressed": base64.b64encode(b"[1, 2, 3]").decode(),
    "cut short": PACKED[:-8],
    "more behind it": base64.b64encode(base64.b64decode(PACKED) + b"x").decode(),
    "no text": base64.b64encode(zlib.compress(b"\xff\xfe")).decode(),
    "nothing": "",
}


@pytest.mark.parametrize("packed", BROKEN.values(), ids=BROKEN)
def test_what_is_none_is_refused(packed):
    with pytest.raises(ValueError):  # noqa: PT011, of several texts
        unpack(packed)


def test_what_would_fill_memory_is_refused_before_it_does():
    bomb = base64.b64encode(zlib.compress(bytes(10**8), 9)).decode()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="has no end within"):
            unpack(bomb)
        assert tracemalloc.get_traced_memory()[1] < 6e7
    finally:
        tracemalloc.stop()
