"""Files of `sk_entity.persistence` are taken apart and put together again, as an attacker would."""

import hashlib
import json
import math

import numpy as np

from sk_entity.persistence.packed_text import pack, unpack

NO_CHECKSUM = "0" * 64


class Parts:
    """A file in parts that can be changed.

    Attributes
    ----------
    metadata : dict
        The header's, but for the document.
    document : dict
    entries : dict
        Of the arrays, as in the header.
    data : bytearray
    """

    def __init__(self, content):
        length = int.from_bytes(content[:8], "little")
        self.entries = json.loads(content[8 : 8 + length])
        self.metadata = self.entries.pop("__metadata__")
        self.document = json.loads(self.metadata.pop("document"))
        self.document["objects"] = json.loads(unpack(self.metadata.pop("objects")))
        self.data = bytearray(content[8 + length :])

    def header(self):
        """The header as text, with the checksum of the whole."""
        header = self._header(NO_CHECKSUM)
        digest = hashlib.sha256(len(header).to_bytes(8, "little") + header + self.data)
        return self._header(digest.hexdigest())

    def _header(self, checksum):
        # Not every document that an attacker makes is one.
        document = dict(self.document) if type(self.document) is dict else self.document
        objects = json.dumps(document.pop("objects", None)) if type(document) is dict else ""
        metadata = {"document": json.dumps(document), "objects": pack(objects), "sha256": checksum}
        metadata = self.metadata | metadata
        text = json.dumps({"__metadata__": metadata, **self.entries}).encode()
        return text + b" " * (-len(text) % 8)

    def content(self):
        """The file."""
        return signed(self.header(), bytes(self.data))

    def array(self, name):
        """An array whose changes are changes of the file."""
        entry = self.entries[name]
        start, stop = entry["data_offsets"]
        dtype = {"F": "f", "I": "i", "U": "u", "B": "b1"}[entry["dtype"][0]]
        dtype += str(int(entry["dtype"][1:]) // 8) if dtype != "b1" else ""
        view = np.frombuffer(self.data, dtype, math.prod(entry["shape"]), offset=start)
        assert view.nbytes == stop - start
        return view.reshape(entry["shape"])

    def objects(self, kind, name=None):
        """Descriptions of the objects of a kind, or of the records of a name."""
        return [o for o in self.document["objects"] if o[0] == kind and name in (None, o[1])]


def signed(header, data):
    """A file of this header, whatever it says."""
    return len(header).to_bytes(8, "little") + header + data
