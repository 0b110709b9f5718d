"""This extension warns of a built page that needs something from another machine.

Links may lead anywhere; scripts, styles, fonts and pictures are part of the site.
"""

import re
from pathlib import Path

from sphinx.util import logging

LOGGER = logging.getLogger(__name__)

FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\ssrc\s*=\s*["']?(?:https?:)?//[^\s"'>]+
    |<link\b(?=[^>]*\brel\s*=\s*["']?(?:stylesheet|preload|modulepreload|icon|preconnect))
      [^>]*?\shref\s*=\s*["']?(?:https?:)?//[^\s"'>]+
    |url\(\s*["']?(?:https?:)?//[^\s"')]+
    |@import\s+["'](?:https?:)?//[^\s"']+
    """,
    re.VERBOSE | re.IGNORECASE,
)


def fetched(text):
    """What a page or a style sheet asks another machine for."""
    return FETCHED.findall(text)


def check(app, exception):
    """Look at every page and style sheet."""
    if exception or app.builder.format != "html":
        return
    files = [*Path(app.outdir).rglob("*.html"), *Path(app.outdir).rglob("*.css")]
    for file in files:
        for what in fetched(file.read_text(encoding="utf-8")):
            LOGGER.warning("%s: %s is not part of the site", file, what)


def setup(app):
    """Check when all is written."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
