"""Making formats from the shipped file, with the real llama.cpp."""

import asyncio
import os
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

import gguf
import pytest

from models.catalogue import parse
from models.errors import QuantizeError
from models.formats import RECIPES, Recipe
from models.gguf import check
from models.progress import Progress
from models.quantize import Source, convert, made_path, make
from models.store import StoreOptions, resolve
from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Done, Generate
from tests.models.support import ROOT, SOURCE, shipped_file

# Types of the output, of the embeddings and of the large matrices, as the published files have them.
TYPES = {
    "bf16": ("BF16", "BF16", {"BF16"}),
    "f16": ("F16", "F16", {"F16"}),
    "bf16-q8_0": ("BF16", "BF16", {"Q8_0"}),
    "f16-q8_0": ("F16", "F16", {"Q8_0"}),
    "q8_0": ("Q8_0", "Q8_0", {"Q8_0"}),
    "q6_k": ("Q8_0", "Q8_0", {"Q6_K"}),
    "q4_k": ("Q8_0", "Q8_0", {"Q4_K"}),
    "q4_k_s": ("Q6_K", "Q4_K", {"Q4_K"}),
    "q4_0": ("Q6_K", "Q4_0", {"Q4_0"}),
    "iq3_xs": ("IQ3_S", "IQ3_S", {"IQ3_S"}),
    "iq3_s": ("Q6_K", "IQ3_S", {"IQ3_S"}),
    "iq3_m": ("Q6_K", "IQ3_S", {"IQ3_S", "Q4_K"}),
}
LARGE = ("time_mix_receptance", "time_mix_key", "time_mix_value", "time_mix_output", "channel_mix_key")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def child(code: str, folder: Path) -> asyncio.subprocess.Process:
    """Runs some Python with a folder as its argument."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )


async def one_token(path: Path) -> int:
    engine = Engine(path, EngineOptions(threads=2, slots=1, context=256, load_timeout_s=60))
    try:
        await engine.start()
        request = Generate(0, "", "ping db1.example", 1)
        async for message in engine.generate(request):
            if isinstance(message, Done):
                return message.completion_tokens
    finally:
        await engine.aclose()
    return 0


@pytest.mark.parametrize("format_", RECIPES)
async def test_every_format_is_made_and_runs(format_: str, cache: Path) -> None:
    model = await resolve(parse(format_, "netmon-7m"), StoreOptions(cache=cache))
    assert model.name == f"netmon-7m:{format_}"
    assert (model.format, model.dialect, model.default_constraint) == (format_, "netmon", "copy")
    assert model.info.dialect == "netmon"
    assert model.parameters == check(shipped_file()).parameters
    assert model.file_bytes == model.path.stat().st_size
    tensors = {item.name: item.tensor_type.name for item in gguf.GGUFReader(model.path).tensors}
    large = {kind for name, kind in tensors.items() if any(part in name for part in LARGE)}
    assert (tensors["output.weight"], tensors["token_embd.weight"], large) == TYPES[format_]
    assert await one_token(model.path) == 1


@pytest.mark.parametrize("format_", ["q4_k", "iq3_xs", "iq3_m"])
async def test_rows_that_fit_no_large_block_get_smaller_ones(format_: str, cache: Path) -> None:
    model = await resolve(parse(format_, "netmon-0.5m"), StoreOptions(cache=cache))
    assert model.info.width == 64
    assert await one_token(model.path) == 1


async def test_the_ladder_goes_down(cache: Path) -> None:
    steps = ["bf16", "bf16-q8_0", "q8_0", "q6_k", "q4_k", "q4_k_s", "iq3_m", "iq3_s", "iq3_xs"]
    models = [await resolve(parse(step, "netmon-7m"), StoreOptions(cache=cache)) for step in steps]
    sizes = [model.file_bytes for model in models]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)


async def test_made_once_and_kept(tmp_path: Path) -> None:
    reports: list[Progress] = []
    path = await make(SOURCE, "q4_0", tmp_path, reports.append)
    assert reports[-1].done == reports[-1].total == check(path).tensors
    reports.clear()
    before = path.stat()
    assert await make(SOURCE, "q4_0", tmp_path, reports.append) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino, reports) == (before.st_mtime_ns, before.st_ino, [])


async def test_two_makers_make_one_file(tmp_path: Path) -> None:
    reports: list[Progress] = []
    paths = await asyncio.gather(*(make(SOURCE, "q8_0", tmp_path, reports.append) for _ in range(4)))
    assert len(set(paths)) == 1
    assert Counter(report.done for report in reports)[1] == 1


async def test_makers_in_two_processes_make_one_file(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from tests.models.support import SOURCE;"
        "from models.quantize import make;"
        "print(asyncio.run(make(SOURCE, 'q8_0', Path(sys.argv[1]))).stat().st_ino)"
    )
    makers = [await child(code, tmp_path) for _ in range(2)]
    inodes = {(await maker.communicate())[0] for maker in makers}
    assert [maker.returncode for maker in makers] == [0, 0]
    assert len(inodes) == 1


async def test_a_made_file_that_is_cut_short_is_made_again(tmp_path: Path) -> None:
    path = await make(SOURCE, "q8_0", tmp_path)
    size = path.stat().st_size
    os.truncate(path, size // 2)
    assert (await make(SOURCE, "q8_0", tmp_path)).stat().st_size == size


async def test_a_killed_maker_leaves_no_file_and_its_rest_is_cleaned(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from tests.models.support import SOURCE;"
        "from models.quantize import make;"
        "asyncio.run(make(SOURCE, 'iq3_m', Path(sys.argv[1]), lambda report: print(report.done, flush=True)))"
    )
    maker = await child(code, tmp_path)
    assert maker.stdout is not None
    await maker.stdout.readline()
    maker.kill()
    await maker.communicate()
    target = made_path(tmp_path, SOURCE, "iq3_m")
    left = names(target.parent)
    assert target.name not in left
    assert any(name.endswith(".part") for name in left)
    await make(SOURCE, "q8_0", tmp_path)
    assert names(target.parent) == [".lock", "netmon-7m-q8_0.gguf"]


async def test_cancel_ends_the_child_and_leaves_nothing(tmp_path: Path) -> None:
    started = asyncio.Event()
    work = asyncio.create_task(make(SOURCE, "iq3_m", tmp_path, lambda report: started.set()))
    await started.wait()
    begun = time.perf_counter()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.perf_counter() - begun < 1.0
    assert names(made_path(tmp_path, SOURCE, "iq3_m").parent) == [".lock"]


def test_the_place_changes_with_the_source(tmp_path: Path) -> None:
    other = Source("netmon-7m", shipped_file(), "1" * 64)
    assert made_path(tmp_path, SOURCE, "q4_k") != made_path(tmp_path, other, "q4_k")


async def test_a_type_that_needs_an_importance_matrix_is_refused(tmp_path: Path) -> None:
    recipe = Recipe("iq3_xs", overrides=((r"time_mix_key\.", "iq3_xxs"),))
    with pytest.raises(QuantizeError, match=r"refused while it made x\.gguf .*imatrix"):
        await convert(shipped_file(), tmp_path / "x.gguf", recipe)
    assert names(tmp_path) == []


async def test_a_quantizer_that_dies_is_named(tmp_path: Path) -> None:
    # A file type that llama.cpp has removed makes it divide by zero.
    class Removed(Recipe):
        def to_json(self) -> str:
            return '{"file_type": 7, "output": 32, "embedding": null, "overrides": []}'

    with pytest.raises(QuantizeError, match="was ended by SIG"):
        await convert(shipped_file(), tmp_path / "x.gguf", Removed("q8_0"))
    assert names(tmp_path) == []


async def test_time_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(QuantizeError, match="took more than 0 s"):
        await convert(shipped_file(), tmp_path / "x.gguf", RECIPES["iq3_m"], timeout_s=0.05)
    assert names(tmp_path) == []


async def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(QuantizeError, match="use another cache folder"):
        await make(SOURCE, "q8_0", tmp_path / "cache")


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(QuantizeError, match=r"may take 1\d MB, and .* free some space"):
        await make(SOURCE, "q8_0", tmp_path)
