"""Long texts are packed: a description of many alike columns repeats itself."""

import base64
import zlib

# A packed text that claims to hold more is made to fill memory.
MOST_BYTES, MOST_TIMES = 100_000_000, 200


def pack(text: str) -> str:
    """Compress a text (DEFLATE, RFC 1951) into letters and digits (base64)."""
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def unpack(packed: str) -> str:
    """Return the text that `pack` was given.

    Raises
    ------
    ValueError
        If it is none, or would be longer than any that is written.
    """
    try:
        compressed = base64.b64decode(packed, validate=True)
        machine = zlib.decompressobj()
        most = min(MOST_BYTES, MOST_TIMES * len(compressed))
        content = machine.decompress(compressed, most)
    except (ValueError, zlib.error) as error:
        raise ValueError(f"its description cannot be unpacked: {error}") from None
    if not machine.eof or machine.unused_data:
        raise ValueError(f"its description has no end within {most} bytes")
    return content.decode("utf-8")
