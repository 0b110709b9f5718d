"""This module holds invariants of a model's life: it grows, and it is looked into."""

import copy
import tempfile
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd

from sk_entity import CategoryMerger
from sk_entity.inspection import (
    category_effects,
    cluster,
    compare,
    most_similar,
    to_html,
    unseen,
)

from .containers import CONTAINERS
from .judging import answer, assert_finite, assert_same, call, outputs, part, refusal

COLUMNS_LOOKED_INTO = 1


def growth(case):
    """Further rows are learned or refused, and only_new leaves what was learned bit for bit."""
    table = case.table
    for name, model in case.models.items():
        before = case.expected[name][0]
        if name == "network" and _refuses_to_grow(model):
            message = refusal(copy.deepcopy(model).partial_fit, table.new, table.y_new)
            assert "early_stopping" in message or "class_weight" in message, message
            yield
            continue
        only_new = copy.deepcopy(model)
        _, message = answer(only_new.partial_fit, table.new, table.y_new, only_new=True)
        if message:  # of mixed cells, all may have been numbers before, and text is new
            assert "none of them would be the same category" in message, message
            assert_same(outputs(only_new, table.X), before, f"{name}, whose growth was refused")
            yield
            continue
        # A value that no training row holds is a new category, too.
        old = case.training_rows
        if len(old):
            kept = outputs(only_new, table.X.iloc[old])
            assert_same(kept, part(before, old), f"{name}, only_new")
            yield
        for X, y, weight in (
            (table.X, table.y, table.weight),
            (table.new, table.y_new, None),
            (table.new.iloc[:1], table.y_new[:1], None),
        ):
            grown = copy.deepcopy(only_new)
            call(grown.partial_fit, X, y, sample_weight=weight)
            assert_finite(outputs(grown, table.X), f"{name}, grown")
            assert_finite(outputs(grown, table.new), f"{name}, grown")
            known = set(grown.embeddings_)
            assert known == set(model.embeddings_)
            yield
        if hasattr(model, "estimator_"):
            width = before["transform"].shape[1]
            assert outputs(grown, table.X)["transform"].shape[1] == width
            yield
        assert_same(outputs(model, table.X), before, f"{name}, whose copy has grown")
        yield


def _refuses_to_grow(network):
    """Whether the parameters need all rows at once."""
    balanced = getattr(network, "class_weight", None) == "balanced"
    return network.early_stopping is True or balanced


def inspection(case):
    """What is looked up, counted, grouped, compared and drawn is consistent."""
    for name, model in case.models.items():
        X, found = case.table.X, call(unseen, model, case.table.new)
        assert (found["fraction"].between(0, 1)).all()
        yield
        held = call(unseen, model, CONTAINERS[case.table.container()](case.table.new_cells))
        pd.testing.assert_frame_equal(held.drop(columns="values"), found.drop(columns="values"))
        yield
        for column in case.rng.permutation(list(model.embeddings_))[:COLUMNS_LOOKED_INTO]:
            yield from _one_column(model, X, str(column))
            if name == "network":
                yield from _effects(case, str(column))
        if model.embeddings_ and hasattr(model, "transform"):
            with tempfile.TemporaryDirectory() as folder:
                path = call(to_html, model, Path(folder, "page.html"), X)
                assert "</html>" in path.read_text(encoding="utf-8"), name
            yield


def _one_column(model, X, column):
    counts = _counts(model, column)
    seen = [c for c, n in counts.items() if n]
    if seen:
        frame = call(most_similar, model, column, seen[0], 5, X)
        assert np.isfinite(frame["distance"]).all()
        assert frame["distance"].is_monotonic_increasing
        yield
    groups, message = answer(cluster, model, column, 2, X, random_state=0)
    if message:
        assert "n_clusters" in message, message
    else:
        assert len(groups) == len(seen)
        assert groups.between(0, 1).all()
    yield
    if seen:
        moved = call(compare, model, model, column, X)["moved"].dropna()
        assert (moved < 1e-4).all(), moved.max()
        yield


def _effects(case, column):
    """Partial dependence is finite, and the same for rows of another container."""
    model, found = case.network, []
    for container in ("pandas", case.table.container()):
        X = CONTAINERS[container](case.table.cells)
        if any(_counts(model, column).values()):
            effects = call(
                category_effects, model, X, column, n_samples=20, n_draws=2, random_state=0
            )
            found.append(effects.sort_index(key=lambda index: index.astype(str)))
            assert np.isfinite(effects.to_numpy(dtype=float)).all(), column
            yield
    if found:
        # Means of the same numbers that lie elsewhere in memory differ by rounding.
        one, other = (frame.to_numpy(dtype=float) for frame in found)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(one).max())
        yield


def _counts(model, column):
    state = next(c for c in model.state_.columns if c.name == column)
    return dict(zip(state.vocabulary.categories, state.vocabulary.counts.tolist(), strict=True))


def merger(case):
    """A merger puts each row in a group, the same from a file, and keeps the other columns."""
    from sk_entity.persistence import load, save

    table = case.table
    made = CategoryMerger(case.table.encoder(), n_clusters=2)
    X = table.X
    merged = call(made.fit_transform, X, table.y, sample_weight=table.weight)
    assert list(merged.columns) == list(X.columns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "merger")
        call(save, made, path)
        loaded = call(load, path)
    for rows in (X, table.new):
        found = call(made.transform, rows)
        assert found.equals(call(loaded.transform, rows))
        for column in X.columns:
            if column in made.mapping_:
                assert found[column].notna().all()
                assert found[column].isin([f"group_{k}" for k in range(len(X) + 2)]).all()
            else:
                assert found[column].equals(rows[column])
        yield
    held = call(made.transform, CONTAINERS[table.container()](table.new_cells))
    held = nw.from_native(held, eager_only=True)
    for column in made.mapping_:
        assert [str(label) for label in held[column].to_list()] == found[column].tolist(), column
        yield


def tables_out(case):
    """The encoder gives the same numbers in tables, with its names, and finds categories again."""
    encoder, expected = case.encoder, case.expected["encoder"][1]["transform"]
    names = list(encoder.get_feature_names_out())
    for output in ("pandas", "polars"):
        other = copy.deepcopy(encoder).set_output(transform=output)
        found = call(other.transform, case.table.new)
        if names and ("" not in names or output == "pandas"):
            assert list(found.columns) == names, output
            np.testing.assert_array_equal(found.to_numpy(), expected, err_msg=output)
            yield
        if encoder.embeddings_:
            _, message = answer(other.to_frame)
            # polars has no column of several types.
            refused = output == "polars" and "categories of several types" in str(message)
            assert message is None or refused, f"{output}: {message}"
            yield
    if names:
        back = call(encoder.inverse_transform, expected)
        assert len(back) == len(expected)
        yield
