"""The measurement of saving and loading, with few categories."""

from benchmarks.speed import saving


def test_it_reports_size_and_seconds(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["saving", "--repeats", "2"])
    monkeypatch.setattr(saving, "N_CATEGORIES", 5000)
    saving.main()
    content, file, *seconds = capsys.readouterr().out.splitlines()
    assert content.startswith("5000 categories, 16 dimensions, 1.0 MB")
    assert 1.0 < float(file.split()[-2]) < 1.6  # beside them there are hidden layers' descriptions
    assert [line.split(":")[0] for line in seconds] == ["save", "load", "both"]
    assert all(float(line.split()[1]) < 60 for line in seconds)


def test_the_estimator_knows_all_categories():
    model = saving.regressor_of(["b", "a", "ä"], dim=2)
    assert model.categories_["item"].tolist() == ["a", "b", "ä"]
    assert model.embeddings_["item"].shape == (3, 2)
    assert saving.payload(model.state_.coder) == (1 + 1 + 2) + 3 * 8 + 3 * 4
