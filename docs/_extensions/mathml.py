"""This extension writes formulas as MathML, which browsers draw without a script or a font."""

from functools import partial

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def write(translator, node, block):
    """Put the MathML of a formula on the page."""
    formula = convert(node.astext().strip(), display="block" if block else "inline")
    if "\\" in formula:
        LOGGER.warning("not all of this formula is known: %s", node.astext(), location=node)
    if block:
        formula = translator.starttag(node, "div", CLASS="math-block") + formula + "</div>"
    translator.body.append(formula)
    raise nodes.SkipNode


def setup(app):
    """Offer the renderer and take it."""
    inline, block = ((partial(write, block=block), None) for block in (False, True))
    app.add_html_math_renderer("mathml", inline, block)
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
