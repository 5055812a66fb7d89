"""The names of the providers that are no local models."""

from __future__ import annotations

SCRIPTED, TURBOLLM, HUGLLM = "scripted", "turbollm", "hugllm"


def is_local(model: str) -> bool:
    """Whether a model's name, as `providers.registry.open_provider` takes it, means one that runs on this machine."""
    return model.partition(":")[0].partition("@")[0] not in (SCRIPTED, TURBOLLM, HUGLLM)
