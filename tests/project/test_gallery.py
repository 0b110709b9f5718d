"""The examples of the gallery are what they should be; the docs build runs them."""

import ast
import importlib
import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
GALLERY = sorted(EXAMPLES.glob("plot_*.py"))
MOST_LINES = 120
TIMING = re.compile(r"\b\d[\d.,]* ?(s|ms|sec|seconds|minutes) (long|to (run|fit|train))\b")

each_example = pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def names_imported(tree):
    """Pairs of a module of the library and a name that is taken from it, or None."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sk_entity":
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name, None) for a in node.names if a.name.split(".")[0] == "sk_entity")


def test_there_is_a_gallery():
    assert len(GALLERY) >= 10


@each_example
def test_an_example_has_a_title_and_says_for_whom_it_is(path):
    title, rule, empty, *text = ast.get_docstring(tree_of(path)).splitlines()
    assert set(rule) == {"="}
    assert len(rule) == len(title)
    assert not empty
    assert re.match("This example is for people (who|whose) ", text[0])


@each_example
def test_an_example_is_short_and_states_no_time(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert not TIMING.search(text)
    assert "perf_counter" not in text


@each_example
def test_an_example_uses_public_names_only(path):
    imported = list(names_imported(tree_of(path)))
    assert imported
    for module, name in imported:
        assert not any(part.startswith("_") for part in module.split(".")), module
        public = getattr(importlib.import_module(module), "__all__", ())
        assert name in public, f"{module}.{name}"


@each_example
def test_an_example_draws_and_fixes_its_seeds(path):
    text = path.read_text(encoding="utf-8")
    assert "plt." in text or "Display.from_" in text
    assert "random_state=0" in text
    assert "random_state=None" not in text


def test_private_names_and_times_are_found():
    tree = ast.parse("from sk_entity._target import shrinkage\nimport sk_entity.onnx")
    assert list(names_imported(tree)) == [
        ("sk_entity._target", "shrinkage"),
        ("sk_entity.onnx", None),
    ]
    assert TIMING.search("It takes 20 seconds to run.")
    assert not TIMING.search("in 30 days, and how in six hours")
