"""This module compares the size of a saved predictor with its arrays and strings, on all tasks."""

import tempfile
from pathlib import Path

import numpy as np

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor, persistence

from ..tasks import ALL
from .saving import payload


def main():
    print("| task | columns | arrays and strings, kB | file, kB | ratio |\n|---|---|---|---|---|")
    for task in ALL:
        first = [~task.table.X.duplicated(name) for name in task.categorical]
        rows = np.flatnonzero(np.any(first, axis=0) | (np.arange(len(first[0])) < 1000))
        kind = EntityEmbeddingClassifier if task.kind == "binary" else EntityEmbeddingRegressor
        model = kind(categorical_features=list(task.categorical), max_iter=1, random_state=0)
        model.fit(task.table.X.iloc[rows], task.table.y[rows])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            persistence.save(model, path)
            size, content = path.stat().st_size / 1e3, payload(model.state_) / 1e3
        n_columns = model.n_features_in_
        print(f"| {task.name} | {n_columns} | {content:.0f} | {size:.0f} | {size / content:.3f} |")


if __name__ == "__main__":
    main()
