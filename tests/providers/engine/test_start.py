"""How the engine's process starts: lean, from this very package, and ahead of its use where that is asked for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from providers.base import ProviderRejected
from providers.engine.client import Engine, EngineOptions
from providers.engine.process import started_ahead
from tests.providers.engine.support import SHIPPED, answer, ask, call_of

ONE = EngineOptions(threads=1, slots=1)


def run_python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def children() -> list[int]:
    """The processes that this one has started and not yet buried."""
    return list(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()))


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_lean_imports_leave_out_what_decoding_does_not_need() -> None:
    loaded = run_python(
        "from providers.engine.lean import quick_imports\n"
        "with quick_imports():\n"
        "    import providers.engine.llama, providers.engine.scheduler\n"
        "import gc, os, sys\n"
        "print(gc.isenabled(), os.environ['OPENBLAS_NUM_THREADS'])\n"
        "print(*(name for name in ('jinja2', 'diskcache', 'llama_cpp.llama') if name in sys.modules))"
    )
    assert loaded == ["True", "1"]


def test_the_bare_package_offers_what_the_whole_one_does() -> None:
    """All of the low-level names, and the version that kept states are named by."""
    names = "print(lib.__version__, len([n for n in dir(lib) if n.startswith(('llama_', 'LLAMA_'))]))"
    bare = run_python(
        "from providers.engine.lean import quick_imports\n"
        f"with quick_imports():\n    import llama_cpp as lib\n{names}"
    )
    version, count = run_python(f"import llama_cpp as lib\n{names}")
    assert bare[0] == version
    # The whole package has a few sub-modules beside them, such as `llama_cache`.
    assert int(count) - 20 < int(bare[1]) <= int(count)


async def test_a_child_that_was_started_ahead_is_taken_once() -> None:
    async with (
        started_ahead(),
        aclosing(Engine(SHIPPED, ONE)) as first,
        aclosing(Engine(SHIPPED, ONE)) as second,
    ):
        asked = await answer(first, ask("ping web-01")), await answer(second, ask("ping web-02"))
        assert [text for text, _ in asked] == [call_of("web-01"), call_of("web-02")]
        assert first.pid != second.pid


async def test_a_child_that_nobody_takes_is_ended() -> None:
    async with started_ahead():
        [child] = children()
    assert not exists(child)


async def test_a_child_that_died_meanwhile_is_replaced() -> None:
    async with started_ahead(), aclosing(Engine(SHIPPED, ONE)) as engine:
        [child] = children()
        os.kill(child, signal.SIGKILL)
        # A moment after it is gone, the loop knows.
        while exists(child):
            await asyncio.sleep(0.01)
        for _ in range(50):
            await asyncio.sleep(0.01)
        assert "ping_host" in (await answer(engine, ask("ping web-01")))[0]


async def test_what_lies_in_the_current_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')\n")
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')\n")
    monkeypatch.chdir(tmp_path)
    async with aclosing(Engine(SHIPPED, ONE)) as engine:
        assert "ping_host" in (await answer(engine, ask("ping web-01")))[0]


async def test_a_child_started_ahead_names_the_file_that_it_cannot_load(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF" + bytes(60))
    async with started_ahead(), aclosing(Engine(wrong, ONE)) as engine:
        with pytest.raises(ProviderRejected, match=r"wrong\.gguf"):
            await engine.start()
