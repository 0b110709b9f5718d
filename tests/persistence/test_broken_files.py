"""Broken and hostile files are refused, and what is loaded predicts."""

import copy
import json
import os
import pickle
import random
import resource
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from sklearn.utils._param_validation import InvalidParameterError
from tampering import Parts, signed

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.persistence import load, save

N_FLIPS, N_TAMPERED = 1500, 2500


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    shop = [None, "north", "south", "é", "long name"]
    code = [1, "1", b"x", 2.5, 2**70]
    return pd.DataFrame(
        {
            "shop": [shop[i] for i in rng.integers(5, size=300)],
            "code": pd.Series([code[i] for i in rng.integers(5, size=300)], dtype=object),
            "user": rng.integers(120, size=300).astype(str),
            "tags": [
                [["x", "y", 3][i] for i in rng.integers(3, size=n)]
                for n in rng.integers(3, size=300)
            ],
            "other": [shop[i] for i in rng.integers(5, size=300)],
            "price": np.where(rng.random(300) < 0.1, np.nan, rng.normal(size=300)),
        }
    )


@pytest.fixture(scope="module")
def fitted(table):
    """One of each, so small that a file is a few kilobytes."""
    small = {"embedding_dim": 2, "hidden_layer_sizes": (3,), "max_iter": 1, "random_state": 0}
    y = table["price"].fillna(0).to_numpy() + (table["shop"] == "north")
    tiny = EntityEmbeddingRegressor(**small).fit(table[["shop"]], y)
    classifier = EntityEmbeddingClassifier(shared_embeddings=[("shop", "other")], **small)
    classifier.fit(table, y > 0.3)
    given = pd.DataFrame([[1.0, 0.0], [0.0, 2.0]], index=["north", "west"])
    small |= {"embedding_init": {"shop": given}, "freeze_embeddings": True}
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=2)
    encoder.fit_transform(table, y)
    assert len(classifier.state_.encoding) > 0
    assert classifier.state_.coder.n_bags == 1
    return {"tiny": tiny, "classifier": classifier, "encoder": encoder}


