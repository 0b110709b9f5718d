"""After what embedding-encoder promised (its README, its docstrings and its tests).

The meanings, by where they are from:

- test_basics: tables of three rows and arrays are learned; numbers are context and have no
  vector; the width of vectors, the layers, dropout and held-out rows can be chosen.
- test_invert: vectors turn back into the table.
- test_sklearn: it works in a pipeline, behind an imputer, in a search over layers.
- test_contrib: the checks of scikit-learn pass (here in tests/estimators).
- README: a target is required, for regression or classification; training stops early and
  keeps the best weights; what is fitted needs no TensorFlow (here no torch: see
  tests/behaviour/test_torch_free.py); the mapping of categories to vectors can be kept in a
  file and used without training.
- docstrings: the mapping can be read; a value never seen has a vector; the history of training is
  kept; a wrong number of dimensions or of columns is refused; embeddings can be plotted.
"""

import numpy as np
import pandas as pd
import pytest
from adapter import NETWORK, encoder
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import EmbeddingDisplay, TrainingDisplay
from sk_entity.persistence import load, save

SMALL = pd.DataFrame(
    {"A": ["x", "y", "z"], "B": [1, 2, 3], "C": ["a", "b", "c"], "D": [6, 7, 8], "E": [9, 10, 11]}
)
LETTERS = pd.DataFrame({"A": [*"abcdef"], "B": [*"zyxwvu"]})
TASKS = [
    ("classes", [], ["A"], [4, 5, 6]),
    ("classes", ["B"], ["A", "C"], [0, 1, 0]),
    ("continuous", ["B", "D"], ["A", "C", "E"], [27, 5.5, -1.2]),
]


