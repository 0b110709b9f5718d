"""This module lists what must hold of every random table, and tries it."""

from collections import Counter

from . import file_invariants, life_invariants, row_invariants
from .case import Case
from .judging import Refused, documented_warnings

INVARIANTS = {
    function.__name__: function
    for function in (
        row_invariants.same_rows,
        row_invariants.same_fit,
        row_invariants.refused_input,
        row_invariants.handled_unknown,
        file_invariants.files,
        file_invariants.onnx,
        file_invariants.streams,
        life_invariants.growth,
        life_invariants.inspection,
        life_invariants.merger,
        life_invariants.tables_out,
    )
}


def fit(table):
    """Fit the estimators of a table.

    Parameters
    ----------
    table : random_tables.RandomTable

    Returns
    -------
    Case or None
        None if there is nothing to learn from, which was said in our own words.
    """
    try:
        with documented_warnings():
            return Case.fit(table)
    except Refused:
        return None


def check(case, name):
    """Try one invariant.

    Parameters
    ----------
    case : Case
    name : str
        A key of `INVARIANTS`.

    Returns
    -------
    int
        The number of comparisons, which have all held.

    Raises
    ------
    AssertionError
        With the first one that has not.
    """
    try:
        with documented_warnings():
            return sum(1 for _ in INVARIANTS[name](case))
    except Refused as refused:
        raise AssertionError(f"refused: {refused}") from refused


def try_table(table, names):
    """Fit a table and try invariants; nothing is raised but what ends the process.

    Parameters
    ----------
    table : random_tables.RandomTable
    names : sequence of str

    Returns
    -------
    bool
        Whether there was something to learn from.
    Counter
        Comparisons by invariant; "fit" is that of the fits.
    dict of str
        The failure of each invariant that failed.
    """
    comparisons, failures = Counter(), {}
    try:
        case = fit(table)
    except Exception as error:
        return True, comparisons, {"fit": _said(error)}
    if case is None:
        return False, comparisons, failures
    comparisons["fit"] += 2
    for name in names:
        try:
            comparisons[name] += check(case, name)
        except Exception as error:
            failures[name] = _said(error)
    return True, comparisons, failures


def _said(error):
    name = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
    return name + " ".join(str(error).split())[:500]
