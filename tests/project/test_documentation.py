"""The pages say what is true: their Python runs, their links and make targets exist."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ]
    if path.exists()
]

# What the documentation's build takes for Python to run.
READER = runpy.run_path(str(ROOT / "docs" / "_extensions" / "pages_as_notebooks.py"))
FENCE, NOT_EXECUTED = READER["FENCE"], READER["NOT_EXECUTED"]


def blocks(page, language):
    """Pairs of line number and text of the fenced blocks in this language, but those not run."""
    text = page.read_text(encoding="utf-8")
    if language == "python":
        fences = READER["executed"](text)
    else:
        fences = [fence for fence in FENCE.finditer(text) if fence["language"] == language]
    return [(text[: fence.start("code")].count("\n"), fence["code"]) for fence in fences]


def title(page):
    return str(page.relative_to(ROOT))


def pages_with(language):
    return pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, language)], ids=title)


@pytest.mark.slow
@pages_with("python")
def test_python_on_the_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": title(page)}
    for line, block in blocks(page, "python"):
        # Lines are counted from the top of the page, so that a traceback points into it.
        exec(compile("\n" * line + block, page, "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_the_build_shows_outputs_and_nobody_writes_them(page):
    by_hand = re.compile(r"^```python\n(?:(?!^```).)*^```\n\s*```text", re.MULTILINE | re.DOTALL)
    text = page.read_text(encoding="utf-8")
    assert page.parent != ROOT / "docs" or not by_hand.search(text)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_python_inside_of_a_directive_says_that_it_is_not_executed(page):
    for fence in FENCE.finditer(page.read_text(encoding="utf-8")):
        if fence["language"].startswith("{") and "```python" in fence["code"]:
            assert fence["code"].count("```python") == fence["code"].count(NOT_EXECUTED)


def test_the_readme_shows_use_that_runs():
    assert len(blocks(ROOT / "README.md", "python")) > 0


@pages_with("sh")
def test_make_targets_on_the_page_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {
        target
        for _, block in blocks(page, "sh")
        for target in re.findall(r"^make ([\w-]+)", block, re.MULTILINE)
    }
    defined = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    assert named <= defined


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_links_to_files_lead_somewhere(page):
    outside_code = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", outside_code)
    files = [target for target in targets if "://" not in target and ":" not in target]
    assert not [target for target in files if not (page.parent / target).exists()]


def page_of(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_every_python_block_counts_but_those_marked(tmp_path):
    page = page_of(
        tmp_path,
        "# A page\n```python\na = 1\n```\n```sh\nmake test\n```\n"
        f"{NOT_EXECUTED}\n\n```python\nb = 2\n```\n```python\nc = 3\n```\n",
    )
    assert blocks(page, "python") == [(2, "a = 1\n"), (13, "c = 3\n")]


def test_python_inside_of_another_block_is_text(tmp_path):
    page = page_of(
        tmp_path,
        ":::::{tab-set}\n::::{tab-item} A\n```python\na = 1\n```\n::::\n:::::\n"
        "````md\n```python\nb = 2\n```\n````\n```python\nc = 3\n```\n",
    )
    assert blocks(page, "python") == [(13, "c = 3\n")]


def test_a_page_is_a_notebook_of_its_words_and_of_its_python():
    pytest.importorskip("nbformat")
    text = "# A page\n\nwords\n\n```python\na = 1\na\n```\n\nmore\n\n```sh\nmake\n```\n"
    notebook = READER["read"](text)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("markdown", "# A page\n\nwords"),
        ("code", "a = 1\na"),
        ("markdown", "more\n\n```sh\nmake\n```"),
    ]
    assert notebook.metadata.source_map == [0, 5, 9]


@pytest.mark.parametrize(
    ("output", "nothing"),
    [
        ("<Axes: title={'center': 'a'}>", True),
        ("[<matplotlib.lines.Line2D at 0x7f5>]", True),
        ("<sk_entity.inspection.EmbeddingDisplay at 0x7f5>", True),
        ("array([1, 2])", False),
        ("<1x3 sparse matrix>", False),
    ],
)
def test_an_output_that_is_only_an_address_is_left_out(output, nothing):
    assert bool(READER["NOTHING_TO_SEE"].match(output)) == nothing
