"""This module says with which versions a result was measured, so that it is known when it is stale.

Of other packages that is their version. The version of sk-entity says nothing between two
releases, so in its place stands a checksum of its code.
"""

import ast
import functools
import hashlib
import json
from importlib import metadata
from pathlib import Path

import sk_entity

LIBRARY = "sk-entity"
PACKAGE = Path(sk_entity.__file__).parent


def versions(*packages):
    """Names and versions of packages as they are installed, each once."""
    return ", ".join(f"{name} {_version(name)}" for name in dict.fromkeys(packages))


def _version(package):
    if package == LIBRARY:
        return f"code {library_checksum()}"
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


@functools.cache
def library_checksum():
    """The checksum of the library's code; a release alone does not change it."""
    return checksum(PACKAGE, leave_out={"_version.py"})


def checksum(folder, leave_out=()):
    """Eight digits that change with the code in a folder, and not with its words or its layout."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    return digest(
        {name: code(path) for name, path in sorted(files.items()) if name not in leave_out}
    )


def code(path):
    """The code of a file as nested lists, without comments, docstrings and layout."""
    return _structure(ast.parse(path.read_text(encoding="utf-8")))


def digest(value):
    """Eight digits for what JSON can hold."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:8]


def _structure(node):
    """A node without empty fields: which of them there are differs between versions of Python."""
    if isinstance(node, list):
        return [_structure(item) for item in node if not _is_text(item)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: _structure(value) for name, value in ast.iter_fields(node) if value is not None}
    return [type(node).__name__, {name: value for name, value in fields.items() if value != []}]


def _is_text(node):
    """Whether this statement is a string alone, such as a docstring: it does nothing."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
