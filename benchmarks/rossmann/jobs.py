"""This module says how each model is built, and what tells its results from others."""

import functools
from pathlib import Path

from ..versions import LIBRARY, code, digest, versions
from . import paper
from .bench import Job
from .models import PACKAGES, network, on_integers, on_vectors, one_hot_network

OURS = (LIBRARY, "torch")


class Jobs:
    """What the options ask for, model by model."""

    def __init__(self, bench, options):
        self.bench, self.options = bench, options
        # Vectors are taken of a network that may have been fitted before.
        self.fitted = functools.cache(self._fit_network)

    def _fit_network(self, seed):
        return self.bench.fit(network(seed, self.options.epochs, self.options.loss))

    def _of_library(self):
        return {"epochs": self.options.epochs, "loss": self.options.loss}

    def network(self, seed):
        """The library's network."""
        return Job(
            "network with embeddings",
            seed,
            self._of_library(),
            versions(*OURS),
            lambda: self.bench.log_sales(self.fitted(seed)),
        )

    def recipe(self, seed):
        """The paper's network."""
        epochs = self.options.epochs or paper.EPOCHS
        version = f"paper.py {digest(code(Path(paper.__file__)))}, {versions('torch')}"

        def log_sales():
            recipe = paper.PaperRecipe(self.bench.levels, seed, epochs)
            return recipe.fit(self.bench.X, self.bench.log).predict(self.bench.X_test)

        return Job("paper's recipe", seed, {"epochs": epochs}, version, log_sales)

    def plain(self, seed):
        """A network on one-hot columns."""
        model = one_hot_network(seed, self.options.epochs)
        settings = {"epochs": self.options.epochs, "layers": list(model[-1].hidden_layer_sizes)}
        return Job(
            "network on one-hot",
            seed,
            settings,
            versions("scikit-learn"),
            lambda: self.bench.log_sales(self.bench.fit(model)),
        )

    def integers(self, name):
        """One of the other models, on integers."""
        n_trees = self.options.trees
        return Job(
            f"{name}, integers",
            0,
            {"trees": n_trees},
            versions(*PACKAGES[name]),
            lambda: self.bench.log_sales(self.bench.fit(on_integers(name, n_trees))),
        )

    def vectors(self, name, seed):
        """One of the other models, on the vectors of the library's network."""
        n_trees = self.options.trees

        def log_sales():
            model = on_vectors(self.fitted(seed), name, n_trees)
            return self.bench.log_sales(self.bench.fit(model))

        settings = {"trees": n_trees, **self._of_library()}
        return Job(f"{name}, vectors", seed, settings, versions(*PACKAGES[name], *OURS), log_sales)
