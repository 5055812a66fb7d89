"""The shipped model in its own process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.engine.client import Engine, EngineOptions

SHIPPED = Path(__file__).parents[3] / "models" / "netmon-7m-bf16.gguf"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    found = Engine(SHIPPED, EngineOptions(threads=2, slots=4, context=2048))
    yield found
    await found.aclose()