@pytest.fixture(scope="module")
def contents(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "file"
    found = {}
    for name, estimator in fitted.items():
        save(estimator, path)
        found[name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("broken") / "file"


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be loaded") as raised:
        load(path)
    return str(raised.value)


def use(estimator, table):
    """Whatever reads the fitted state and needs no torch."""
    X = table[list(estimator.state_.coder.names)] if hasattr(estimator, "predict") else table
    if hasattr(estimator, "transform"):
        estimator.transform(X)
        assert estimator.support_.keys() == estimator.to_frame().keys()
    else:
        estimator.predict(X)
        estimator.predict(X.iloc[:1])
    assert estimator.embeddings_.keys() == estimator.special_embeddings_.keys()


@pytest.mark.slow
def test_a_file_cut_short_at_any_byte(contents, path):
    content = contents["tiny"]
    assert len(content) < 6000
    path.write_bytes(content)
    for length in reversed(range(len(content))):
        os.truncate(path, length)
        with pytest.raises(ValueError, match="cannot be loaded"):
            load(path)


def test_a_file_that_goes_on(contents, path):
    assert "damaged" in refused(path, contents["tiny"] + b"\0")


@pytest.mark.slow
def test_bits_that_are_flipped(contents, path):
    rng = random.Random(0)
    for k in range(N_FLIPS):
        content = bytearray(contents[rng.choice(list(contents))])
        # Half of them in the header, whose part of a large file is small.
        stop = len(content) if k % 2 else 8 + int.from_bytes(content[:8], "little")
        for _ in range(rng.choice([1, 1, 2, 9])):
            content[rng.randrange(stop)] ^= 1 << rng.randrange(8)
        refused(path, bytes(content))


HOSTILE = (
    None, True, False, 0, -1, 1, 2, 7, 2**31, 2**63 - 1, 2**64, 10**30, 1.5, -0.0, 1e308, "", "x",
    "0", "Vocabulary", "array", "Ünïcode", "\ud800", "a" * 1000, [], [0], [[]], [None], [2**62],
    {}, {"ref": 0}, {"ref": 3}, {"ref": -1}, {"ref": 10**9}, {"ref": "0"}, {"tuple": []},
    {"dict": []}, {"dict": [[[], 0]]}, {"float": "nan"}, {"float": "inf"}, {"float": "x"},
    {"int": "zz"}, {"characters": [-1]}, {"bytes": "0"}, {"ref": 0, "tuple": []}, {"other": 1},
    [[[[[[[[]]]]]]]],
)  # fmt: skip


def places(value, found):
    """Every container of a JSON value with every key or position in it."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        found.append((value, key))
        if isinstance(value[key], dict | list):
            places(value[key], found)
    return found


def tamper(parts, rng, kind):
    """Change something; the checksum will be right."""
    if kind < 0.25:
        array = parts.array(
            rng.choice([n for n, e in parts.entries.items() if 0 not in e["shape"]])
        )
        flat = array.reshape(-1)
        position = rng.randrange(len(flat))
        with np.errstate(all="ignore"):
            options = {
                "f": [np.nan, np.inf, -np.inf, 1e30],
                "i": [-1, 2**31 - 1, 0, 7],
                "u": [255, 0, 1, 7],
                "b": [True, False],
            }[array.dtype.kind]
            flat[position] = rng.choice(options)
        return
    if kind < 0.4:
        value, key = rng.choice(places(parts.entries, []))
    else:
        value, key = rng.choice(places(parts.document, []))
    action = rng.random()
    if action < 0.15:
        del value[key]
    elif action < 0.25 and isinstance(value, list):
        value.insert(key, copy.deepcopy(value[key]))
    elif action < 0.4 and isinstance(value, list):
        other = rng.randrange(len(value))
        value[key], value[other] = value[other], value[key]
    elif action < 0.5 and type(value[key]) is int:
        value[key] += rng.choice([-1, 1])
    else:
        value[key] = copy.deepcopy(rng.choice(HOSTILE))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_has_a_right_checksum_is_refused_or_predicts(contents, table, path):
    """The work of somebody who knows the format: no error but ValueError, at once."""
    rng = random.Random(1)
    n_refused, longest = 0, 0.0
    for _ in range(N_TAMPERED):
        parts = Parts(contents[rng.choice(list(contents))])
        # Numbers first, which are found by what the header says.
        for kind in sorted(rng.random() for _ in range(rng.choice([1, 1, 1, 2, 5]))):
            tamper(parts, rng, kind)
        path.write_bytes(parts.content())
        start = time.process_time()
        try:
            estimator = load(path)
        except ValueError:
            n_refused += 1
        else:
            # A parameter that is none is named where it is read, as after set_params.
            with suppress(InvalidParameterError):
                use(estimator, table)
        longest = max(longest, time.process_time() - start)
    assert 0.5 * N_TAMPERED < n_refused < N_TAMPERED
    assert longest < 5


def test_files_that_others_have_written(path):
    weights = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    for content, said in [
        (b"", "too short"),
        (b"\0" * 7, "too short"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"PK\x03\x04" + b"\0" * 100, "no safetensors"),
        (b"<html><body>not found</body></html>", "no safetensors"),
        (b"\xff" * 8, "no safetensors"),
        (signed(b"[]      ", b""), "no JSON object"),
        (signed(b"\xff\xfe{}", b""), "JSON"),
        (signed(b'{"__metadata__":{"a":1}}', b""), "no strings"),
        (signed(b'{"__metadata__":[]}     ', b""), "no strings"),
        (signed(b'{"a":1,"a":1}   ', b""), "twice"),
        (signed(b'{"a":NaN}       ', b""), "NaN"),
        (signed(b'{"a":-Infinity} ', b""), "Infinity"),
        (signed(b'{"a":' + b"9" * 5000 + b"}", b""), "JSON"),
        (signed(b"[" * 100_000, b""), "nested"),
        (signed(b'{"a":' * 100_000, b""), "nested"),
        (
            signed(weights, bytes(4)),
            "none that",
        ),
        (signed(b"{}      ", b""), "none that"),
    ]:
        assert said in refused(path, content)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"shape": [2**62, 2**62], "data_offsets": [0, 4]}, "absurd"),
        ({"shape": [2**40, 0], "data_offsets": [0, 0]}, "none that"),
        ({"shape": [0, 2**63], "data_offsets": [0, 0]}, "absurd"),
        ({"shape": [1] * 99, "data_offsets": [0, 4]}, "absurd"),
        ({"shape": [2**30], "data_offsets": [0, 2**32]}, "damaged"),
        ({"shape": [2], "data_offsets": [0, 4]}, "as long as"),
        ({"shape": [1], "data_offsets": [4, 8]}, "does not begin"),
        ({"shape": [-1], "data_offsets": [0, 4]}, "no shape"),
        ({"shape": [True], "data_offsets": [0, 4]}, "no shape"),
        ({"shape": [1.0], "data_offsets": [0, 4]}, "no shape"),
        ({"shape": [1], "data_offsets": [0, 4], "dtype": "F4"}, "dtype"),
        ({"shape": [1], "data_offsets": [0, 4], "dtype": ["F32"]}, "dtype"),
        ({"shape": [1], "data_offsets": [0, 4], "more": 1}, "no dtype, shape"),
        ({"shape": "1", "data_offsets": [0, 4]}, "no shape"),
        ({"shape": [1]}, "no dtype, shape"),
    ],
)
def test_lengths_are_compared_with_the_file_before_memory_is_asked_for(entry, said, path):
    header = json.dumps({"w": {"dtype": "F32"} | entry}).encode()
    n_bytes = 0 if entry.get("data_offsets") == [0, 0] else 4
    assert said in refused(path, signed(header, bytes(n_bytes)))


def test_arrays_that_overlap(path):
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    header = json.dumps({f"w{i}": one for i in range(1000)}).encode()
    assert "does not begin" in refused(path, signed(header, bytes(4)))


def test_the_estimator_of_another_file(contents, path):
    parts, other = Parts(contents["tiny"]), Parts(contents["classifier"])
    parts.document["class"] = "EntityEmbeddingClassifier"
    assert "no estimator" in refused(path, parts.content())
    parts.objects("estimator")[0][1] = "EntityEmbeddingClassifier"
    for name in ("loss", "quantile", "power"):
        del parts.objects("estimator")[0][2][name]
    assert "target of another" in refused(path, parts.content())
    other.document["objects"][-1] = ["splitter", "KFold", {"dict": []}]
    assert "no estimator" in refused(path, other.content())


@pytest.mark.parametrize(
    ("record", "field", "value", "said"),
    [
        ("Vocabulary", "n_missing", -1, "negative"),
        ("Vocabulary", "n_missing", 1.5, "n_missing of a Vocabulary"),
        ("Vocabulary", "n_missing", True, "n_missing of a Vocabulary"),
        ("Vocabulary", "categories", "shop", "categories of a Vocabulary"),
        ("CategoricalColumn", "position", 3, "no place"),
        ("CategoricalColumn", "name", "other", "names"),
        ("Weights", "activation", "exec", "no activation"),
        ("Weights", "layers", {"tuple": []}, "no layer"),
        ("RegressionTarget", "link", "__import__", "no link"),
        ("RegressionTarget", "one_dimensional", 1, "one_dimensional"),
        ("FittedNetwork", "means", {"tuple": []}, "columns, tables and effects"),
        ("FittedNetwork", "dispersion", "1", "dispersion"),
    ],
)
def test_records_that_are_not_consistent(record, field, value, said, contents, path):
    parts = Parts(contents["tiny"])
    names = parts.document["fields"][record]
    parts.objects("record", record)[0][2 + names.index(field)] = value
    assert said in refused(path, parts.content())


@pytest.mark.parametrize("name", ["os.system", "EntityEmbedding", "object", "__class__"])
def test_nothing_is_imported_by_name(name, contents, path):
    for description in (
        ["record", name, "true"],
        ["estimator", name, {}, {}, {}],
        ["splitter", name, {"dict": []}],
        [name, "true"],
    ):
        parts = Parts(contents["tiny"])
        parts.document["fields"][name] = ["command"]
        parts.document["objects"].insert(0, description)
        assert f"KeyError: '{name}'" in refused(path, parts.content())


@pytest.mark.parametrize("code", ["(1,", "9" * 5000 + "i8", "i8,i8", "f8", "b1", "O", "V8", ""])
def test_no_text_is_parsed_as_a_dtype(code, contents, path):
    """NumPy would parse it as Python, and not only ValueError comes of that."""
    parts = Parts(contents["tiny"])
    parts.document["objects"].insert(0, ["array", code, [1]])
    assert "no dtype" in refused(path, parts.content())


def test_an_attribute_that_is_none_of_the_estimators(contents, path):
    parts = Parts(contents["tiny"])
    parts.objects("estimator")[0][3]["predict"] = None
    assert "no attribute 'predict'" in refused(path, parts.content())


def test_a_directory_a_device_and_nothing(tmp_path):
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")
    with pytest.raises(OSError, match="no regular file"):
        load("/dev/zero")


BOUNDED = """
import resource, sys
from sk_entity.persistence import load
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
try:
    load(sys.argv[1])
except ValueError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_small_file_asks_for_little_memory(contents, tmp_path):
    """Of fixed width, ten thousand strings of ten thousand characters would take 400 MB."""
    parts = Parts(contents["tiny"])
    n = 10_000
    for name, dtype, value in (("text", "U8", b"a" * n), ("lengths", "U16", bytes(2 * n))):
        start = len(parts.data)
        parts.data += value
        shape = [len(value) // (1 if dtype == "U8" else 2)]
        offsets = [start, len(parts.data)]
        parts.entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    np.frombuffer(parts.data, "<u2", offset=len(parts.data) - 2 * n)[-1] = n
    parts.entries = {str(10_000 + i): e for i, e in enumerate(parts.entries.values())}
    last = 10_000 + len(parts.entries) - 1
    parts.document["pools"] = {}
    parts.document["objects"] = [
        ["array", last - 1],
        ["array", last],
        ["text", f"U{n}", 0, 1, None],
    ]
    path = tmp_path / "file"
    path.write_bytes(parts.content())
    ran = subprocess.run(
        [sys.executable, "-c", BOUNDED, path, str(2**32)], capture_output=True, text=True
    )
    assert "far more memory" in ran.stdout, ran.stderr


FULL = """
import resource, sys
from sk_entity.persistence import load, save
estimator = load(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save(estimator, sys.argv[1])
except OSError as error:
    print("OSError", error.errno)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system has no such limit")
def test_a_full_disk_leaves_what_was_there(contents, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(contents["tiny"])
    ran = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True)
    assert ran.stdout.startswith("OSError"), ran.stderr
    assert path.read_bytes() == contents["tiny"]
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
