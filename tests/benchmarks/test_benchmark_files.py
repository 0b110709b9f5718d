"""The files of the benchmarks are short, and one of them alone knows the library's insides."""

import ast
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FILES = sorted(BENCHMARKS.rglob("*.py"))
# Of code, without docstrings, comments and blank lines.
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 50
MAY_KNOW = "speed/library.py"


def name_of(path):
    return path.relative_to(BENCHMARKS).as_posix()


@pytest.fixture(params=FILES, ids=name_of)
def path(request):
    return request.param


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def documented(tree):
    """Nodes that may start with a docstring."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def lines_of_code(tree, node, text):
    """Lines in a node that are neither blank, nor comments, nor of a docstring."""
    docstrings = {
        line
        for n in documented(tree)
        if ast.get_docstring(n) is not None
        for line in range(n.body[0].lineno, n.body[0].end_lineno + 1)
    }
    lines = text.splitlines()
    span = range(getattr(node, "lineno", 1), getattr(node, "end_lineno", len(lines)) + 1)
    code = [i for i in span if i not in docstrings and lines[i - 1].strip()]
    return sum(not lines[i - 1].lstrip().startswith("#") for i in code)


def test_files_and_functions_are_short(path):
    tree, text = tree_of(path), path.read_text(encoding="utf-8")
    assert lines_of_code(tree, tree, text) <= MOST_LINES_OF_A_FILE
    for node in documented(tree):
        if isinstance(node, ast.FunctionDef):
            assert lines_of_code(tree, node, text) <= MOST_LINES_OF_A_FUNCTION, node.name


def test_the_file_says_what_it_does(path):
    first = ast.get_docstring(tree_of(path)).partition("\n")[0]
    assert first.startswith(("This module ", "This script ", "This command ", "The benchmarks "))
    assert first.endswith((".", ":"))


def private_modules(tree):
    """Modules of the library whose names start with an underscore."""
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    names += [alias.name for node in imports for alias in node.names]
    return {name for name in names if name.startswith("sk_entity._")}


def private_attributes(tree):
    """Attributes of anything but `self` whose names start with one underscore."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and ast.unparse(node.value) != "self"
    }


def test_one_file_knows_the_library_from_inside():
    assert {name_of(path) for path in FILES if private_modules(tree_of(path))} == {MAY_KNOW}
    assert {name_of(path) for path in FILES if private_attributes(tree_of(path))} == {MAY_KNOW}


def test_private_names_would_be_found():
    tree = ast.parse("import sk_entity._a\nfrom sk_entity._b import c\nc._d\nself._e\nc.__doc__")
    assert private_modules(tree) == {"sk_entity._a", "sk_entity._b"}
    assert private_attributes(tree) == {"_d"}
