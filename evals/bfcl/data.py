"""The cases of BFCL v4, read from the files of the package `bfcl-eval`; its code is not imported for that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

Language = Literal["python", "java", "javascript"]

PACKAGE = "bfcl-eval"
INSTALL = f"uv pip install -e '.[bfcl]', or pip install --no-deps {PACKAGE}"

CATEGORIES = (
    "simple_python", "simple_java", "simple_javascript", "multiple", "parallel", "parallel_multiple",
    "irrelevance", "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple",
    "live_irrelevance", "live_relevance",
)  # fmt: skip
#: Names that stand for several categories.
GROUPS: dict[str, tuple[str, ...]] = {
    "simple": CATEGORIES[:3],
    "non_live": CATEGORIES[:7],
    "live": CATEGORIES[7:],
    "all": CATEGORIES,
}


class BfclError(Exception):
    """The data cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of BFCL.

    Attributes:
        id: Its name, unique in all categories.
        category: The category it stands in.
        messages: The conversation: objects with `role` and `content`.
        functions: The functions on offer, as the file has them.
        answers: The calls that are right, each `{name: {parameter: [acceptable, ...]}}`; empty where calls
            are not compared, which is so in (ir)relevance.
    """

    id: str
    category: str
    messages: tuple[dict[str, str], ...]
    functions: tuple[dict[str, Any], ...]
    answers: tuple[dict[str, dict[str, list[Any]]], ...]

    @property
    def language(self) -> Language:
        """Whose literals the arguments are written in."""
        if self.category == "simple_java":
            return "java"
        return "javascript" if self.category == "simple_javascript" else "python"

    @property
    def wants_call(self) -> bool:
        """Whether any call is right at all."""
        return "irrelevance" not in self.category

    @property
    def compared(self) -> bool:
        """Whether calls are compared with answers, rather than only looked for."""
        return "relevance" not in self.category


def categories_of(name: str) -> tuple[str, ...]:
    """The categories that a name stands for: a category or a group.

    Raises:
        BfclError: There is none.
    """
    if name in CATEGORIES:
        return (name,)
    if name in GROUPS:
        return GROUPS[name]
    raise BfclError(f"no category {name}; expected one of {', '.join((*GROUPS, *CATEGORIES))}")


def package_version() -> str:
    """The version of the package.

    Raises:
        BfclError: It is not installed.
    """
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise BfclError(f"BFCL's data comes with the package {PACKAGE}: {INSTALL}") from error


def read_entries(categories: Sequence[str]) -> tuple[tuple[Entry, ...], str]:
    """The entries of some categories, and the SHA-256 of the files that they come from.

    Raises:
        BfclError: The package is not installed, or its files are not as they should be.
    """
    package_version()
    found: list[Entry] = []
    digest = hashlib.sha256()
    for category in categories:
        questions = _read(f"BFCL_v4_{category}.json", digest)
        answers: dict[str, Any] = {}
        if "relevance" not in category:
            lines = _read(f"possible_answer/BFCL_v4_{category}.json", digest)
            answers = {line["id"]: line["ground_truth"] for line in lines}
        for line in questions:
            try:
                found.append(_entry(line, category, answers))
            except (KeyError, IndexError, TypeError) as error:
                raise BfclError(f"{category}: a case lacks {error}; reinstall {PACKAGE}") from error
    return tuple(found), digest.hexdigest()


def count_entries(category: str) -> int:
    """How many cases a category has.

    Raises:
        BfclError: The package is not installed.
    """
    package_version()
    return len(_read(f"BFCL_v4_{category}.json", hashlib.sha256()))


def _entry(line: dict[str, Any], category: str, answers: dict[str, Any]) -> Entry:
    return Entry(
        id=line["id"],
        category=category,
        messages=tuple(line["question"][0]),
        functions=tuple(line["function"]),
        answers=tuple(answers[line["id"]]) if answers else (),
    )


def _read(name: str, digest: Any) -> list[dict[str, Any]]:
    spec = find_spec("bfcl_eval")
    folder = Path((spec.submodule_search_locations or [""])[0]) if spec else Path()
    path = folder / "data" / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BfclError(f"{path} cannot be read: {error.strerror}; reinstall {PACKAGE}") from error
    digest.update(content)
    return [json.loads(line) for line in content.splitlines() if line.strip()]
