"""The shipped model in its own process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from providers.engine.client import Engine, EngineOptions
from tests.providers.engine.support import SHIPPED


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    found = Engine(SHIPPED, EngineOptions(threads=2, slots=4, context=2048))
    yield found
    await found.aclose()
