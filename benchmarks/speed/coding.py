"""This module compares coding of strings and lookup of vectors with other encoders."""

import numpy as np
from sklearn.preprocessing import OrdinalEncoder, TargetEncoder

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

from . import library
from .comparison import Comparison, compare
from .made_up_tables import CONTAINERS, arrays, string_columns
from .timing import timed


def against_ordinal_encoder(options):
    """Codes of seven string columns; sk-entity also separates unknown from missing."""
    n_rows = 20_000 if options.quick else 1_000_000
    for container in CONTAINERS:
        X = string_columns(n_rows, container)
        goal = "≥ 10" if container == "category" else "≥ 3"
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(X)
        coder, _ = library.learn_coder(X)
        for work, one, other in (
            # sk-entity learns and codes in one go.
            (
                "fit_transform",
                lambda X=X: library.learn_coder(X),
                lambda X=X, e=encoder: e.fit_transform(X),
            ),
            (
                "transform",
                lambda X=X, c=coder: library.code(c, X),
                lambda X=X, e=encoder: e.transform(X),
            ),
        ):
            yield compare(
                f"codes, {n_rows:,} × 7 strings, {_named(container)}",
                f"OrdinalEncoder.{work}",
                goal,
                timed(one, per=n_rows),
                timed(other, per=n_rows),
                options,
            )


def against_target_encoders(options):
    """`transform` of the same tables; all encoders are fitted on a part of the rows."""
    from category_encoders import TargetEncoder as OtherTargetEncoder

    n_rows = 20_000 if options.quick else 1_000_000
    n_fit = 5_000 if options.quick else 50_000
    y = arrays(n_rows)[2][:n_fit]
    network = EntityEmbeddingRegressor(max_iter=1, batch_size=1024, device="cpu", random_state=0)
    for container in CONTAINERS:
        X = string_columns(n_rows, container)
        part = X[:n_fit]
        own = EntityEmbeddingEncoder(network).fit(part, y)
        encoders = [
            ("TargetEncoder.transform, scikit-learn", TargetEncoder(), "≥ 3"),
            ("TargetEncoder.transform, category_encoders", OtherTargetEncoder(), "≥ 5"),
        ]
        for against, encoder, goal in encoders:
            work = f"transform, {n_rows:,} × 7 strings, {_named(container)}"
            if container == "polars" and isinstance(encoder, OtherTargetEncoder):
                yield Comparison(work, against, goal, note="takes no polars")
                continue
            encoder.fit(part, np.asarray(y))
            yield compare(
                work,
                against,
                goal,
                timed(lambda X=X, e=own: e.transform(X), per=n_rows),
                timed(lambda X=X, e=encoder: e.transform(X), per=n_rows),
                options,
            )


def _named(container):
    return container if container == "polars" else f"pandas {container}"
