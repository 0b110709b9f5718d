"""What notebooks show of an estimator."""

import html
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browsers import browser, complaints
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._estimators.html_repr import learned_html
from sk_entity._version import DOCUMENTATION

ESTIMATORS = [EntityEmbeddingRegressor, EntityEmbeddingClassifier, EntityEmbeddingEncoder]
each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: e.__name__)
SETTINGS = {"max_iter": 2, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"<b>town": rng.choice(["a", "b", "c", "d"], 60), "size": rng.random(60)})
    X.loc[0, "<b>town"] = "rare"
    return X, rng.normal(size=60)


@pytest.fixture(scope="module")
def regressor(table):
    return EntityEmbeddingRegressor(min_frequency=2, embedding_dim=3, **SETTINGS).fit(*table)


@pytest.fixture(scope="module")
def encoder(table):
    return EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS), n_components=2).fit(*table)


def table_in(shown):
    """The cells of the table that the HTML holds, by row."""
    rows = re.findall("<tr>(.*?)</tr>", learned_part(shown))
    return [[html.unescape(c) for c in re.findall("<t[hd]>(.*?)</t[hd]>", row)] for row in rows]


def learned_part(shown):
    assert shown.count('<details class="sk-entity-learned"') == 1
    return shown[shown.index('<details class="sk-entity-learned"') :]


def sentence_in(shown):
    return re.search("<p>(.*?)</p>", learned_part(shown))[1]


def test_the_table_lists_the_columns(regressor, encoder):
    assert table_in(regressor._repr_html_()) == [
        ["column", "categories", "infrequent", "dimensions"],
        ["<b>town", "5", "1", "3"],
    ]
    dim = encoder.estimator_.embedding_dims_["<b>town"]
    assert table_in(encoder._repr_html_()) == [
        ["column", "categories", "dimensions", "components"],
        ["<b>town", "5", str(dim), "2"],
    ]


def test_the_sentence_tells_of_the_training(regressor, encoder, table):
    seconds, losses = regressor.history_["seconds"].sum(), regressor.history_["train_loss"]
    assert sentence_in(regressor._repr_html_()) == (
        f"60 training rows, 1 numeric column, 2 epochs in {seconds:.1f} s. "
        f"Loss: {losses[2]:.4g} in training."
    )
    assert sentence_in(encoder._repr_html_()).startswith("60 training rows, 1 numeric column")


def test_with_validation_the_epoch_that_was_kept_is_told(table):
    X, y = table
    stopped = EntityEmbeddingRegressor(early_stopping=True, **(SETTINGS | {"max_iter": 6}))
    stopped.fit(X, y, X_val=X, y_val=-y)  # what is learned is wrong there
    best = stopped.best_iter_
    assert best < stopped.n_iter_
    losses = stopped.history_.loc[best]
    told = sentence_in(stopped._repr_html_())
    assert told.startswith("60 training rows")
    assert f"{stopped.n_iter_} epochs (best: {best}) in" in told
    assert told.endswith(
        f"{losses['train_loss']:.4g} in training, {losses['valid_loss']:.4g} in validation."
    )


@pytest.mark.slow
def test_shared_tables_lists_and_many_columns(trips):
    X, y = trips
    X = X.assign(**{f"more {k}": "x" for k in range(20)})
    model = EntityEmbeddingRegressor(shared_embeddings=[["origin", "dest"]], **SETTINGS).fit(X, y)
    shown = model._repr_html_()
    names = [row[0] for row in table_in(shown)[1:]]
    assert names[:2] == ["origin", "dest (table of origin)"]
    assert len(names) == 20
    assert "… and 3 more categorical columns" in shown
    few = EntityEmbeddingRegressor(**SETTINGS).fit(X[["origin", "tags"]], y)
    assert [row[0] for row in table_in(few._repr_html_())[1:]] == ["origin", "tags (lists)"]
    none = EntityEmbeddingRegressor(**SETTINGS).fit(X[["hour"]], y)
    assert "<table" not in learned_part(none._repr_html_())


@each_estimator
def test_the_diagram_is_that_of_scikit_learn(estimator, regressor, encoder):
    unfitted = estimator()
    assert without_ids(unfitted._repr_html_()) == without_ids(estimator_html_repr(unfitted))
    for fitted in (regressor, encoder):
        shown = fitted._repr_html_()
        assert without_ids(shown) == without_ids(
            estimator_html_repr(fitted) + learned_html(fitted.state_)
        )
        assert without_ids(fitted._repr_mimebundle_()["text/html"]) == without_ids(shown)


def without_ids(text):
    return re.sub(r"(sk-(?:container|estimator)-id-)\d+", r"\1", text)


def test_who_wants_text_gets_text(regressor):
    with config_context(display="text"):
        assert regressor._repr_mimebundle_() == {"text/plain": repr(regressor)}
        assert not hasattr(regressor, "_repr_html_")


@each_estimator
def test_the_link_leads_to_the_page_of_the_class(estimator):
    address = f"https://sk-entity.readthedocs.io/en/stable/api/sk_entity.{estimator.__name__}.html"
    assert f'href="{address}"' in estimator()._repr_html_()
    assert f'href="{address}"' in make_pipeline(estimator(), Ridge())._repr_html_()


def test_the_site_has_one_address():
    file = Path(__file__).parents[2] / "pyproject.toml"
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Documentation"] == DOCUMENTATION


def test_it_changes_nothing_else(regressor):
    before = dict(vars(regressor))
    regressor._repr_html_()
    assert vars(regressor) == before
    assert not any("doc" in name or "html" in name for name in regressor.get_params())
    copy = clone(regressor)
    assert "sk-entity-learned" not in copy._repr_html_()
    assert copy.get_params() == regressor.get_params()


@pytest.mark.slow
def test_a_browser_shows_it_in_a_light_and_in_a_dark_notebook(encoder, tmp_path):
    page = tmp_path / "notebook.html"
    outputs = "".join(
        f'<div style="background:{back};color:{front}" class="{name}">{encoder._repr_html_()}</div>'
        for name, back, front in (("light", "#fff", "#111"), ("dark", "#111", "#eee"))
    )
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{outputs}</body>", encoding="utf-8")
    with browser() as chromium:
        chromium.get(page.as_uri())
        for name, front in (("light", "rgb(17, 17, 17)"), ("dark", "rgb(238, 238, 238)")):
            cells = chromium.find_elements("css selector", f".{name} .sk-entity-learned td")
            assert [cell.text for cell in cells][:2] == ["<b>town", "5"]
            assert all(cell.is_displayed() for cell in cells)
            colours = chromium.execute_script(
                "return arguments[0].map((cell) => getComputedStyle(cell).color)", cells
            )
            assert set(colours) == {front}
        assert not chromium.find_elements("css selector", ".sk-entity-learned b")
        links = chromium.find_elements("css selector", "a.sk-estimator-doc-link")
        targets = [link.get_attribute("href") for link in links]
        assert f"{DOCUMENTATION}api/sk_entity.EntityEmbeddingEncoder.html" in targets
        assert not [text for text in complaints(chromium) if "sk-entity" in text]
