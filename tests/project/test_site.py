"""What the documentation is built with: pages of names, links to other libraries, formulas."""

import importlib
import re
import runpy
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXTENSIONS = DOCS / "_extensions"
API = runpy.run_path(str(EXTENSIONS / "api_pages.py"))
PUBLIC = [(module, name) for module in API["MODULES"] for name in API["public_names"](module)]


def extension(name, needs):
    """The names of an extension that needs a library."""
    pytest.importorskip(needs)
    return runpy.run_path(str(EXTENSIONS / f"{name}.py"))


def tables():
    """Pairs of module and patterns of the tables of the summary page."""
    text = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    for table in re.finditer(r"^\.\. public-names:: (\S+)\n\n((?:   \S+\n)+)", text, re.MULTILINE):
        yield table[1], table[2].split()


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_every_public_name_is_in_a_table_and_has_an_example(module, name):
    assert any(
        of_table == module and any(fnmatch(name, pattern) for pattern in patterns)
        for of_table, patterns in tables()
    )
    docstring = getattr(importlib.import_module(module), name).__doc__
    assert re.search(r"Examples\n\s+-{8}\n\s+>>> ", docstring)


def test_names_of_the_package_are_of_one_public_module_each():
    # On Ray functions are called what they are called in a stream, as they do the same.
    alike = {name for module, name in PUBLIC if module == "sk_entity.streaming"}
    names = [name for module, name in PUBLIC if module != "sk_entity.distributed"]
    names += [n for m, n in PUBLIC if m == "sk_entity.distributed" and n not in alike]
    assert len(names) == len(set(names))


def test_the_page_of_a_class_has_its_methods_and_properties():
    text = "\n".join(API["page"]("sk_entity", "EntityEmbeddingEncoder"))
    assert ".. autoclass:: EntityEmbeddingEncoder\n" in text
    for method in ("fit_transform", "to_frame", "partial_fit", "set_output"):
        assert f"   ~EntityEmbeddingEncoder.{method}\n" in text
        assert f".. automethod:: EntityEmbeddingEncoder.{method}\n" in text
    assert ".. autoproperty:: EntityEmbeddingEncoder.support_\n" in text
    assert ".. minigallery:: sk_entity.EntityEmbeddingEncoder\n" in text


def test_the_page_of_a_function_is_its_docstring_and_its_examples():
    text = "\n".join(API["page"]("sk_entity.inspection", "compare"))
    assert text.startswith("compare\n=======\n\n.. currentmodule:: sk_entity.inspection\n")
    assert ".. autofunction:: compare\n" in text


def test_what_every_class_of_python_has_is_not_listed():
    from sk_entity.persistence import VersionWarning

    assert API["members"](VersionWarning) == ([], [])


def test_names_of_other_libraries_have_the_address_of_their_page():
    names = extension("addresses", "sphinx")
    libraries = tomllib.loads((EXTENSIONS / "addresses.toml").read_text(encoding="utf-8"))
    inventory = pytest.importorskip("sphinx.util.inventory").InventoryFile
    found = {}
    for name, library in libraries.items():
        content = names["inventory"](name, library)
        found |= dict(inventory.loads(content, uri=library["base"]).data.get("py:class", {}))
        assert library["base"].startswith("https://")
        assert library["base"].endswith("/")
    encoder = "sklearn.preprocessing.TargetEncoder"
    page = f"https://scikit-learn.org/stable/modules/generated/{encoder}.html#{encoder}"
    assert found[encoder].uri == page


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sklearn.preprocessing.TargetEncoder", "py:class"),
        ("sklearn.preprocessing.OrdinalEncoder.inverse_transform", "py:function"),
        ("sklearn.exceptions.NotFittedError", "py:exception"),
        ("int", "py:class"),
        ("callable", "py:function"),
    ],
)
def test_a_name_says_what_it_is(name, kind):
    assert extension("addresses", "sphinx")["kind"](name) == kind


@pytest.mark.parametrize(
    ("text", "is_fetched"),
    [
        ('<script src="https://cdn.example/a.js">', True),
        ('<script defer src="//cdn.example/a.js">', True),
        ('<script src="_static/a.js">', False),
        ('<link rel="stylesheet" href="https://fonts.example/a.css">', True),
        ('<link href="https://fonts.example/a.css" rel="stylesheet">', True),
        ('<link rel="canonical" href="https://example.org/">', False),
        ('<a href="https://example.org/">', False),
        ('<img alt="" src="http://example.org/a.png">', True),
        ("@font-face { src: url(https://fonts.example/a.woff2) }", True),
        ("@import 'https://fonts.example/a.css';", True),
        ('background: url("data:image/svg+xml;base64,aGk=")', False),
    ],
)
def test_what_comes_from_another_machine_is_found(text, is_fetched):
    assert bool(extension("nothing_is_fetched", "sphinx")["fetched"](text)) == is_fetched
