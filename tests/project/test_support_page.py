"""What the page on support says is what is declared, tested and marked."""

import re
import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "support.md").read_text(encoding="utf-8")
API = runpy.run_path(str(ROOT / "docs" / "_extensions" / "api_pages.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OF_USERS = "plot", "onnx", "stream", "ray"
PYTHON = re.compile(r"Programming Language :: (Python) :: (3\.\d+)")


def rows(heading):
    """Cells of the first table below a heading, row by row."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def bounds():
    """Triples of package, extra and lower bound."""
    groups = {"all": PROJECT["dependencies"]}
    groups |= {extra: PROJECT["optional-dependencies"][extra] for extra in OF_USERS}
    for extra, requirements in groups.items():
        for requirement in requirements:
            if found := re.match(r"([\w-]+)(?:\[[\w,]+\])?>=([\d.]+)", requirement):
                yield found[1], extra, found[2]


def pinned():
    """The newest tested version of each package."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def test_versions_on_the_page_are_the_declared_and_the_tested_ones():
    newest = pinned()
    wanted = [[name, extra, bound, newest[name]] for name, extra, bound in bounds()]
    assert sorted(rows("Versions that work")) == sorted(wanted)


def test_the_oldest_versions_have_a_date():
    dated = {row[0] for row in rows("For how long")}
    core = {"numpy", "scipy", "pandas", "scikit-learn", "torch"}
    oldest = {f"{name} {'.'.join(v.split('.')[:2])}" for name, _, v in bounds() if name in core}
    assert oldest <= dated
    declared = {
        " ".join(found.groups()) for found in map(PYTHON.match, PROJECT["classifiers"]) if found
    }
    assert {name for name in dated if name.startswith("Python")} == declared
    assert min(declared) == "Python " + PROJECT["requires-python"].removeprefix(">=")


def test_each_public_name_is_stable_or_experimental_as_the_page_says():
    row = next(row for row in PAGE.splitlines() if row.startswith("| experimental |"))
    on_the_page = set(re.findall(r"`([\w.]+)`", row))
    states = {
        (module, name): API["status"](module, name)
        for module in API["MODULES"]
        for name in API["public_names"](module)
    }
    assert set(states.values()) == {"stable", "experimental"}
    for (module, name), state in states.items():
        assert (state == "experimental") == bool({module, name} & on_the_page)


def test_the_page_of_a_name_says_its_status():
    text = "\n".join(API["page"]("sk_entity.onnx", "to_onnx"))
    assert "\nStatus: :ref:`experimental <stable-and-experimental>`\n" in text
    text = "\n".join(API["page"]("sk_entity.persistence", "load"))
    assert "\nStatus: :ref:`stable <stable-and-experimental>`\n" in text
