"""The pages say what is true: their Python runs, their links and make targets exist."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ]
    if path.exists()
]

# Put before a block that needs what a test does not have, such as real data.
NOT_EXECUTED = "<!-- not executed -->"
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    """Pairs of line number and text of the fenced blocks in this language."""
    text = page.read_text(encoding="utf-8")
    return [
        (text[: match.start(2)].count("\n"), match[2])
        for match in FENCE.finditer(text)
        if match[1] == language and not text[: match.start()].rstrip().endswith(NOT_EXECUTED)
    ]


def title(page):
    return str(page.relative_to(ROOT))


def pages_with(language):
    return pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, language)], ids=title)


@pytest.mark.slow
@pages_with("python")
def test_python_on_the_page_runs_and_prints_what_stands_below_it(
    page, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": title(page)}
    shown = outputs(page)
    for line, block in blocks(page, "python"):
        # Lines are counted from the top of the page, so that a traceback points into it.
        exec(compile("\n" * line + block, page, "exec"), namespace)
        printed = capsys.readouterr().out
        assert same_output(shown.get(line, ""), printed), f"line {line}: it printed\n{printed}"


def outputs(page):
    """What stands below blocks of Python as their output, by the line of these blocks."""
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    return {
        text[: block.start(2)].count("\n"): output[2]
        for block, output in pairwise(fences)
        if block[1] == "python"
        and output[1] == "text"
        # Nothing but empty lines is between them.
        and not text[block.end() : output.start()].strip("`\n ")
    }


def same_output(shown, printed):
    """Whether two texts are the same, but for line breaks and the last digits of numbers."""
    shown, printed = shown.split(), printed.split()
    return len(shown) == len(printed) and all(map(same_word, shown, printed))


def same_word(shown, printed):
    numbers = [re.sub(r"[^-+.\de]", "", word) for word in (shown, printed)]
    try:
        a, b = map(float, numbers)
    except ValueError:
        return shown == printed
    return re.sub(r"[-+.\de]", "", shown) == re.sub(r"[-+.\de]", "", printed) and (
        abs(a - b) <= 0.05 * max(1, abs(a))
    )


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a 0.94\n[1.0,\n", "a 0.93 [1.01,", True),
        ("a 0.94", "b 0.94", False),
        ("a 0.94", "a 0.80", False),
        ("a", "a b", False),
        ("[1.0]", "1.0", False),
    ],
)
def test_outputs_are_compared_word_by_word(shown, printed, same):
    assert same_output(shown, printed) == same


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


def test_every_python_block_counts_but_those_marked(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n```python\na = 1\n```\n```sh\nmake test\n```\n"
        f"{NOT_EXECUTED}\n\n```python\nb = 2\n```\n```python\nc = 3\n```\n"
    )
    assert blocks(page, "python") == [(2, "a = 1\n"), (13, "c = 3\n")]
