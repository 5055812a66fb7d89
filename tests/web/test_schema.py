"""The OpenAPI description is true: Schemathesis makes requests of it, also in sequences that belong together."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.engine.errors import is_inconsistent_replay

from tests.web.serving import Somebody, account, config_of, echo, models_of, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    """A server in a thread of its own, and an account with a program's token."""
    folder: Path = tmp_path_factory.mktemp("schema")
    ready, found = threading.Event(), list[Any]()

    async def run() -> None:
        config = config_of(f"sqlite:///{folder / 'web.sqlite3'}", tools="real", eval_runs="")
        async with serving(config, models_of({"scripted": echo()})) as url:
            ann = await account(url, "ann@example.org")
            token = (await ann.ok("POST", "/api/account/tokens", {"name": "fuzz"}))["token"]
            stop = asyncio.Event()
            found.append(
                (
                    Somebody(url, headers={"Authorization": f"Bearer {token}"}),
                    asyncio.get_running_loop(),
                    stop,
                )
            )
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait(60)
    somebody, loop, stop = found[0]
    yield somebody
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def checks() -> tuple[Callable[..., Any], ...]:
    """All checks but two.

    What may be asked without a login is said by the answers, and that a period begins before it ends is beyond what a
    schema can say.
    """
    load_all_checks()
    beyond = ("ignored_auth", "positive_data_acceptance")
    return tuple(check for check in CHECKS.get_all() if check.__name__ not in beyond)


def is_divergence(error: BaseException) -> bool:
    """Whether it says no more than that two sequences that begin alike went on differently."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_divergence, error.exceptions))
    return isinstance(error, FlakyStrategyDefinition) or is_inconsistent_replay(error)


def fuzz(served: Somebody, requests: int) -> list[str]:
    """Runs the state machine of the schema until so many requests were made, or some failed; returns those.

    The server lives on and its answers change, so that a sequence cannot be made again. Hypothesis notices when two
    sequences begin alike and go on differently, and ends there: then another seed goes on. For the same reason it is
    told of no failure, which it would want to see again.
    """
    schema = schemathesis.openapi.from_url(f"{served.url}/api/openapi.json", headers=served.headers)
    every, made, failures = checks(), 0, list[str]()

    class Workflow(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": served.headers, "timeout": 30}

        def validate_response(
            self, response: Any, case: Any, additional_checks: Any = (), **more: Any
        ) -> None:
            nonlocal made
            made += 1
            try:
                case.validate_response(response, checks=every)
            except FailureGroup as group:
                failures.append(f"{case.operation.label}: {group}")

    chosen = settings(
        max_examples=max(1, requests // 8),
        stateful_step_count=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for number in itertools.count():
        before = made
        try:
            seed(number)(Workflow).run(settings=chosen)
        except Exception as error:
            if not is_divergence(error):
                raise
        assert made > before
        if failures or made >= requests:
            return failures[:10]


def test_the_schema_is_true(served: Somebody) -> None:
    assert fuzz(served, 120) == []


@pytest.mark.slow
def test_the_schema_is_true_in_fifty_thousand_requests(served: Somebody) -> None:
    assert fuzz(served, 50_000) == []
