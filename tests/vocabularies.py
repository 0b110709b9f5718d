"""Vocabularies of made-up columns."""

from contextlib import contextmanager
from functools import partial
from unittest import mock

import numpy as np
import pandas as pd

from sk_entity._table.coder import TableCoder
from sk_entity._table.vocabulary import Vocabulary


def split(cells):
    """Codes and distinct values, as `factorize` gives them."""
    codes, values = pd.factorize(np.array(cells, dtype=object))
    index = pd.Index(values, dtype=object).infer_objects()
    return codes, index if index.dtype.kind in "iufb" else index.astype(object)


def learn(cells, training=slice(None), **limits):
    """The vocabulary of a column of these cells."""
    codes, values = split(cells)
    counts = np.bincount(codes[training] + 1, minlength=len(values) + 1)
    return Vocabulary.learn([values], [counts], **limits)[0]


@contextmanager
def hashed_rows(**n_hashed):
    """Estimators that are fitted inside give these columns so many hashed rows."""
    learn = partial(TableCoder.learn, n_hashed=n_hashed)
    with mock.patch.object(TableCoder, "learn", learn):
        yield
