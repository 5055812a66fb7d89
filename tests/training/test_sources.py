"""The hash of training data covers everything that decides what is drawn, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from training.sources import ROOT, data_hash, document_sources

DRAW = """
import hashlib, json, sys
from training.generate import Generator, load_bank
generator = Generator(load_bank(), seed=3)
print(hashlib.sha256(json.dumps([generator.draw() for _ in range(300)]).encode()).hexdigest())
print(json.dumps(sorted(m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None))))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of the code as it is now: someone may be writing the bank."""
    root = tmp_path_factory.mktemp("whole")
    for room in ("training", "providers", "tools"):
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def copied(whole: Path, to: Path) -> Path:
    """The sources alone, in a folder of their own."""
    for path in document_sources(whole):
        place = to / path.relative_to(whole)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    return to


def drawn(root: Path) -> tuple[str, set[Path]]:
    """The hash of documents that the code in `root` draws, and the files of it that had a part in them."""
    done = subprocess.run(
        [sys.executable, "-c", DRAW], cwd=root, capture_output=True, text=True, check=True, timeout=300
    )
    documents, files = done.stdout.splitlines()
    return documents, {Path(file) for file in json.loads(files) if Path(file).is_relative_to(root)}


def test_the_sources_alone_draw_the_same_documents(whole: Path, tmp_path: Path) -> None:
    # So nothing is missing among them; and what is imported while drawing is among them.
    copy = copied(whole, tmp_path)
    (there, used), (here, _) = drawn(copy), drawn(whole)
    assert there == here
    assert used <= set(document_sources(copy))
    assert data_hash(copy) == data_hash(whole)


@pytest.mark.parametrize(
    "name",
    [
        "training/phrases.py",
        "training/words.py",
        "training/stories.py",
        "providers/dialects/netmon_pieces.py",
        "tools/schema.json",
        "training/vocabulary.json",
        "training/bank/README.md",
        "training/model.py",
    ],
)
def test_the_hash_changes_with_what_is_drawn_from_and_with_nothing_else(
    whole: Path, tmp_path: Path, name: str
) -> None:
    copy = copied(whole, tmp_path)
    before = data_hash(copy)
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    covered = name not in ("training/bank/README.md", "training/model.py")
    assert (data_hash(copy) != before) is covered


def test_a_phrase_that_moves_to_another_file_is_other_data(whole: Path, tmp_path: Path) -> None:
    copy = copied(whole, tmp_path)
    first = sorted((copy / "training/bank/single").glob("*.txt"))[0]
    before = data_hash(copy)
    first.rename(first.with_name("zz" + first.name))
    assert data_hash(copy) != before
