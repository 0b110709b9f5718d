"""What is not Python is installed, too."""

import tomllib
from pathlib import Path

import sk_entity

PACKAGE = Path(sk_entity.__file__).parent


def test_every_file_of_the_package_is_in_a_build():
    pyproject = PACKAGE.parent / "pyproject.toml"
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]["sk_entity"]
    built = {path for pattern in patterns for path in PACKAGE.glob(pattern)}
    other = {
        path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert other
    assert other <= built
