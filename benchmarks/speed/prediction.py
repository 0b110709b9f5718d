"""This module compares prediction of many rows and of one."""

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from sk_entity import EntityEmbeddingRegressor

from . import library
from .comparison import Comparison, compare
from .loops import skorch_net
from .made_up_tables import CATEGORICAL, NUMERICAL, full_table
from .timing import alternate, timed

CALLS = 200


def fitted(X, y):
    """The default network after one epoch: its speed does not depend on its weights."""
    model = EntityEmbeddingRegressor(max_iter=1, batch_size=1024, device="cpu", random_state=0)
    return model.fit(X, y)


def predict_many(options):
    """`predict` from a DataFrame, coding included."""
    from lightgbm import LGBMRegressor

    n_rows = 10_000 if options.quick else 1_000_000
    n_fit = 2_000 if options.quick else 50_000
    n_skorch = n_rows // 10
    X, y = full_table(n_rows)
    model = fitted(X[:n_fit], y[:n_fit])
    trees = LGBMRegressor(n_estimators=500, n_jobs=options.threads, verbose=-1)
    trees.fit(X[:n_fit], y[:n_fit])
    own = timed(lambda: model.predict(X), per=n_rows)
    work = f"predict, {n_rows:,} rows"
    against = "LightGBM, 500 trees, native categoricals"
    yield compare(work, against, "≥ 1.0", own, timed(lambda: trees.predict(X), n_rows), options)
    net, coded = _skorch_twin(n_fit), _named(n_skorch)
    other = timed(lambda: net.predict(coded), per=n_skorch)
    yield compare(work, "skorch, default DataLoader, rows coded", "≥ 1.0", own, other, options)


def predict_one(options):
    """`predict` of a DataFrame of one row."""
    n_fit = 2_000 if options.quick else 50_000
    X, y = full_table(n_fit)
    model, row = fitted(X, y), X.iloc[[0]]
    own = timed(lambda: [model.predict(row) for _ in range(CALLS)], per=CALLS)
    net = _skorch_twin(n_fit)
    coded = {name: array[:1] for name, array in _named(n_fit).items()}
    coder = _sklearn_coder().fit(X)

    def encode_and_predict():
        part = coder.transform(row)
        codes = part[:, : len(CATEGORICAL)].astype(np.int32) + 1  # -1 is unknown
        numbers = part[:, len(CATEGORICAL) :].astype(np.float32)
        return net.predict(library.named(codes, numbers))

    full = timed(lambda: [encode_and_predict() for _ in range(CALLS)], per=CALLS)
    only = timed(lambda: [net.predict(coded) for _ in range(CALLS)], per=CALLS)
    work = "predict, one row of a DataFrame"
    milliseconds = [1e3 * s for s in alternate({"own": own}, options.runs)["own"]]
    yield Comparison(work, "the clock", "≤ 1 ms", milliseconds, " ms")
    encoded = "skorch behind OrdinalEncoder and StandardScaler"
    yield compare(work, encoded, "≥ 1.0", own, full, options, rows=False)
    yield compare(work, "skorch, row coded", "≥ 1.0", own, only, options, rows=False)


def _skorch_twin(n_rows):
    """The default network in skorch; untrained, which costs the same."""
    coder, examples = library.rossmann_like(n_rows)
    return skorch_net(library.network_for(coder, examples, library.DEFAULT)).initialize()


def _named(n_rows):
    """Coded rows by the names of the network's arguments."""
    coded, _ = library.arguments(library.rossmann_like(n_rows)[1])
    return coded


def _sklearn_coder():
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_column_transformer((ordinal, CATEGORICAL), (StandardScaler(), NUMERICAL))
