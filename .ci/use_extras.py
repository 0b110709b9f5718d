"""Use each extra of an installed sk-entity once; `make dist` runs this outside of the clone."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import sk_entity
from sk_entity import EntityEmbeddingRegressor, distributed, inspection, onnx, streaming


def main():
    """Draw, export, and fit from disk and on Ray."""
    assert Path(sys.prefix) in Path(sk_entity.__file__).parents
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"shop": rng.choice([f"shop {i}" for i in range(8)], 400)})
    X["price"] = rng.uniform(1, 3, 400)
    y = X["shop"].str[-1].astype(float) - X["price"]
    model = EntityEmbeddingRegressor(max_iter=5, random_state=0).fit(X, y)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(model, X, folder)
        export(model, X)
        fit_from_disk(X.assign(y=y), folder)
    fit_on_ray(X.assign(y=y))


def draw(model, X, folder):
    """Extra plot: a picture and a page."""
    display = inspection.EmbeddingDisplay.from_estimator(model, "shop", X=X)
    display.figure_.savefig(folder / "shops.png")
    inspection.to_html(model, folder / "shops.html", X=X)
    assert {path.suffix for path in folder.iterdir()} == {".png", ".html"}


def export(model, X):
    """Extra onnx: the exported model predicts the same, in the evaluator of onnx itself."""
    from onnx.reference import ReferenceEvaluator

    exported = onnx.to_onnx(model, X)
    (predictions,) = ReferenceEvaluator(exported).run(None, onnx.make_feed(exported, X))
    np.testing.assert_allclose(np.ravel(predictions), model.predict(X), rtol=1e-4, atol=1e-4)


def fit_from_disk(table, folder):
    """Extra stream: a fit to a file."""
    table.to_parquet(folder / "table.parquet")
    model = EntityEmbeddingRegressor(max_iter=2, random_state=0)
    model = streaming.fit(model, folder / "table.parquet", target="y")
    assert np.isfinite(model.predict(table[["shop", "price"]])).all()


def fit_on_ray(table):
    """Extra ray: two workers on this machine."""
    with distributed.local_cluster(num_workers=2):
        import ray.data

        model = EntityEmbeddingRegressor(max_iter=2, random_state=0)
        model = distributed.fit(model, ray.data.from_pandas(table), target="y")
    assert np.isfinite(model.predict(table[["shop", "price"]])).all()


if __name__ == "__main__":
    main()
