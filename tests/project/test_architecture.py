"""The rooms of the package: who may import what, and how large a file or function may be."""

import ast
import importlib
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import sk_entity

PACKAGE = Path(sk_entity.__file__).parent

# A file may import from those above it in this list, and from no other.
ORDER = [
    "_version",
    "_column",
    "_vocabulary",
    "_numeric",
    "_table",
    "_cells",
    "_target",
    "_blocks",
    "_effects",
    "_statistics",
    "_inference",
    "_sizing",
    "_losses",
    "_embeddings",
    "_numeric_embeddings",
    "_module",
    "_optimizer",
    "_training",
    "_base",
    "_regressor",
    "_classifier",
    "_axes",
    "_cross_fitting",
    "_encoding",
    "_encoder",
    "inspection",
    "__init__",
]

# Where a library may be imported: when the file is, or only inside its functions.
TORCH_ONLY = {"_embeddings", "_numeric_embeddings", "_losses", "_module", "_optimizer"}
AT_THE_TOP = {
    "torch": TORCH_ONLY | {"_training"},
    "skorch": {"_training"},
    "narwhals": {"_column", "_table"},
    "tqdm": set(),
}
INSIDE_FUNCTIONS = {
    "torch": {"_base"},
    "skorch": set(),
    "narwhals": set(),
    "tqdm": {"_training"},
}

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 50


def files():
    return sorted(path.stem for path in PACKAGE.glob("*.py"))


def source(file):
    return (PACKAGE / f"{file}.py").read_text(encoding="utf-8")


@cache
def tree(file):
    return ast.parse(source(file))


def functions(node):
    return [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def imports(file, *, inside_functions):
    """Pairs of module and name, where a module of the package starts with a dot."""
    lazy = {node for function in functions(tree(file)) for node in ast.walk(function)}
    found = []
    for node in ast.walk(tree(file)):
        if (node in lazy) != inside_functions:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [(module, alias.name) for alias in node.names]
    return found


def all_imports(file):
    return imports(file, inside_functions=False) + imports(file, inside_functions=True)


def own_imports(names):
    """Files of the package among pairs of module and name."""
    absolute = [(m, n) for m, n in names if m.partition(".")[0] == "sk_entity"]
    assert not absolute, "inside the package, imports are relative"
    # `from . import _table` names the file as what is imported.
    return {(m[1:] or n).partition(".")[0] for m, n in names if m.startswith(".")}


def test_every_file_has_a_place_in_the_order():
    assert sorted(ORDER) == files()


@pytest.mark.parametrize("file", files())
def test_imports_go_one_way(file):
    above = set(ORDER[: ORDER.index(file)])
    assert own_imports(all_imports(file)) <= above


@pytest.mark.parametrize("library", AT_THE_TOP)
def test_a_library_is_imported_only_where_it_belongs(library):
    def importers(*, inside_functions):
        return {
            file
            for file in files()
            for module, _ in imports(file, inside_functions=inside_functions)
            if module.partition(".")[0] == library
        }

    assert importers(inside_functions=False) == AT_THE_TOP[library]
    assert importers(inside_functions=True) == INSIDE_FUNCTIONS[library]


@pytest.mark.parametrize("file", sorted(set(files()) - AT_THE_TOP["torch"]))
def test_files_that_need_torch_are_imported_inside_functions(file):
    assert not own_imports(imports(file, inside_functions=False)) & AT_THE_TOP["torch"]


@pytest.mark.parametrize("file", sorted(TORCH_ONLY))
def test_the_network_knows_torch_only(file):
    assert own_imports(all_imports(file)) <= TORCH_ONLY
    libraries = {module.partition(".")[0] for module, _ in all_imports(file)}
    assert libraries - set(sys.stdlib_module_names) - TORCH_ONLY - {""} == {"torch"}


def test_less_public_names_of_scikit_learn_are_imported_in_one_file():
    importers = {
        file
        for file in files()
        for module, name in all_imports(file)
        if module.partition(".")[0] == "sklearn"
        and any(part.startswith("_") for part in [*module.split("."), name])
    }
    assert importers == {"_base"}


@pytest.mark.parametrize("file", files())
def test_files_are_short(file):
    assert len(source(file).splitlines()) < MOST_LINES_OF_A_FILE


def lines_of_code(function, lines):
    """Lines of a function, signature included, docstring and blank lines not."""
    documented = ast.get_docstring(function) is not None
    first = function.body[0]
    docstring = range(first.lineno, first.end_lineno + 1) if documented else ()
    return sum(
        bool(lines[i - 1].strip())
        for i in range(function.lineno, function.end_lineno + 1)
        if i not in docstring
    )


def only_assigns_parameters(function):
    """Whether this is a constructor as scikit-learn wants it: two lines per parameter."""
    parameters = [a.arg for a in function.args.args[1:] + function.args.kwonlyargs]
    assignments = [f"self.{name} = {name}" for name in parameters]
    return [ast.unparse(statement) for statement in function.body] == assignments


@pytest.mark.parametrize("file", files())
def test_functions_are_short(file):
    lines = source(file).splitlines()
    counted = [f for f in functions(tree(file)) if not only_assigns_parameters(f)]
    lengths = {f.name: lines_of_code(f, lines) for f in counted}
    too_long = {name: n for name, n in lengths.items() if n >= MOST_LINES_OF_A_FUNCTION}
    assert not too_long


def public_objects(module):
    """Public classes and functions that a module defines, with their public members."""
    for name, value in vars(module).items():
        defined_here = getattr(value, "__module__", None) == module.__name__
        if name.startswith("_") or not defined_here or not callable(value):
            continue
        yield name, value
        if inspect.isclass(value):
            for member, function in vars(value).items():
                is_code = callable(function) or isinstance(function, property | classmethod)
                if is_code and not member.startswith("_"):
                    yield f"{name}.{member}", getattr(value, member)


@pytest.mark.parametrize("file", files())
def test_what_is_public_is_documented(file):
    name = "sk_entity" if file == "__init__" else f"sk_entity.{file}"
    module = importlib.import_module(name)
    # A method that overrides a documented one is documented.
    missing = [name for name, value in public_objects(module) if not inspect.getdoc(value)]
    assert module.__doc__
    assert not missing


@pytest.mark.parametrize("file", files())
def test_nothing_is_left_to_do(file):
    assert not [line for line in source(file).splitlines() if "TODO" in line or "FIXME" in line]


# pandas imports pyarrow itself where it is installed, so what pandas brings does not count.
IMPORTED_BEFORE_FIT = """
import sys
import pandas
before = set(sys.modules)
from sk_entity import *
from sk_entity import inspection
from sklearn.base import clone
for estimator in EntityEmbeddingRegressor(), EntityEmbeddingClassifier(), EntityEmbeddingEncoder():
    repr(clone(estimator).set_params(random_state=0))
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""


def test_heavy_libraries_wait_until_something_is_fitted():
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTED_BEFORE_FIT], capture_output=True, text=True, check=True
    )
    imported = set(ran.stdout.split())
    assert {"sk_entity", "sklearn", "narwhals"} <= imported
    assert not imported & {"torch", "skorch", "tqdm", "matplotlib", "polars", "pyarrow"}