@pytest.fixture(scope="module")
def rows():
    """Two categorical columns and two numbers that the target depends on."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "A": rng.choice([*"abcdef"], 80),
            "B": rng.choice([*"zyx"], 80),
            "C": rng.normal(100, 20, 80),
            "D": rng.normal(size=80),
        },
        index=np.arange(80) + 1000,
    )
    return X, X["A"].map({c: k for k, c in enumerate("abcdef")}) * X["D"] + X["C"] / 20


@pytest.fixture(scope="module")
def fitted(rows):
    network = {"embedding_dim": 3, "max_iter": 8, "batch_size": 32, "learning_rate_init": 0.02}
    unfitted = encoder(
        network=network, n_components=3, remainder="drop", categorical_features=["A", "B"]
    )
    return unfitted.set_output(transform="pandas").fit(*rows)


@pytest.mark.parametrize(("target", "numbers", "categories", "y"), TASKS)
def test_three_rows_are_learned_and_numbers_are_context(target, numbers, categories, y):
    """They had to be named as numeric there; here columns are categories by dtype or by name."""
    X = SMALL[categories + numbers]
    kept = encoder(target, cv=None, remainder="drop", categorical_features=categories)
    out = kept.set_output(transform="pandas").fit(X, y).transform(X)
    assert len(out) == 3
    assert {name.split("_")[0] for name in out.columns} == set(categories)
    assert kept.estimator_.n_features_in_ == X.shape[1]
    assert list(kept.embeddings_) == categories


def test_arrays_may_have_numbers_too():
    """They need a data frame there."""
    X = np.array([["x", 1], ["y", 2], ["z", 3]], dtype=object)
    some = encoder("classes", cv=None, categorical_features=[0]).fit(X, [1, 0, 0])
    assert some.get_feature_names_out().tolist() == ["x0_effect", "x1"]
    every = encoder("classes", cv=None).fit(X, [1, 0, 0])
    assert every.get_feature_names_out().tolist() == ["x0_effect", "x1_effect"]


def test_numbers_change_what_vectors_say(rows, fitted):
    X, y = rows
    alone = encoder(n_components=3).fit(X[["A"]], y)
    assert alone.get_feature_names_out().tolist() == ["A_effect"]  # no context, one number
    assert fitted.get_feature_names_out()[:2].tolist() == ["A_effect", "A_axis_1"]


def test_dimensions_are_chosen_by_name(rows):
    X, y = rows
    chosen = encoder(
        network={"embedding_dim": {"A": 3, "B": 2}}, categorical_features=["A", "B"]
    ).fit(X, y)
    assert chosen.estimator_.embedding_dims_ == {"A": 3, "B": 2}
    assert [v.shape[1] for v in chosen.estimator_.embeddings_.values()] == [3, 2]


@pytest.mark.parametrize(
    ("dims", "error"),
    [({"A": 3, "Z": 2}, "embedding_dim names 'Z', which is not"), ([3, 2], "'embedding_dim'")],
    ids=["another column", "by position"],
)
def test_dimensions_that_fit_no_column_are_refused(dims, error, rows):
    """They are given by position there; a dict says of which column each is."""
    with pytest.raises(ValueError, match=error):
        encoder(network={"embedding_dim": dims}, categorical_features=["A", "B"]).fit(*rows)


@pytest.mark.parametrize(
    "network",
    [
        {"hidden_layer_sizes": (24,), "dropout": 0.0},
        {
            "hidden_layer_sizes": (16, 8, 4),
            "dropout": 0.5,
            "early_stopping": True,
            "validation_fraction": 0.25,
        },
    ],
    ids=["one layer", "three layers"],
)
def test_layers_dropout_and_held_out_rows_are_chosen(network, rows):
    out = encoder("classes", network=network, cv=None, n_components=1)
    out.fit(LETTERS, [1, 0, 1, 0, 1, 0])
    assert out.transform(LETTERS).shape == (6, 2)
    weights = out.estimator_.to_torch().state_dict()
    sizes = [len(value) for name, value in weights.items() if name.endswith("bias")]
    assert sizes == [*network["hidden_layer_sizes"], 1]


def test_vectors_turn_back_into_the_table():
    X = SMALL[["A", "C", "E"]]
    kept = encoder(cv=None, n_components=None)
    out = kept.fit(X, [27, 5.5, -1.2]).transform(X)
    assert_array_equal(kept.inverse_transform(out), X.to_numpy(object))
    # Exact matches there; the nearest here, so that a cluster's center has a category, too.
    assert_array_equal(kept.inverse_transform(out + 1e-7), X.to_numpy(object))


def test_a_target_is_required():
    with pytest.raises(ValueError, match="requires y"):
        encoder().fit(LETTERS)


def test_the_task_is_one_of_those_there_are(rows):
    with pytest.raises(ValueError, match="'target_type'.*Got 'ranking'"):
        EntityEmbeddingEncoder(target_type="ranking").fit(*rows)


@pytest.mark.slow
def test_the_task_need_not_be_told():
    """That whole numbers are classes is asked in test_like_target_encoder.py."""
    fitted = EntityEmbeddingEncoder(cv=None).fit(LETTERS, [1.5, 0.5, 2.0, 1.0, 0.0, 3.5])
    assert type(fitted.estimator_) is EntityEmbeddingRegressor


@pytest.mark.slow
def test_in_a_search_over_layers_behind_an_imputer(rows):
    X, y = rows
    X = X.assign(A=X["A"].where(X["A"] != "f"))
    impute = SimpleImputer(strategy="most_frequent").set_output(transform="pandas")
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["C", "D"]),
            ("categories", make_pipeline(impute, encoder("classes")), ["A", "B"]),
        ]
    )
    layers = "columntransformer__categories__entityembeddingencoder__estimator__hidden_layer_sizes"
    search = GridSearchCV(
        make_pipeline(columns, LogisticRegression()), {layers: [(8, 4), (4,)]}, cv=2
    )
    search.fit(X, y > y.median())
    assert search.best_params_[layers] in [(8, 4), (4,)]
    assert search.score(X, y > y.median()) > 0.5


def test_missing_cells_need_no_imputer(rows):
    X, y = rows
    holes = X.assign(A=X["A"].where(X["A"] != "f"), D=X["D"].where(X["D"] > -1))
    out = encoder(remainder="drop", categorical_features=["A", "B"]).fit_transform(holes, y)
    assert np.isfinite(out).all()


def test_training_stops_early_and_keeps_the_best_weights(rows):
    network = {
        "max_iter": 30,
        "early_stopping": True,
        "n_iter_no_change": 2,
        "learning_rate_init": 0.3,
        "batch_size": 16,
    }
    inside = encoder(network=network, categorical_features=["A", "B"]).fit(*rows).estimator_
    losses = inside.history_["valid_loss"]
    assert inside.n_iter_ == len(losses) < 30
    assert inside.best_iter_ == losses.to_numpy().argmin() + 1 == inside.n_iter_ - 2


def test_the_history_of_training_is_kept(fitted):
    history = fitted.estimator_.history_
    assert len(history) == 8
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]


def test_the_mapping_is_what_rows_are_given(rows, fitted):
    X, _ = rows
    out = fitted.transform(X)
    assert_array_equal(out.index, X.index)
    for name in ("A", "B"):
        vectors = fitted.embeddings_[name]
        assert_array_equal(out[vectors.columns], vectors.loc[X[name]])
        assert all(label.startswith(f"{name}_") for label in vectors.columns)


def test_a_value_never_seen_has_the_unknown_vector(rows, fitted):
    X, _ = rows
    out = fitted.transform(X.head(2).assign(A=["never", "a"]))
    unknown = fitted.special_embeddings_["A"].loc["unknown"]
    assert_array_equal(out[unknown.index].iloc[0], unknown)
    assert out.notna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda X: X.drop(columns="A"), "missing:\n- A"),
        (lambda X: X.assign(more=1), "unseen at fit time:\n- more"),
        (lambda X: X[["B", "A", "C", "D"]], "must be in the same order"),
    ],
    ids=["fewer", "more", "another order"],
)
def test_the_columns_must_be_those_of_training(change, error, rows, fitted):
    X = change(rows[0])
    with pytest.raises(ValueError, match=error):
        fitted.transform(X)


def test_vectors_are_kept_in_a_file_and_used_without_training(rows, fitted, tmp_path, no_training):
    path = tmp_path / "vectors.skentity"
    save(fitted, path)
    X, _ = rows
    assert_array_equal(load(path).transform(X), fitted.transform(X))
    reused = EntityEmbeddingEncoder(
        FrozenEstimator(load(path).estimator_), n_components=3, remainder="drop"
    )
    assert_array_equal(reused.fit(X).embeddings_["A"].index, [*"abcdef"])


def test_vectors_are_the_start_of_another_task(rows, fitted):
    X, y = rows
    given = fitted.embeddings_["A"]
    settings = NETWORK | {"embedding_dim": {"A": given.shape[1], "B": 1}}
    other = EntityEmbeddingRegressor(
        **settings,
        embedding_init={"A": given},
        freeze_embeddings=["A"],
        categorical_features=["A", "B"],
    ).fit(X, -y)
    assert_allclose(other.embeddings_["A"], given, rtol=1e-5)


@pytest.mark.slow
def test_vectors_and_losses_are_drawn(fitted):
    from matplotlib import pyplot as plt

    display = EmbeddingDisplay.from_estimator(fitted, "A")
    texts = {text.get_text() for text in display.ax_.texts}
    assert {*"abcdef"} <= texts
    losses = TrainingDisplay.from_estimator(fitted.estimator_)
    assert len(losses.ax_.lines[0].get_xdata()) == 8
    with pytest.raises(ValueError, match="'Z'"):
        EmbeddingDisplay.from_estimator(fitted, "Z")
    plt.close("all")
