"""This extension writes formulas as MathML, which browsers draw without a script or a font."""

from functools import partial

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def write(translator, node, block):
    """Put the MathML of a formula on the page."""
    try:
        formula = tex2mathml(node.astext(), as_block=block)
    except MathError as error:
        LOGGER.warning("%s: %s", node.astext(), error, location=node)
        formula = ""
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
