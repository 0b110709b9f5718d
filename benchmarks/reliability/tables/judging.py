"""This module says what is a failure: other bits, an error that is not ours, a stray warning."""

import re
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sklearn.exceptions import NotFittedError

import sk_entity

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")
# Subclasses of these, such as UnicodeEncodeError, are somebody else's.
OURS = (ValueError, TypeError, MemoryError, NotFittedError, ImportError)
PACKAGE = Path(sk_entity.__file__).parent
# Words of scikit-learn that its users know.
ALSO_SAID_BY = re.compile(r"[/\\]sklearn[/\\](utils|base|model_selection)")
DOCUMENTED = (
    "Column .* has no value: all",
    "Ordered target encodings need all rows in memory",
    ".* is infrequent in column",
    "Found unknown categories",
    "No value is known in some columns",
    "The number of unique classes is greater than 50%",  # of scikit-learn, by any classifier
)


class Refused(Exception):  # noqa: N818 - it is an answer, and no error
    """A call was refused, by an error that is ours."""


def call(function, *args, **kwargs):
    """Call a function of the library; what it raises is ours, or a failure.

    Raises
    ------
    Refused
        With the message, for an error of our own words.
    AssertionError
        For any other error.
    """
    try:
        return function(*args, **kwargs)
    except Refused:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        raised_in = Path(frames[-1].filename)
        own = PACKAGE in raised_in.parents or ALSO_SAID_BY.search(str(raised_in))
        if type(error) in OURS and own and str(error):
            raise Refused(str(error)) from error
        raise AssertionError(
            f"{type(error).__name__} out of {raised_in.name}: {str(error)[:500]}"
        ) from error


def answer(function, *args, **kwargs):
    """What a call returns and None, or None and the message with which it is refused."""
    try:
        return call(function, *args, **kwargs), None
    except Refused as refused:
        return None, str(refused)


def refusal(function, *args, **kwargs):
    """The message with which a call is refused; a failure if it is not.

    Returns
    -------
    str
    """
    _, message = answer(function, *args, **kwargs)
    assert message is not None, f"{getattr(function, '__qualname__', function)} was not refused"
    return message


def outputs(model, X):
    """What a fitted estimator makes of rows, by method."""
    return {m: np.asarray(call(getattr(model, m), X)) for m in METHODS if hasattr(model, m)}


def assert_same(found, expected, what):
    """Compare outputs bit for bit."""
    assert found.keys() == expected.keys(), what
    for method, values in expected.items():
        np.testing.assert_array_equal(
            found[method], values, err_msg=f"{what}: {method}", strict=True
        )


def part(outputs_of_all, rows):
    """Some rows of outputs."""
    return {method: values[rows] for method, values in outputs_of_all.items()}


def assert_finite(found, what):
    """No output is NaN or infinite; the logarithm of a probability may be."""
    for method, values in found.items():
        if values.dtype.kind == "f" and method not in ("predict_log_proba", "transform"):
            assert np.isfinite(values).all(), f"{what}: {method} is not finite"


@contextmanager
def documented_warnings():
    """Raise AssertionError for a warning that the library does not document."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        text = str(warning.message)
        known = issubclass(warning.category, UserWarning)
        if not (known and any(re.match(pattern, text, re.S) for pattern in DOCUMENTED)):
            name = warning.category.__name__
            raise AssertionError(f"{name} in {Path(warning.filename).name}: {text[:300]}")
