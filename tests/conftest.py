"""What holds for every test."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from tests.databases import running_postgres

#: Seconds a test on an event loop may take: fewer than `faulthandler_timeout`, which ends the whole worker.
LIMIT_S = 280


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own; its database `postgres` is left alone."""
    with running_postgres() as url:
        yield url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bounds each test on an event loop that is not slow: one that waits for ever fails, and shows what for."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("slow") is None:
            # What Hypothesis wraps is none any more; `faulthandler_timeout` bounds it.
            if inspect.iscoroutinefunction(item.obj):
                item.obj = _bounded(item.obj)


def _bounded(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    @functools.wraps(test)
    async def bounded(*fixtures: Any, **named: Any) -> None:
        async with asyncio.timeout(LIMIT_S):
            await test(*fixtures, **named)

    return bounded
