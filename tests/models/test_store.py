"""From a name to a checked file."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from models.catalogue import Entry, NamedModel, load_catalogue, parse
from models.errors import GGUFError, WeightsMissing
from models.family import OWN_DIALECT, WRITTEN_DIALECT
from models.hashes import HashCache
from models.hub import HubOptions
from models.inventory import discard, holding, holdings
from models.progress import Progress
from models.sources import Hub
from models.store import StoreOptions, resolve
from tests.models.support import ENTRY, HubServer, gguf, shipped_file, text_entry

PUBLISHED = "Mungert/rwkv7-2.9B-world-GGUF"


def options(tmp_path: Path, hub: HubServer | None = None, **more: object) -> StoreOptions:
    address = hub.address if hub else "http://127.0.0.1:9"
    return StoreOptions(cache=tmp_path / "cache", hub=HubOptions(tmp_path / "hub", address), **more)  # type: ignore[arg-type]


async def test_the_shipped_file_itself(tmp_path: Path) -> None:
    model = await resolve(parse("bf16", "netmon-7m"), options(tmp_path))
    assert model.path == shipped_file()
    assert model.sha256 == hashlib.sha256(shipped_file().read_bytes()).hexdigest()
    assert not (tmp_path / "cache" / "quantized").exists()


async def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(gguf())
    model = await resolve(parse(str(file), "netmon-7m"), options(tmp_path))
    assert (model.path, model.name, model.parameters) == (file, str(file), 32)
    assert (model.format, model.dialect, model.default_constraint) == (None, None, "none")


async def test_a_file_of_ones_own_that_speaks_the_shipped_dialect(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(
        gguf([text_entry("general.architecture", "rwkv7"), text_entry("smallwatch.dialect", WRITTEN_DIALECT)])
    )
    model = await resolve(parse(str(file), "netmon-7m"), options(tmp_path))
    assert (model.dialect, model.default_constraint) == (OWN_DIALECT, "copy")


async def test_a_file_of_ones_own_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(GGUFError, match="does not exist"):
        await resolve(parse(str(tmp_path / "none.gguf"), "netmon-7m"), options(tmp_path))


async def test_missing_shipped_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="comes with Smallwatch, is missing"):
        await resolve(parse("q4_k", "netmon-7m"), options(tmp_path, shipped=tmp_path))


async def test_shipped_file_that_was_changed(tmp_path: Path) -> None:
    source = ENTRY.source.model_copy(update={"sha256": "0" * 64})
    entry: Entry = ENTRY.model_copy(update={"source": source})
    with pytest.raises(GGUFError, match=r"the catalogue says 0{64}; it was changed"):
        await resolve(NamedModel(entry, "q4_k"), options(tmp_path))


async def test_shipped_file_that_is_a_pointer(tmp_path: Path) -> None:
    (tmp_path / shipped_file().name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(GGUFError, match="git lfs pull"):
        await resolve(parse("q4_k", "netmon-7m"), options(tmp_path, shipped=tmp_path))


async def test_published_model_is_fetched_once_and_then_needs_no_server(
    hub: HubServer, tmp_path: Path
) -> None:
    hub.files[f"{PUBLISHED}/rwkv7-2.9B-world-q4_k.gguf"] = body = gguf()
    ref = parse("rwkv7-2.9b-world", "netmon-7m")
    model = await resolve(ref, options(tmp_path, hub))
    assert (model.name, model.format, model.dialect) == ("rwkv7-2.9b-world:q4_k", "q4_k", "rwkv_world")
    assert model.sha256 == hashlib.sha256(body).hexdigest()
    assert await resolve(ref, options(tmp_path)) == model


@pytest.mark.parametrize("name", [e.name for e in load_catalogue().models if isinstance(e.source, Hub)])
async def test_every_outside_model_is_fetched_by_its_name(name: str, hub: HubServer, tmp_path: Path) -> None:
    entry = load_catalogue().entry(name)
    assert isinstance(entry.source, Hub)
    for number, published in enumerate(entry.source.files.values()):
        hub.files[f"{entry.source.repo}/{published.file}"] = gguf(data=bytes([number]) * 128)
    for format_ in entry.formats:
        model = await resolve(parse(f"{name}:{format_}", "netmon-7m"), options(tmp_path, hub))
        assert (model.name, model.format, model.dialect) == (f"{name}:{format_}", format_, entry.dialect)
    with pytest.raises(WeightsMissing, match=f"`smallwatch models pull {name}:{entry.default_format}`"):
        await resolve(parse(name, "netmon-7m"), options(tmp_path / "elsewhere"))


async def test_published_model_offline_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing) as caught:
        await resolve(parse("rwkv7-2.9b-world:q8_0", "netmon-7m"), options(tmp_path))
    for said in (
        "rwkv7-2.9B-world-q8_0.gguf",
        "`smallwatch models pull rwkv7-2.9b-world:q8_0`",
        "`--model q4_k`",
        "needs no download",
    ):
        assert said in str(caught.value)


async def test_fetched_file_that_is_no_model(hub: HubServer, tmp_path: Path) -> None:
    hub.files["a/b/x.gguf"] = b"<!DOCTYPE html>"
    with pytest.raises(GGUFError, match="web page"):
        await resolve(parse("hf:a/b:x.gguf", "netmon-7m"), options(tmp_path, hub))


async def test_fetched_file_that_was_damaged_on_the_disk(hub: HubServer, tmp_path: Path) -> None:
    hub.files["a/b/x.gguf"] = gguf()
    ref = parse("hf:a/b:x.gguf", "netmon-7m")
    path = (await resolve(ref, options(tmp_path, hub))).path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.resolve().write_bytes(data)
    with pytest.raises(GGUFError, match=r"damaged on the disk.*smallwatch models rm hf:a/b:x\.gguf"):
        await resolve(ref, options(tmp_path, hub))
    assert discard("hf:a/b:x.gguf", "netmon-7m", options(tmp_path, hub)) == [("x.gguf", len(data))]
    assert (await resolve(ref, options(tmp_path, hub))).path == path


async def test_what_is_here(hub: HubServer, cache: Path, tmp_path: Path) -> None:
    hub.files[f"{PUBLISHED}/rwkv7-2.9B-world-q6_k.gguf"] = gguf()
    here = StoreOptions(cache=cache, hub=HubOptions(tmp_path / "hub", hub.address))
    await resolve(parse("q8_0", "netmon-7m"), here)
    await resolve(parse("rwkv7-2.9b-world:q6_k", "netmon-7m"), here)
    found = {item.model.name: item for item in await holdings(load_catalogue(), here)}
    assert found["netmon-7m:bf16"].state == "shipped"
    assert found["netmon-7m:q8_0"].state == "made"
    assert found["rwkv7-2.9b-world:q6_k"].state == "fetched"
    assert found["rwkv7-2.9b-world:q6_k"].file_bytes == len(gguf())
    assert found["rwkv7-2.9b-world:bf16"].state == "absent"


async def test_made_files_are_removed_and_the_shipped_one_stays(tmp_path: Path) -> None:
    here = options(tmp_path)
    for format_ in ("q8_0", "q4_0"):
        await resolve(parse(format_, "netmon-7m"), here)
    assert [name for name, _ in discard("q8_0", "netmon-7m", here)] == ["netmon-7m-q8_0.gguf"]
    q4_0 = parse("q4_0", "netmon-7m")
    assert isinstance(q4_0, NamedModel)
    assert (await holding(q4_0, here)).state == "made"
    assert [name for name, _ in discard("netmon-7m", "netmon-7m", here)] == ["netmon-7m-q4_0.gguf"]
    assert discard("netmon-7m:bf16", "netmon-7m", here) == []
    assert shipped_file().is_file()


async def test_a_hash_is_worked_out_once_for_each_state_of_a_file(tmp_path: Path) -> None:
    file, hashes = tmp_path / "x", HashCache(tmp_path / "hashes")
    reports: list[Progress] = []
    file.write_bytes(b"one")
    assert await hashes.sha256(file, reports.append) == hashlib.sha256(b"one").hexdigest()
    assert len(reports) == 1
    assert await hashes.sha256(file, reports.append) == hashlib.sha256(b"one").hexdigest()
    assert len(reports) == 1
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert await hashes.sha256(file) == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[1]", b'{"state": 1, "sha256": 5}', b"\xff\xfe"])
async def test_a_damaged_cache_of_hashes_is_passed_over(rubbish: bytes, tmp_path: Path) -> None:
    file, hashes = tmp_path / "x", HashCache(tmp_path / "hashes")
    file.write_bytes(b"one")
    digest = await hashes.sha256(file)
    (entry,) = (tmp_path / "hashes").iterdir()
    assert json.loads(entry.read_bytes())["sha256"] == digest
    entry.write_bytes(rubbish)
    assert await hashes.sha256(file) == digest


async def test_a_cache_of_hashes_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "hashes").write_text("a file, not a folder")
    (tmp_path / "x").write_bytes(b"one")
    assert await HashCache(tmp_path / "hashes").sha256(tmp_path / "x") == hashlib.sha256(b"one").hexdigest()
