"""The plan of the package: what each folder knows, and how large a file or function may be."""

import ast
import graphlib
import importlib
import inspect
import io
import subprocess
import sys
import tokenize
from functools import cache
from pathlib import Path

import pytest

import sk_entity

PACKAGE = Path(sk_entity.__file__).parent

# From the ground up. A folder imports from those before it only, and these libraries only.
KNOWS = {
    "_version": "",
    "_shown": "",
    "_atomic_file": "",
    "_table": "numpy pandas narwhals pyarrow crick",
    "_predict": "numpy",
    "_target": "numpy scipy",
    "_vectors": "numpy pandas",
    "_network": "torch",
    "_training": "numpy pandas torch skorch tqdm",
    "_estimators": "numpy pandas narwhals polars sklearn",
    "_pictures": "numpy pandas scipy sklearn matplotlib adjustText plotly",
    "inspection": "numpy pandas scipy narwhals sklearn",
    "persistence": "numpy pandas sklearn",
    "onnx": "numpy narwhals sklearn onnx skl2onnx",
    "streaming": "numpy pandas narwhals pyarrow polars sklearn",
    "distributed": "numpy pandas narwhals pyarrow sklearn ray",
    "__init__": "",
}
# The network knows sizes and counts, and nothing of what they count. How messages show values
# every folder may know.
EVERY_FOLDER_KNOWS = {"_shown"}
KNOWS_NO_OTHER_FOLDER = {"_network", "_table"}

MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 300, 50

FILES = sorted(PACKAGE.rglob("*.py"))
each_file = pytest.mark.parametrize(
    "file", FILES, ids=lambda file: str(file.relative_to(PACKAGE).with_suffix(""))
)


def folder(file):
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(file):
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports(file):
    """Modules that a file imports, anywhere but for annotations, and names from them."""
    for_annotations = {
        node
        for test in ast.walk(tree(file))
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    found = []
    for node in set(ast.walk(tree(file))) - for_annotations:
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [("." * node.level + (node.module or ""), alias.name) for alias in node.names]
    return found


def own_imports(file):
    """Files of the package that a file imports."""
    for module, name in imports(file):
        assert module.partition(".")[0] != "sk_entity", "inside the package, imports are relative"
        if module.startswith("."):
            path = file
            for _ in range(len(module) - len(module.lstrip("."))):
                path = path.parent
            path = path.joinpath(*module.lstrip(".").split("."))
            options = path / f"{name}.py", path.with_suffix(".py"), path / "__init__.py"
            yield next(option for option in options if option.exists())


def test_every_folder_has_a_place():
    assert {folder(file) for file in FILES} == set(KNOWS)


@each_file
def test_imports_go_one_way(file):
    order = list(KNOWS)
    above = order[order.index(folder(file)) + 1 :]
    others = {folder(other) for other in own_imports(file)} - {folder(file)}
    assert not others & set(above)
    assert not (others - EVERY_FOLDER_KNOWS and folder(file) in KNOWS_NO_OTHER_FOLDER)


def test_no_file_imports_one_that_imports_it():
    graph = {file: {o for o in own_imports(file) if o != file} for file in FILES}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(FILES)


@each_file
def test_a_folder_knows_its_libraries_only(file):
    libraries = {module.partition(".")[0] for module, _ in imports(file)} - {""}
    assert libraries - set(sys.stdlib_module_names) <= set(KNOWS[folder(file)].split())


@each_file
def test_less_public_names_of_scikit_learn_are_in_one_file(file):
    less_public = [
        (module, name)
        for module, name in imports(file)
        if module.partition(".")[0] == "sklearn"
        and any(part.startswith("_") for part in [*module.split("."), name])
    ]
    assert not less_public or file.name == "sklearn_compat.py"


@cache
def private_attributes(file):
    """Private attributes that a file reads of others, and those that it defines."""
    read, defined = set(), set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and node.attr[1] != "_":
            of_itself = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            (defined if of_itself else read).add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
    return read, defined


@each_file
def test_no_private_attribute_is_read_across_folders(file):
    here = [other for other in FILES if folder(other) == folder(file)]
    defined = set().union(*(private_attributes(other)[1] for other in here))
    assert private_attributes(file)[0] <= defined


def documented(node):
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, kinds) and ast.get_docstring(node) is not None


@cache
def code_lines(file):
    """Numbers of the lines that hold code: no docstring, comment or blank line."""
    text = file.read_text(encoding="utf-8")
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in skipped | {tokenize.ENDMARKER}
        for line in range(token.start[0], token.end[0] + 1)
    }
    docstrings = [node.body[0] for node in ast.walk(tree(file)) if documented(node)]
    return lines - {i for d in docstrings for i in range(d.lineno, d.end_lineno + 1)}


@each_file
def test_files_are_short(file):
    assert len(code_lines(file)) <= MOST_LINES_OF_A_FILE


def only_assigns_parameters(function):
    """Whether this is a constructor as scikit-learn wants it: two lines per parameter."""
    parameters = [a.arg for a in function.args.args[1:] + function.args.kwonlyargs]
    return [ast.unparse(s) for s in function.body] == [f"self.{n} = {n}" for n in parameters]


@each_file
def test_functions_are_short(file):
    functions = [n for n in ast.walk(tree(file)) if isinstance(n, ast.FunctionDef)]
    lengths = {
        f.name: len(code_lines(file) & set(range(f.lineno, f.end_lineno + 1)))
        for f in functions
        if not only_assigns_parameters(f)
    }
    assert not {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION}


def public_objects(module):
    """Public classes and functions that a module defines, with their public members."""
    for name, value in vars(module).items():
        defined_here = getattr(value, "__module__", None) == module.__name__
        if name.startswith("_") or not defined_here or not callable(value):
            continue
        yield name, value
        for member in vars(value) if inspect.isclass(value) else ():
            code = inspect.getattr_static(value, member)
            if not member.startswith("_") and (callable(code) or isinstance(code, property)):
                yield f"{name}.{member}", getattr(value, member)


@each_file
def test_what_is_public_is_documented(file):
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    # A method that overrides a documented one is documented.
    missing = [name for name, value in public_objects(module) if not inspect.getdoc(value)]
    assert not missing
    assert inspect.getdoc(module)


# pandas imports pyarrow itself where it is installed, so what pandas brings does not count.
IMPORTED_BEFORE_FIT = """
import sys
import pandas
before = set(sys.modules)
from sk_entity import *
from sk_entity import inspection, onnx, persistence, streaming
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
    assert not imported & {
        "torch",
        "skorch",
        "tqdm",
        "matplotlib",
        "plotly",
        "polars",
        "pyarrow",
        "onnx",
        "crick",
    }
