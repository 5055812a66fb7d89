"""What decides which documents are drawn: the phrase bank, the code that draws, and the data that this code reads.

    python -m training.sources            # the hash that a model's card and file name
    python -m training.sources --files    # what it covers, a path a line

The hash goes into the weights' metadata as `smallwatch.data_sha256`, from there into every run's record. Whoever asks
whether a suite's words were trained on has to look into the same files:

    evals check-overlap --suite netmon-dev --text $(python -m training.sources --files)
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: Draws every batch of a training run; all that it imports of ours has a say in them.
_DRAWS = "training.data"
#: What that code reads: texts of the bank, the tools' parameters, the tokens that documents are cut into.
_READ = ("training/bank/**/*.txt", "tools/schema.json", "training/vocabulary.json")


def document_sources(root: Path = ROOT) -> list[Path]:
    """The files that decide which documents a seed draws, in the order of their paths.

    They are the modules of ours that `training.data` imports, directly or not (so a new module of phrases is among
    them as soon as it is used), and the files that these read. What only trains (model, optimizer, recipe) is not.
    """
    found = {path for pattern in _READ for path in root.glob(pattern)}
    waiting = [_DRAWS]
    while waiting:
        path = _file_of(root, waiting.pop())
        if path is not None and path not in found:
            found.add(path)
            waiting += _imported(path)
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def data_hash(root: Path = ROOT) -> str:
    """SHA-256 over paths and contents of `document_sources`: equal hashes draw equal documents from equal seeds.

    Comments count as well, since a file is hashed as it stands: another hash may still draw the same.
    """
    digest = hashlib.sha256()
    for path in document_sources(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _file_of(root: Path, module: str) -> Path | None:
    """The file of a module of ours; None where the name is another package's, or no module's."""
    place = root.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _imported(path: Path) -> Iterator[str]:
    """Every name that a file imports, wherever in it, with the packages that this runs first."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # What is imported from a package may be a module of it.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def main() -> None:
    """Prints the hash, or the files."""
    parser = argparse.ArgumentParser(description="What decides which documents are drawn.")
    parser.add_argument("--files", action="store_true", help="print the files that the hash covers")
    if parser.parse_args().files:
        print(*(os.path.relpath(path) for path in document_sources()), sep="\n")
    else:
        print(data_hash())


if __name__ == "__main__":
    main()
