"""Write the golden files of the format of this version, into a folder that it names.

Run it once for each version of the format, never again for an old one:
``PYTHONPATH=. python tests/persistence/golden/make.py``
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.persistence import artefact, save

FOLDER = Path(__file__).parent / f"{artefact.MAJOR}.{artefact.MINOR}"
N_ROWS = 240
SMALL = {"embedding_dim": 2, "hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}


def cells(values):
    """Values again and again, as many as there are rows."""
    return [values[i % len(values)] for i in range(N_ROWS)]


def table():
    """A column of every kind, and categories of most types."""
    return pd.DataFrame(
        {
            "shop": cells(["north", "south", None, "été", "", "a\0b"]),
            "other": cells(["south", "east", "north"]),
            "code": pd.Series(cells([1, "1", True, 2.5, 2**70, None, b"\xff"]), dtype=object),
            "flag": cells([True, False, False]),
            "store": cells([1, 5, 2**40, 7]),
            "tags": cells([["a", "b"], [], ["c"], ["b", "b", "a"], None]),
            "user": [f"user {(7 * i) % 101}" for i in range(N_ROWS)],
            "price": [None if i % 11 == 0 else float((i * i) % 17) for i in range(N_ROWS)],
        }
    )


def plain(value):
    """A cell as JSON has it."""
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def fitted(X):
    """An estimator of each kind with the columns it reads and its method; all files are small."""
    y = np.sin(np.arange(N_ROWS)) + (X["shop"] == "north")
    shared = {"shared_embeddings": [("shop", "other")]}
    columns = ["shop", "other", "code", "flag", "store", "tags"]
    # The values of `code` are in 34 or 35 rows each.
    options = SMALL | shared | {"categorical_features": columns, "min_frequency": 35}
    regressor = EntityEmbeddingRegressor(**options)
    columns = [*columns, "price"]
    yield regressor.fit(X[columns], y), columns, "predict"
    classifier = EntityEmbeddingClassifier(**SMALL, class_weight={"high": 2.0, "low": 1.0})
    columns = ["user"]
    classes = np.where(y > 0.5, "high", "low")
    yield classifier.fit(X[columns], classes), columns, "predict_proba"
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SMALL, **shared), cv=2)
    columns = ["shop", "other", "code", "tags"]
    encoder.fit_transform(X[columns][:40], y[:40])
    yield encoder, columns, "transform"


def main():
    X = table()
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for estimator, columns, method in fitted(X):
        name = type(estimator).__name__
        save(estimator, FOLDER / f"{name}.safetensors")
        out = np.asarray(getattr(estimator, method)(X[columns][:20]), dtype=float)
        expected[name] = {"columns": columns, "method": method, "output": out.ravel().tolist()}
    rows = [[plain(cell) for cell in row] for row in X[:20].astype(object).to_numpy()]
    rows = [[None if cell != cell else cell for cell in row] for row in rows]
    content = {"columns": list(X.columns), "rows": rows, "expected": expected}
    (FOLDER / "expected.json").write_text(json.dumps(content, indent=None) + "\n")


if __name__ == "__main__":
    main()
