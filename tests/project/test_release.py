"""A release holds what is committed, and is described by links that lead somewhere."""

import email
import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import sk_entity

ROOT = Path(__file__).parents[2]
DIST = runpy.run_path(str(ROOT / ".ci" / "dist.py"))


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The sdist and the wheel, by the last part of their names."""
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return {file.suffix: file for file in out.iterdir() if file.is_file()}


def metadata(wheel):
    with zipfile.ZipFile(wheel) as files:
        name = next(name for name in files.namelist() if name.endswith("/METADATA"))
        return email.message_from_bytes(files.read(name))


@pytest.mark.slow
def test_archives_hold_what_is_committed(archives):
    if not (ROOT / ".git").exists():
        pytest.skip("no clone")
    files = DIST["committed"]("--cached", "--others", "--exclude-standard")
    files = {file for file in files if (ROOT / file).exists()}
    assert DIST["contents"](archives[".gz"]) == DIST["in_sdist"](files)
    assert DIST["contents"](archives[".whl"]) == DIST["in_wheel"](files, sk_entity.__version__)


def test_a_wheel_holds_the_package_alone():
    files = {"sk_entity/a.py", "sk_entity/py.typed", "tests/sk_entity/a.py", "README.md"}
    wheel = {file for file in DIST["in_wheel"](files, "1") if "dist-info" not in file}
    assert wheel == {"sk_entity/a.py", "sk_entity/py.typed"}


@pytest.mark.slow
def test_the_wheel_says_what_it_is(archives):
    about = metadata(archives[".whl"])
    assert about["Name"] == "sk-entity"
    assert about["Version"] == sk_entity.__version__
    assert about["Metadata-Version"] == "2.4"
    assert about["License-Expression"] == "BSD-3-Clause"
    assert about["Description-Content-Type"] == "text/markdown"
    assert about.get_payload().startswith("# sk-entity\n")


def test_the_description_links_to_pages_of_the_site():
    pytest.importorskip("hatchling")
    build = runpy.run_path(str(ROOT / "hatch_build.py"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)", build["description"](readme))
    pages = [target.removeprefix(build["SITE"]) for target in targets if build["SITE"] in target]
    assert len(pages) > 15
    assert all(target.startswith("https://") for target in targets)
    for page in pages:
        source = page.replace("_images/", "").replace(".html", ".md").partition("#")[0]
        assert (ROOT / "docs" / source).exists()


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[a](docs/encoder.md#check-it)", "[a]({}encoder.html#check-it)"),
        ("[a](CHANGELOG.md)", "[a]({}changelog.html)"),
        ("![a](docs/a.png)", "![a]({}_images/a.png)"),
        ("[a](https://example.org/b.md)", "[a](https://example.org/b.md)"),
    ],
)
def test_a_link_of_the_readme_leads_to_the_site(link, becomes):
    pytest.importorskip("hatchling")
    build = runpy.run_path(str(ROOT / "hatch_build.py"))
    assert build["description"](link) == becomes.format(build["SITE"])


def test_the_version_is_one():
    headings = re.findall(r"^## (\S+)(?: - | \()([^)\n]+)", text("CHANGELOG.md"), re.MULTILINE)
    released = [heading for heading in headings if heading[1] != "unreleased"]
    citation = text("CITATION.cff")
    cited = [re.search(rf"^{key}: (\S+)", citation, re.MULTILINE)[1] for key in CITED]
    assert tuple(cited) == released[0]
    current = sk_entity.__version__.removesuffix(".dev0")
    assert current == headings[0][0]
    assert (headings[0] != released[0]) == sk_entity.__version__.endswith(".dev0")


CITED = "version", "date-released"


def text(file):
    return (ROOT / file).read_text(encoding="utf-8")
