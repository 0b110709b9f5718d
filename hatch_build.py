"""A release is described by README.md, whose links lead to the documentation on the web.

In a clone they lead to files, which are not where a description is read.
"""

import re
import runpy
from pathlib import Path, PurePosixPath

from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).parent
SITE = runpy.run_path(str(ROOT / "sk_entity" / "_version.py"))["DOCUMENTATION"]
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:)([^)#\s]+)")


def on_the_web(link):
    """A link to a file of the clone, as one to the site that Sphinx builds of it."""
    is_picture, words, file = link.groups()
    path = PurePosixPath(file)
    if is_picture:
        where = f"_images/{path.name}"
    elif path.parts[0] == "docs":
        where = str(path.relative_to("docs").with_suffix(".html"))
    else:
        where = f"{path.stem.lower()}.html"
    return f"{is_picture}[{words}]({SITE}{where}"


def description(readme):
    """The text of README.md as it is read outside of a clone."""
    return LINK.sub(on_the_web, readme)


class Description(MetadataHookInterface):
    """Hatchling asks this for what pyproject.toml leaves open."""

    def update(self, metadata):
        """Set the description."""
        text = description(Path(self.root, "README.md").read_text(encoding="utf-8"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
