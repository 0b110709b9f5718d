"""This module puts on a page what the encoder benchmark found, for the screen or for the docs."""

from ..report import headline
from ..store import to_frame
from .alone import ALONE
from .apart import APART
from .axes import AXES
from .cost import COST
from .tables import EncoderTables

NOTE = "<!-- Written by python -m benchmarks.encoder --write, from the stored results. -->"
ERRORS = "errors"
MEASURES = {"alone": ALONE, "apart": APART, "cost": COST, "axes": AXES}


def page(options, errors, found):
    """The tables.

    Parameters
    ----------
    options : Namespace
    errors : list of dict
        Lines of errors.
    found : dict of list of dict
        Lines of each measure.
    """
    if errors:
        yield headline(options.inner)
        yield from EncoderTables(to_frame(errors), options.tasks).render()
    for name, lines in found.items():
        if lines:
            yield f"\n### {MEASURES[name].title}\n"
            yield from MEASURES[name].render(lines)
    known = {version for line in errors for version in line["version"].split(", ")}
    known |= {v for lines in found.values() for line in lines for v in line["version"].split(", ")}
    yield f"\n{', '.join(sorted(known))}."


def as_file(rows):
    """The text of a file that a page of the docs includes."""
    return "\n".join([NOTE, "", *rows]) + "\n"
