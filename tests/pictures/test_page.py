"""The file that `to_html` writes; what a browser does with it is in tests/browser."""

import base64
import hashlib
import json
import os
import re
import sys
from html import unescape

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import to_html

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.choice(["a", "b", HOSTILE], (60, 2)), columns=["town", '"<i>kind'])
    return X, rng.normal(size=60)


@pytest.fixture(scope="module")
def regressor(table):
    regressor = EntityEmbeddingRegressor(max_iter=1, random_state=0, device="cpu")
    return regressor.fit(*table)


@pytest.fixture(scope="module")
def encoder(table):
    regressor = EntityEmbeddingRegressor(max_iter=1, random_state=0, device="cpu")
    return EntityEmbeddingEncoder(regressor).fit(*table)


def columns_in(path):
    """Name and data of each column that a page holds."""
    pattern = r'<script type="application/json" class="column" data-name="([^"]*)">(.*?)</script>'
    found = re.findall(pattern, path.read_text(encoding="utf-8"))
    return {unescape(name): json.loads(data) for name, data in found}


def title_of(path):
    return unescape(re.search("<title>(.*?)</title>", path.read_text(encoding="utf-8"))[1])


def test_it_holds_all_columns_and_returns_the_path(encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = to_html(encoder, "page.html")
    assert path == tmp_path / "page.html"
    assert os.listdir(tmp_path) == ["page.html"]
    found = columns_in(path)
    assert list(found) == ["town", '"<i>kind']
    assert found["town"]["categories"] == [HOSTILE, "a", "b"]
    assert title_of(path) == 'Vectors of town and "<i>kind'


def test_columns_are_chosen_and_ordered_and_the_title_is_given(encoder, tmp_path):
    title = "<b>Towns</b> {{script}}"
    columns = ['"<i>kind', "town"]
    path = to_html(encoder, tmp_path / "page.html", columns=columns, title=title)
    assert list(columns_in(path)) == columns
    assert title_of(path) == title
    assert "<b>Towns" not in path.read_text(encoding="utf-8")
    assert list(columns_in(to_html(encoder, path, columns=["town"]))) == ["town"]


def test_a_network_is_asked_on_rows(regressor, table, tmp_path):
    path = to_html(regressor, tmp_path / "page.html", table[0])
    assert columns_in(path)["town"]["components"][0] == "town_effect"
    with pytest.raises(ValueError, match="pass X, rows"):
        to_html(regressor, tmp_path / "other.html")
    assert not (tmp_path / "other.html").exists()


def test_only_the_two_scripts_of_the_page_may_run_and_nothing_loads(encoder, tmp_path):
    text = to_html(encoder, tmp_path / "page.html").read_bytes().decode()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', text)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 2
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = [f"'sha256-{h}'" for h in hashes]
    assert rules["script-src"].split() == [*allowed, "'unsafe-eval'"]
    assert rules["img-src"] == "data: blob:"
    sources = set(re.findall(r"<(?:link|script|img|iframe)\b[^>]*\b(?:src|href)=", text))
    assert {s for s in sources if not s.startswith("<script")} <= {"<img src="}
    assert not re.search("<script [^>]*src=", text)


def test_a_file_that_cannot_be_replaced_stays(encoder, tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        to_html(encoder, path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_what_cannot_be_shown_is_refused(encoder, regressor, tmp_path):
    path = tmp_path / "page.html"
    with pytest.raises(ValueError, match=r"'size' is no categorical column.*\['town', "):
        to_html(encoder, path, columns=["town", "size"])
    with pytest.raises(TypeError, match=r"columns='town' is a string.*columns=\['town'\]"):
        to_html(encoder, path, columns="town")
    with pytest.raises(ValueError, match="no categorical column to show"):
        to_html(encoder, path, columns=[])
    with pytest.raises(NotFittedError):
        to_html(EntityEmbeddingEncoder(), path)
    with pytest.raises(TypeError, match="no estimator of sk-entity"):
        to_html("model", path)
    assert not path.exists()


def test_without_plotly_the_message_says_how_to_install_it(encoder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(ImportError, match=r'pip install "sk-entity\[plot\]"'):
        to_html(encoder, tmp_path / "page.html")
