"""Names, and what the catalogue may hold."""

from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import (
    Constraint,
    HubFile,
    LocalFile,
    NamedModel,
    load_catalogue,
    parse,
    read_catalogue,
)
from models.errors import CatalogueError, ModelError, UnknownModel
from models.gguf import check
from models.sources import Hub
from models.synth import parameters_of
from providers import base
from providers.dialects.registry import choose
from tests.models.support import ENTRY, shipped_file

CATALOGUE = load_catalogue()
PUBLISHED = {
    "bf16", "f16", "bf16-q8_0", "f16-q8_0", "q8_0", "q6_k", "q4_k", "q4_k_s", "q4_0", "iq3_xs", "iq3_m",
}  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (None, "netmon-7m:q4_k"),
        ("q6_k", "netmon-7m:q6_k"),
        ("netmon-7m", "netmon-7m:q4_k"),
        ("netmon-7m:q6_k", "netmon-7m:q6_k"),
        ("NETMON-7M:Q6_K", "netmon-7m:q6_k"),
        (" q4_k ", "netmon-7m:q4_k"),
        ("rwkv7-2.9B-world", "rwkv7-2.9b-world:q4_k"),
        ("rwkv7-2.9b-world:bf16-q8_0", "rwkv7-2.9b-world:bf16-q8_0"),
    ],
)
def test_names(spec: str | None, name: str) -> None:
    ref = parse(spec, "netmon-7m")
    assert isinstance(ref, NamedModel)
    assert ref.name == name


@pytest.mark.parametrize("spec", ["./x.gguf", "x.gguf", "some/where/x.bin", "/abs/x.gguf", "../x"])
def test_paths(spec: str) -> None:
    assert parse(spec, "netmon-7m") == LocalFile(Path(spec))


def test_home_is_expanded() -> None:
    assert parse("~/x.gguf", "netmon-7m") == LocalFile(Path.home() / "x.gguf")


def test_hub_file() -> None:
    assert parse("hf:Some-One/Re.po_1:sub/File.gguf", "netmon-7m") == HubFile(
        "Some-One/Re.po_1", "sub/File.gguf"
    )


@pytest.mark.parametrize(
    "spec",
    ["hf:", "hf:repo:file.gguf", "hf:a/b", "hf:a/b:file.bin", "hf:a/b:../x.gguf", "hf:a/b:/etc/x.gguf"],
)
def test_hub_file_that_is_none(spec: str) -> None:
    with pytest.raises(UnknownModel, match="hf:OWNER/REPOSITORY:FILE"):
        parse(spec, "netmon-7m")


