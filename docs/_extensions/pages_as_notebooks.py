"""This extension makes a notebook of a Markdown page, so that Sphinx runs its Python.

A page stays plain Markdown, as it is shown wherever a repository is read. A block that starts with
```python is executed when the documentation is built, in the order of the page and in an empty
folder, and the page shows what the last line evaluates to and what is printed or drawn. A block
below the comment `<!-- not executed -->` is shown only, and so is what stands inside of another
block, such as a directive.

MyST-NB runs the notebooks. An error or a warning in a block is a warning of Sphinx.
"""

import os
import re
from pathlib import Path

# Put before a block that needs what a reader's machine need not have, such as real data.
NOT_EXECUTED = "<!-- not executed -->"

# The outermost fences only: a fence closes with as many signs as it opens with.
FENCE = re.compile(
    r"^(?P<signs>`{3,}|~{3,}|:{3,})(?P<language>\{?[\w-]*)[^\n]*\n(?P<code>.*?)^(?P=signs)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)

# What an object is shown as that has nothing to show: its type and perhaps its address.
NOTHING_TO_SEE = re.compile(r"^[\[(]*<[^<>]*(Axes|Figure| at 0x)[^<>]*>", re.DOTALL)

# An output of fewer line breaks is no table.
MOST_LINES = 2

KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}

# Of IPython, whatever a user has set: pictures are sharp on any screen, and nothing is kept.
SETTINGS = """c.InlineBackend.figure_formats = {"retina"}
c.HistoryManager.enabled = False
c.IPKernelApp.log_level = "ERROR"
c.InteractiveShellApp.exec_lines = [
    "import warnings",
    "warnings.filterwarnings('ignore', 'IProgress not found')",  # tqdm, of what pages import
]
"""


def executed(text):
    """The matches of FENCE in a page that are run."""
    return [
        fence
        for fence in FENCE.finditer(text)
        if fence["language"] == "python"
        and not text[: fence.start()].rstrip().endswith(NOT_EXECUTED)
    ]


def read(text):
    """A notebook of a page, and from which line of the page each cell is."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells, lines, end = [], [], 0

    def add(cell, position):
        cells.append(cell)
        lines.append(text[:position].count("\n"))

    for fence in executed(text):
        if words := text[end : fence.start()].strip("\n"):
            add(new_markdown_cell(words), text.index(words, end))
        add(new_code_cell(fence["code"].rstrip("\n")), fence.start("code"))
        end = fence.end()
    if words := text[end:].strip("\n"):
        add(new_markdown_cell(words), text.index(words, end))
    return new_notebook(cells=cells, metadata={**KERNEL, "source_map": lines})


def leave_out_what_shows_nothing(app, doctree):
    """Take out outputs such as `<Axes: >` below a picture."""
    from docutils import nodes

    for bundle in list(doctree.findall(nodes.container)):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        shown = {part.get("mime_type"): part.astext() for part in bundle.children}
        if list(shown) == ["text/plain"] and NOTHING_TO_SEE.match(shown["text/plain"]):
            bundle.parent.remove(bundle)


def wrap_sentences(app, doctree):
    """Mark short outputs, such as the message of an error, so that their lines may be broken."""
    from docutils import nodes

    for block in doctree.findall(nodes.literal_block):
        if "output" in block["classes"] and block.astext().strip().count("\n") < MOST_LINES:
            block["classes"].append("sentences")


def setup(app):
    """Let MyST-NB read all Markdown pages by `read`."""
    settings = Path(app.doctreedir) / "ipython" / "profile_default" / "ipython_kernel_config.py"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(settings.parents[1])
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel is the Python that builds
    app.config.nb_custom_formats = {".md": (f"{Path(__file__).stem}.read", {}, False)}
    app.connect("doctree-read", leave_out_what_shows_nothing)
    app.connect("doctree-read", wrap_sentences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
