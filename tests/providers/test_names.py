"""Which models run on this machine, told by their names alone."""

from __future__ import annotations

import pytest

from providers.names import is_local


@pytest.mark.parametrize(
    "name", ["netmon-7m", "q4_k", "./scripted.gguf", "hf:owner/turbollm:a.gguf", "netmon-7m:q6_k"]
)
def test_local(name: str) -> None:
    assert is_local(name)


@pytest.mark.parametrize(
    "name", ["scripted", "scripted:a.yaml", "turbollm", "turbollm:gpt-4o@hermes", "hugllm@xlam"]
)
def test_not_local(name: str) -> None:
    assert not is_local(name)
