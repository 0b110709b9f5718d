"""This module draws random tables: columns, a target, weights, and parameters of an estimator.

Everything follows from a `Plan`, which a function draws from few choices. So the same function
makes plans from a seed, and from a strategy of Hypothesis, which then shrinks what fails.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

from .cells import KINDS, LISTS, draw_cells
from .containers import CONTAINERS, Cells, containers_of

NAMES = (
    "a",
    "b b",
    "c_effect",
    "d.e",
    "x0",
    "0",
    "",
    " ",
    "é",
    "語",
    "y",
    "index",
    "__index_level_0__",
    "missing",
    "nan",
    "prediction",
    'a "quote"',
    "line\nbreak",
    "a_axis_1",
    "n" * 50,
    "$x$",
    "<b>",
)
SIZES = (40, 80, 20, 150, 8, 300, 3, 13, 5, 2, 1)
LOSSES = {
    "normal": ("squared_error", "absolute_error", "huber", "quantile"),
    "large": ("squared_error", "huber"),
    "several": ("squared_error", "absolute_error"),
    "counts": ("poisson", "squared_error", "tweedie"),
    "positive": ("gamma", "tweedie", "poisson"),
    "often zero": ("tweedie", "poisson"),
}
CLASSES = ("two texts", "flags", "whole classes", "many classes", "rare class", "odd texts")
PARAMETERS = {
    "hidden_layer_sizes": ((4,), (5, 3), 3),
    "embedding_dim": ("auto", 1, 2, 5),
    "activation": ("silu", "relu", "tanh", "logistic", "identity", "selu", "mish"),
    "dropout": (0.1, 0, 0.5),
    "embedding_dropout": (0.1, 0, 0.5),
    "min_frequency": (None, None, 1, 2, 5, 0.1),
    "max_categories": (None, None, 1, 2, 4),
    "batch_size": ("auto", 8, 64),
    "max_iter": (1, 2, 3),
    "early_stopping": ("auto", "auto", False, True),
    "weight_decay": (0.3, 0),
    "learning_rate_init": (0.003, 0.05),
}
OF_ENCODER = {
    "cv": (2, None, 3),
    "n_components": ("auto", 1, 2, 0.5, None),
    "cross_fit": ("tables", "networks"),
    "remainder": ("passthrough", "drop"),
}


@dataclass(frozen=True)
class Column:
    """A column to be drawn.

    Attributes
    ----------
    name : str
    kind : str
        A key of `cells.KINDS`.
    n_values : int or None
        Values to choose from; None gives each row one of its own.
    missing : float
        The part of the cells that are missing, 1 for all.
    """

    name: str
    kind: str
    n_values: int | None
    missing: float


@dataclass(frozen=True)
class Plan:
    """All that decides a random table and its estimators."""

    columns: tuple[Column, ...]
    n_rows: int
    n_new: int
    target: str
    weights: str
    container: str
    parameters: dict[str, Any]
    of_encoder: dict[str, Any]
    share: bool
    given_vectors: bool
    seed: int

    @property
    def is_classification(self):
        return self.target in CLASSES


def draw_plan(pick):
    """Draw a plan.

    Parameters
    ----------
    pick : callable
        Returns one of the sequence that it is given. The first is the plainest.

    Returns
    -------
    Plan
    """
    n_columns = pick(range(1, 13))
    columns = []
    for _ in range(n_columns):
        kind = pick(tuple(KINDS))
        missing = 0 if kind in LISTS and pick((True, False)) else pick((0, 0, 0.1, 0.5, 1))
        free = [name for name in NAMES if name not in {c.name for c in columns}]
        columns.append(Column(pick(free), kind, pick((3, 2, 8, 40, None)), missing))
    target = pick((*LOSSES, *CLASSES))
    parameters = {name: pick(options) for name, options in PARAMETERS.items()}
    if target in CLASSES:
        parameters["class_weight"] = pick((None, None, "balanced"))
        parameters["ordered_target_encoding"] = pick((True, False))
    else:
        parameters["loss"] = pick(LOSSES[target])
        parameters |= {"quantile": 0.9} if parameters["loss"] == "quantile" else {}
    return Plan(
        columns=tuple(columns),
        n_rows=pick(SIZES),
        n_new=pick((12, 5, 1)),
        target=target,
        weights=pick(("none", "none", "positive", "some zero", "whole")),
        container=pick(tuple(CONTAINERS)),
        parameters=parameters,
        of_encoder={name: pick(options) for name, options in OF_ENCODER.items()},
        share=pick((False, True)),
        given_vectors=pick((False, False, True)),
        seed=pick(range(10_000)),
    )


def plan_of_seed(seed):
    """The plan that a seed stands for."""
    rng = np.random.default_rng(seed)
    return draw_plan(lambda options: options[rng.integers(len(options))])


@dataclass(frozen=True)
class RandomTable:
    """A random table, its new rows, and what to learn with.

    Attributes
    ----------
    plan : Plan
    cells, new_cells : containers.Cells
        To learn from, and others of known, new and missing values.
    y : ndarray
    y_new : ndarray
        A target of the new rows, of the same classes.
    weight : ndarray or None
    options : dict
        Parameters of the regressor or the classifier.
    """

    plan: Plan
    cells: Cells
    new_cells: Cells
    y: np.ndarray
    y_new: np.ndarray
    weight: np.ndarray | None
    options: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def X(self):
        """The rows to learn from, in pandas."""
        return CONTAINERS["pandas"](self.cells)

    @cached_property
    def new(self):
        """The other rows, in pandas."""
        return CONTAINERS["pandas"](self.new_cells)

    def container(self):
        """The container of the plan, or one that has types for all cells."""
        held = containers_of(self.cells)
        return self.plan.container if self.plan.container in held else held[1]

    def network(self, **others):
        """An unfitted regressor or classifier."""
        is_class = self.plan.is_classification
        kind = EntityEmbeddingClassifier if is_class else EntityEmbeddingRegressor
        return kind(**self.options | others)

    def encoder(self, **others):
        """An unfitted encoder with such a network."""
        return EntityEmbeddingEncoder(self.network(), **self.plan.of_encoder | others)


def make_table(plan):
    """Make the table of a plan.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    RandomTable
    """
    rng = np.random.default_rng(plan.seed)
    learned, new = {}, {}
    for column in plan.columns:
        learned[column.name], new[column.name] = draw_cells(column, rng, plan.n_rows, plan.n_new)
    kinds = {column.name: column.kind for column in plan.columns}
    y = draw_target(plan.target, rng, plan.n_rows)
    y_new = y[rng.integers(len(y), size=plan.n_new)]
    weight = draw_weight(plan.weights, rng, plan.n_rows)
    labels = [n for n, kind in kinds.items() if KINDS[kind].label]
    options = dict(plan.parameters, random_state=plan.seed, device="cpu")
    options["categorical_features"] = ["from_dtype", *labels]
    if plan.share:
        options["shared_embeddings"] = _pairs(kinds)
    if plan.given_vectors:
        options |= _given_vectors(plan, learned, rng)
    return RandomTable(plan, Cells(learned, kinds), Cells(new, kinds), y, y_new, weight, options)


def _pairs(kinds):
    """Columns of one kind, two by two, that can share a table."""
    alike = {}
    for name, kind in kinds.items():
        if kind in ("text", "name", "date", "category", "label", *LISTS):
            alike.setdefault(kind, []).append(name)
    return [tuple(names[:2]) for names in alike.values() if len(names) > 1] or None


def _given_vectors(plan, learned, rng):
    """Vectors from elsewhere for the first column of names, and the width that goes with them."""
    shared = {n for pair in _pairs({c.name: c.kind for c in plan.columns}) or () for n in pair}
    for column in plan.columns:
        if column.kind in ("name", "date", "label") and column.name not in shared:
            known = sorted({c for c in learned[column.name] if c is not None})[::2]
            other = [v for v in KINDS[column.kind].draw(rng, 3) if v not in known]
            index = list(dict.fromkeys([*known, *other]))
            frame = pd.DataFrame(rng.normal(size=(len(index), 3)), index=index)
            freeze = bool(rng.random() < 0.5)
            return {
                "embedding_init": {column.name: frame},
                "freeze_embeddings": freeze,
                "embedding_dim": {column.name: 3},
            }
    return {}


def draw_target(kind, rng, n):
    """Draw a target."""
    texts = np.array(["", "a b", "語", "1", "nan"], dtype=object)
    classes = {
        "two texts": lambda: rng.choice(np.array(["no", "yes"], dtype=object), n),
        "flags": lambda: rng.random(n) < 0.5,
        "whole classes": lambda: rng.choice([-3, 0, 10**12], n),
        "many classes": lambda: rng.integers(25, size=n),
        "rare class": lambda: np.where(np.arange(n) == 0, "rare", "often").astype(object),
        "odd texts": lambda: rng.choice(texts, n),
    }
    numbers = {
        "normal": lambda: rng.normal(size=n),
        "large": lambda: 1e6 + 1e3 * rng.standard_t(2, size=n),
        "several": lambda: rng.normal(size=(n, 2)),
        "counts": lambda: rng.poisson(2.0, n),
        "positive": lambda: rng.gamma(1.0, 100.0, n) + 1e-6,
        "often zero": lambda: rng.gamma(1.0, 10.0, n) * (rng.random(n) < 0.6),
    }
    return (classes | numbers)[kind]()


def draw_weight(kind, rng, n):
    """Draw weights of the rows, or None."""
    if kind == "none":
        return None
    if kind == "whole":
        return rng.integers(1, 4, n)
    weight = rng.gamma(2.0, 1.0, n) + 0.01
    return weight if kind == "positive" else weight * (rng.random(n) < 0.8)
