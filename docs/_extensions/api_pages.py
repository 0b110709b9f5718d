"""This extension writes a page for each public name, and tables of these names.

Which names are public, the modules' `__all__` say. In reStructuredText,

    .. public-names:: sk_entity.inspection

       *Display

is a table of the names of a module that fit one of the patterns and are in no table before.

A name is experimental if its docstring or that of its module says so, and else it is stable.
"""

import importlib
import inspect
import re
from fnmatch import fnmatch
from pathlib import Path

MODULES = [
    "sk_entity",
    "sk_entity.inspection",
    "sk_entity.persistence",
    "sk_entity.streaming",
    "sk_entity.distributed",
    "sk_entity.onnx",
]


def public_names(module):
    """Names that users import from a module."""
    return [name for name in importlib.import_module(module).__all__ if name[0] != "_"]


def status(module, name):
    """Say what a user may rely on: "stable" or "experimental"."""
    home = importlib.import_module(module)
    says_so = re.compile(r"^ *This (module|class|function) is experimental\b", re.MULTILINE)
    found = [says_so.search(thing.__doc__ or "") for thing in (home, getattr(home, name))]
    return "experimental" if any(found) else "stable"


def members(cls):
    """Public methods and properties of a class, but those that every class of Python has."""
    methods, properties = [], []
    for name in dir(cls):
        home = next((base for base in cls.__mro__ if name in vars(base)), cls)
        if name.startswith("_") or home.__module__ == "builtins":
            continue
        static = inspect.getattr_static(cls, name)
        if isinstance(static, property):
            properties.append(name)
        elif callable(getattr(cls, name, None)):
            methods.append(name)
    return methods, properties


def page(module, name):
    """The text of the page of a public name, line by line."""
    value = getattr(importlib.import_module(module), name)
    yield from (name, "=" * len(name), "", f".. currentmodule:: {module}", "")
    yield from (f"Status: :ref:`{status(module, name)} <stable-and-experimental>`", "")
    if inspect.isclass(value):
        yield from _of_class(name, value)
    else:
        yield f".. autofunction:: {name}"
    yield from ("", f".. minigallery:: {module}.{name}", "   :add-heading: Gallery", "")


def _of_class(name, cls):
    yield f".. autoclass:: {name}"
    methods, properties = members(cls)
    for title, role, found in (
        ("Methods", "automethod", methods),
        ("Properties", "autoproperty", properties),
    ):
        if not found:
            continue
        yield from ("", title, "-" * len(title), "", ".. autosummary::", "   :nosignatures:", "")
        yield from (f"   ~{name}.{member}" for member in found)
        yield from (f"\n.. {role}:: {name}.{member}" for member in found)


def write_pages(app):
    """Write the pages, where they differ, and take away those of names that are gone."""
    folder = Path(app.srcdir) / "api"
    texts = {f"{m}.{n}.rst": "\n".join(page(m, n)) for m in MODULES for n in public_names(m)}
    for file in folder.glob("*.rst"):
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def find_short_name(app, env, node, contnode):
    """Find a public name without its module, as in `EntityEmbeddingEncoder.support_`."""
    python = env.domains["py"]
    for module in MODULES if node.get("refdomain") == "py" else ():
        target = f"{module}.{node['reftarget']}"
        found = python.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, contnode)
        if found:
            return found
    return None


def setup(app):
    """Write the pages before Sphinx looks for them."""
    from sphinx.ext.autosummary import Autosummary

    class PublicNames(Autosummary):
        required_arguments = 1

        def run(self):
            module = self.arguments[0]
            listed = self.env.temp_data.setdefault("public_names", set())
            names = [
                name
                for name in public_names(module)
                if any(fnmatch(name, pattern) for pattern in self.content)
                and f"{module}.{name}" not in listed
            ]
            listed.update(f"{module}.{name}" for name in names)
            self.content = [f"~{module}.{name}" for name in names]
            self.options |= {"nosignatures": None, "toctree": ""}
            return super().run() if names else []

        def get_items(self, names):
            listed = [name.removeprefix("~").rpartition(".") for name in names]
            states = [status(module, name) for module, _, name in listed]
            marks = {"stable": "", "experimental": "*Experimental.* "}
            return [
                (name, signature, marks[state] + summary, *rest)
                for state, (name, signature, summary, *rest) in zip(
                    states, super().get_items(names), strict=True
                )
            ]

    app.setup_extension("sphinx.ext.autosummary")
    app.add_directive("public-names", PublicNames)
    app.connect("builder-inited", write_pages)
    app.connect("missing-reference", find_short_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
