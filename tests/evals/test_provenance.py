import shutil
import subprocess
from pathlib import Path

import pytest

from evals.provenance import read_code, read_hardware, read_packages

GIT = shutil.which("git")


def git(root: Path, *arguments: str) -> str:
    assert GIT
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(
        [GIT, "-C", str(root), *identity, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(GIT is None, reason="needs git")
def test_the_code_of_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "evals").mkdir()
    file = tmp_path / "evals" / "a.py"
    file.write_text("one = 1\n")
    git(tmp_path, "init", "-q")
    assert read_code(tmp_path).revision is None
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    clean = read_code(tmp_path)
    assert clean.revision == git(tmp_path, "rev-parse", "HEAD")
    assert clean.changed is False
    file.write_text("one = 2\n")
    changed = read_code(tmp_path)
    assert (changed.revision, changed.changed) == (clean.revision, True)
    assert changed.sha256 != clean.sha256


def test_code_outside_a_checkout_has_a_hash_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.py").write_text("x = 1\n")
    first = read_code(tmp_path)
    assert (first.revision, first.changed) == (None, None)
    (tmp_path / "tools" / "notes.txt").write_text("no code")
    assert read_code(tmp_path) == first
    (tmp_path / "tools" / "a.py").rename(tmp_path / "tools" / "b.py")
    assert read_code(tmp_path).sha256 != first.sha256


def test_packages_and_hardware() -> None:
    packages = read_packages(["pydantic", "no-such-package-at-all"])
    assert set(packages) == {"python", "pydantic"}
    hardware = read_hardware()
    assert hardware.processors >= 1
    assert hardware.memory_bytes is None or hardware.memory_bytes > 2**20