@pytest.mark.parametrize(
    ("spec", "near"),
    [
        ("q5_k", "q4_k"),
        ("netmon7m", "netmon-7m"),
        ("netmon-7m:q4", "q4_k"),
        ("netmon-8m:q4_k", "netmon-7m"),
        ("rwkv7-2.9b-world:iq3_s", "iq3_xs"),
        ("zzz", "rwkv7-2.9b-world"),
        ("", "netmon-7m"),
    ],
)
def test_unknown_names_the_near_ones(spec: str, near: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        parse(spec, "netmon-7m")
    assert near in str(caught.value)


def test_bare_format_follows_the_configured_model() -> None:
    assert parse("q8_0", "rwkv7-2.9b-world:q4_k").name == "rwkv7-2.9b-world:q8_0"
    with pytest.raises(UnknownModel, match="netmon-7m:q8_0"):
        parse("q8_0", "./mine.gguf")


@pytest.mark.parametrize("spec", ["~0", "~nobody-of-that-name/x.gguf", "~\0/x", "~\ud800/x"])
def test_a_tilde_that_names_nobody_is_a_name(spec: str) -> None:
    assert parse(spec, "netmon-7m") == LocalFile(Path(spec))


@given(
    st.text() | st.text().map("~".__add__),
    st.sampled_from(["netmon-7m", "./x.gguf", "rwkv7-2.9b-world:q8_0"]),
)
def test_any_text_is_a_reference_or_a_known_error(spec: str, default: str) -> None:
    try:
        ref = parse(spec, default)
    except ModelError as error:
        assert str(error)
    else:
        assert ref.name


def test_every_published_file_is_there_by_its_name() -> None:
    entry = CATALOGUE.entry("rwkv7-2.9b-world")
    assert isinstance(entry.source, Hub)
    assert entry.source.repo == "Mungert/rwkv7-2.9B-world-GGUF"
    names = {format_: published.file for format_, published in entry.source.files.items()}
    assert names == {format_: f"rwkv7-2.9B-world-{format_}.gguf" for format_ in PUBLISHED}


def test_the_outside_models_are_there() -> None:
    sizes = {entry.name: entry.parameters for entry in CATALOGUE.models}
    assert list(sizes)[4:] == [
        "smollm2-135m", "functiongemma-270m", "qwen3-0.6b",
        "rwkv7-g1-0.1b", "rwkv7-g1d-0.4b", "rwkv7-g1-1.5b", "rwkv7-g1-2.9b",
    ]  # fmt: skip
    assert [parse(name, "netmon-7m").name for name in list(sizes)[4:]] == [
        "smollm2-135m:q4_1", "functiongemma-270m:q8_0", "qwen3-0.6b:q8_0",
        "rwkv7-g1-0.1b:f16", "rwkv7-g1d-0.4b:q8_0", "rwkv7-g1-1.5b:q8_0", "rwkv7-g1-2.9b:q8_0",
    ]  # fmt: skip
    assert all(entry.licence for entry in CATALOGUE.models)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("g1-0.1b", "0.1b"), ("g1d-0.4b", "0.4b"), ("g1-1.5b", "1.5b"), ("g1-2.9b", "2.9b")],
)
def test_sizes_of_rwkv7_are_those_of_their_shapes(name: str, shape: str) -> None:
    """G1 has the World models' shapes; `models.synth` writes those, tensor by tensor."""
    entry = CATALOGUE.entry(f"rwkv7-{name}")
    assert entry.parameters == parameters_of(f"rwkv7-{shape}-world")


def test_the_shipped_file_is_what_the_catalogue_says() -> None:
    info = check(shipped_file())
    assert info.architecture == "rwkv7"
    assert info.parameters == ENTRY.parameters
    assert info.dialect == ENTRY.dialect


def test_dialects_and_constraints_are_those_of_the_providers() -> None:
    assert get_args(Constraint) == get_args(base.Constraint)
    for entry in CATALOGUE.models:
        assert choose("rwkv7", None, entry.dialect).name == entry.dialect


def _broken(**changes: object) -> str:
    entry = ENTRY.model_dump(mode="json")
    source = entry["source"] | changes.pop("source", {})  # type: ignore[operator]
    return yaml.safe_dump({"models": [{**entry, "source": source, **changes}]})


def _package(**changes: object) -> str:
    entry = CATALOGUE.entry("smollm2-135m").model_dump(mode="json")
    return yaml.safe_dump({"models": [{**entry, "source": entry["source"] | changes}]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_broken(colour="red"), "colour"),
        (_broken(constraint="strict"), "constraint"),
        (_broken(default_format="q5_k"), "default_format q5_k"),
        (_broken(name="Has Space"), "name"),
        (_broken(name="q4_k"), "as a format is"),
        (_broken(parameters=0), "parameters"),
        (_broken(source={"formats": ["bf16", "q4_x"]}), "did you mean q4_"),
        (_broken(source={"formats": ["q4_k"]}), "formats must hold bf16"),
        (_broken(source={"file": "../x.gguf"}), "file"),
        (_broken(source={"sha256": "abc"}), "sha256"),
        (_broken(source={"kind": "attic"}), "source"),
        (_package(file="../x.gguf"), "file"),
        (_package(file="x/../y.gguf"), "file"),
        (_package(package="a b"), "package"),
        (_package(sha256=None), "sha256"),
        (_package(format="q8_0"), "default_format q4_1"),
        ("models: [", "is not YAML"),
        ("- 1", "catalogue"),
    ],
)
def test_a_wrong_catalogue_names_the_key(text: str, said: str) -> None:
    with pytest.raises(CatalogueError, match="of the test") as caught:
        read_catalogue(text, "catalogue of the test")
    assert said in str(caught.value)


def test_two_models_of_one_name_are_refused() -> None:
    entry = ENTRY.model_dump(mode="json")
    with pytest.raises(CatalogueError, match="two models"):
        read_catalogue(yaml.safe_dump({"models": [entry, entry]}), "x")
