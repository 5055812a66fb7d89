"""Weights that an installed Python package holds, found without importing its code."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from models.errors import GGUFError, WeightsMissing
from models.sources import Packaged


def packaged_file(source: Packaged) -> Path:
    """The file, where its package is installed.

    Raises:
        WeightsMissing: The package, or the file in it, is not there.
    """
    try:
        path = Path(str(distribution(source.package).locate_file(source.file)))
    except PackageNotFoundError:
        raise WeightsMissing(
            f"{_name(source)} comes with the Python package {source.package}, which is not installed; "
            f"{install(source)}"
        ) from None
    if not path.is_file():
        raise WeightsMissing(
            f"{path} is missing, though the package {source.package} is installed; {again(source)}"
        )
    return path


def check_packaged(source: Packaged, path: Path, sha256: str) -> None:
    """Checks that the file is the one that the catalogue names.

    Raises:
        GGUFError: It is another.
    """
    if sha256 != source.sha256:
        raise GGUFError(
            f"{path} has SHA-256 {sha256}, and the catalogue says {source.sha256}; "
            f"it was changed, or is of another version of {source.package}: {again(source)}"
        )


def install(source: Packaged) -> str:
    """What to do where the package is missing."""
    return f'install it with `pip install "smallwatch[{source.extra}]"`'


def again(source: Packaged) -> str:
    """What to do where the package is there and its file is not, or is another."""
    return f'install it again with `pip install --force-reinstall "smallwatch[{source.extra}]"`'


def _name(source: Packaged) -> str:
    return source.file.rpartition("/")[2]
