"""This extension links names of other libraries to their documentation, without a network.

It makes the inventories that intersphinx reads from the lists of `addresses.toml`. A name that is
not in its list, and is used with its module, fails the build.
"""

import builtins
import tomllib
import zlib
from pathlib import Path

LISTS = Path(__file__).with_suffix(".toml")


def kind(name):
    """What Sphinx calls the thing with this name of Python."""
    last = name.rpartition(".")[2]
    if last.endswith(("Error", "Warning")):
        return "py:exception"
    if name == "None":
        return "py:data"
    is_class = last[0].isupper() or name in vars(builtins) and name != "callable"
    return "py:class" if is_class else "py:function"


def entries(library):
    """Triples of name, kind and address within the documentation of a library."""
    for address, names in library["names"].items():
        for name in names:
            yield name, kind(name), address.replace("{}", name)
    for role in ("label", "term"):
        for name, address in library.get(f"{role}s", {}).items():
            yield name, f"std:{role}", address


def inventory(name, library):
    """The bytes of Sphinx's objects.inv."""
    head = f"# Sphinx inventory version 2\n# Project: {name}\n# Version: stable\n"
    head += "# The remainder of this file is compressed using zlib.\n"
    lines = [f"{entry} {role} 1 {where} -\n" for entry, role, where in entries(library)]
    return head.encode() + zlib.compress("".join(lines).encode())


def write_inventories(app, config):
    """Write them where the build keeps its own files, and tell intersphinx."""
    folder = Path(app.doctreedir) / "inventories"
    folder.mkdir(parents=True, exist_ok=True)
    for name, library in tomllib.loads(LISTS.read_text(encoding="utf-8")).items():
        file = folder / f"{name}.inv"
        file.write_bytes(inventory(name, library))
        config.intersphinx_mapping[name] = (library["base"], str(file))


def setup(app):
    """Come before intersphinx checks its settings."""
    app.setup_extension("sphinx.ext.intersphinx")
    app.connect("config-inited", write_inventories, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
