"""Brings about every fault of every provider, and prints how each ended: `python -m tests.providers.fault_matrix`.

With `--write` it also writes `docs/fault-matrix.md`; a test holds that page to what happens.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from pydantic import SecretStr

from providers.base import (
    Message,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Reply,
    Settings,
    ToolSpec,
    collect,
)
from providers.hosted import HostedProvider
from providers.hugllm import HugLLM
from providers.retry import RetryPolicy
from providers.turbollm import TurboLLM
from tests.providers.faults import (
    DONE,
    GOOD,
    KEY,
    USAGE,
    Behaviour,
    FaultServer,
    answer,
    drip,
    event,
    events,
    fault_server,
    hang,
    hang_midway,
    linger,
    reset,
    reset_midway,
)
from tests.providers.local_faults import SCRIPTED, TESTLLM, LocalFault

PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
ASK = (Message("user", "Ping gw1.lan"),)
PING = ToolSpec("ping", "Pings.", {"type": "object", "properties": {"host": {"type": "string"}}})
DEADLINE_S = 1.0
RETRY = RetryPolicy(attempts=3, base_s=0.02)

Make = Callable[..., HostedProvider]


def turbo(server: FaultServer, retry: RetryPolicy = RETRY) -> HostedProvider:
    return TurboLLM(api_key=SecretStr(KEY), base_url=server.url, retry=retry)


def hug(server: FaultServer, retry: RetryPolicy = RETRY) -> HostedProvider:
    return HugLLM(api_key=SecretStr(KEY), base_url=server.url, retry=retry)


@dataclass(frozen=True)
class Outcome:
    """How a request ended."""

    result: Reply | ProviderError
    seconds: float
    requests: int = 0

    @property
    def kind(self) -> str:
        return type(self.result).__name__


async def ask(make: Make, *behaviours: Behaviour, deadline_s: float = DEADLINE_S) -> Outcome:
    async with fault_server(*behaviours) as server:
        provider = make(server)
        began = time.perf_counter()
        result: Reply | ProviderError
        try:
            result = await collect(provider.stream(ASK, (PING,), Settings(deadline_s=deadline_s)))
        except ProviderError as error:
            result = error
        seconds = time.perf_counter() - began
        await provider.aclose()
        return Outcome(result, seconds, len(server.requests))


def error_body(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "t", "code": None}})


good = events(GOOD)
soon = format_datetime(datetime(2000, 1, 1, tzinfo=UTC), usegmt=True)
LIMITED = "429 Too Many Requests"
OK, BROKEN = Reply, ProviderIncomplete

#: Fault, what the server does in order, how it has to end, requests that it takes.
HOSTED: list[tuple[str, tuple[Behaviour, ...], type, int]] = [
    ("none", (good,), OK, 1),
    ("429 once", (answer(LIMITED, error_body("slow down")), good), OK, 2),
    ("429 once, Retry-After: 0.1", (answer(LIMITED, "", "Retry-After: 0.1"), good), OK, 2),
    ("429 once, Retry-After: a date", (answer(LIMITED, "", f"Retry-After: {soon}"), good), OK, 2),
    ("429 for ever", (answer(LIMITED, error_body("slow down")),), ProviderOverloaded, 3),
    ("429, Retry-After: 60", (answer(LIMITED, "", "Retry-After: 60"),), ProviderOverloaded, 1),
    ("429, no credit", (answer(LIMITED, json.dumps({"error": {"message": "quota", "code": "insufficient_quota"}})),),
     ProviderRejected, 1),
    ("408 once", (answer("408 Request Timeout"), good), OK, 2),
    ("409 once", (answer("409 Conflict"), good), OK, 2),
    ("500 once", (answer("500 Internal Server Error", "oops", kind="text/plain"), good), OK, 2),
    ("500 for ever", (answer("500 Internal Server Error", error_body("oops")),), ProviderUnavailable, 3),
    ("500, JSON list", (answer("500 Internal Server Error", "[]"),), ProviderUnavailable, 3),
    ("502, HTML", (answer("502 Bad Gateway", "<html>", kind="text/html"),), ProviderUnavailable, 3),
    ("503 once, Retry-After: 0", (answer("503 Service Unavailable", "", "Retry-After: 0"), good), OK, 2),
    ("503 for ever", (answer("503 Service Unavailable"),), ProviderUnavailable, 3),
    ("400", (answer("400 Bad Request", error_body("no such field")),), ProviderRejected, 1),
    ("401", (answer("401 Unauthorized", error_body(f"bad key {KEY}")),), ProviderRejected, 1),
    ("402", (answer("402 Payment Required"),), ProviderRejected, 1),
    ("404", (answer("404 Not Found", error_body("no such model")),), ProviderRejected, 1),
    ("422", (answer("422 Unprocessable Entity", error_body("bad schema")),), ProviderRejected, 1),
    ("hang", (hang,), ProviderTimeout, 1),
    ("hang midway", (hang_midway,), ProviderTimeout, 1),
    ("slow drip", (drip,), ProviderTimeout, 1),
    ("whole, connection left open", (linger,), OK, 1),
    ("reset once", (reset, good), OK, 2),
    ("reset for ever", (reset,), ProviderUnavailable, 3),
    ("reset midway", (reset_midway,), ProviderUnavailable, 1),
    ("empty body", (answer("200 OK"),), BROKEN, 1),
    ("empty stream", (events(""),), BROKEN, 1),
    ("only [DONE]", (events(DONE),), BROKEN, 1),
    ("HTML for an answer", (answer("200 OK", "<html>hello</html>", kind="text/html"),), BROKEN, 1),
    ("bad JSON", (events("data: {not json}\n\n"),), BROKEN, 1),
    ("bad JSON midway", (events(event({"content": "a"}) + "data: {\n\n"),), BROKEN, 1),
    ("JSON of another shape", (events('data: [1, 2]\n\ndata: {"choices": 7}\n\n'),), BROKEN, 1),
    ("deep JSON", (events("data: " + "[" * 100_000 + "\n\n"),), BROKEN, 1),
    ("error in the stream", (events(event({"content": "a"}) + 'data: {"error": {"message": "dead"}}\n\n'),), BROKEN, 1),
    ("ends without finish reason", (events(event({"content": "a"}) + USAGE + DONE),), BROKEN, 1),
    ("unknown finish reason", (events(event({"content": "a"}) + event({}, "abort") + DONE),), BROKEN, 1),
    ("content filter", (events(event({}, "content_filter") + DONE),), ProviderRejected, 1),
    ("no usage", (events(GOOD.replace(USAGE, "")),), OK, 1),
]  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A fault of a provider, how it has to end and how it did."""

    provider: str
    fault: str
    expected: str
    outcome: Outcome
    requests: int

    @property
    def wrong(self) -> str:
        """What is not as it has to be, or nothing."""
        outcome = self.outcome
        if outcome.kind != self.expected or outcome.requests != self.requests:
            return f"{self.provider}: {self.fault}: {outcome}"
        if KEY in str(outcome.result):
            return f"{self.provider}: {self.fault}: shows the key"
        return ""


async def hosted_rows() -> list[Row]:
    """Has both hosted providers meet each fault of a server."""
    rows: list[Row] = []
    for fault, behaviours, kind, requests in HOSTED:
        for make, name in ((turbo, "turbollm"), (hug, "hugllm")):
            rows.append(Row(name, fault, kind.__name__, await ask(make, *behaviours), requests))
    return rows


async def local_rows(provider: str, faults: Iterable[LocalFault]) -> list[Row]:
    """Has a provider without a server meet each of its faults."""
    rows: list[Row] = []
    for fault in faults:
        began = time.perf_counter()
        result = await fault.bring(DEADLINE_S)
        kind = fault.kind.__name__ if isinstance(result, fault.kind) else ""
        rows.append(Row(provider, fault.name, kind, Outcome(result, time.perf_counter() - began), 0))
        if kind:
            # A kind of the error that is expected is as good.
            rows[-1] = Row(provider, fault.name, type(result).__name__, rows[-1].outcome, 0)
    return rows


async def all_rows() -> list[Row]:
    """Brings about everything."""
    return [
        *await hosted_rows(),
        *await local_rows("testllm", TESTLLM),
        *await local_rows("scripted", SCRIPTED),
    ]


def page(rows: Iterable[Row]) -> str:
    """Writes the page: what happens, without the seconds, which differ each time."""
    said = {
        (row.provider, row.fault): f"{row.outcome.kind}, {row.requests}" if row.requests else row.outcome.kind
        for row in rows
    }
    hosted = [f"| {fault} | {said['turbollm', fault]} | {said['hugllm', fault]} |" for fault, *_ in HOSTED]
    parts = [
        "# What happens when a model fails",
        "Made by `python -m tests.providers.fault_matrix --write`, which brings about each fault with a real server\n"
        "or process; `tests/providers/test_fault_matrix.py` holds the page to what happens. `Reply` is a whole reply;\n"
        "the others are the typed errors of `providers/base.py`, which end a turn with a message. The number is how\n"
        f"many requests it took. A request has {DEADLINE_S:g} s here, and none takes longer than that, a second of\n"
        "grace, and the time to start or end a process.",
        "## Hosted models, by what their server does",
        "| fault | turbollm | hugllm |\n| --- | --- | --- |\n" + "\n".join(hosted),
    ]
    for provider, title in (("testllm", "Local models"), ("scripted", "Scripts")):
        lines = [f"| {fault} | {kind} |" for (name, fault), kind in said.items() if name == provider]
        parts += [f"## {title}", f"| fault | {provider} |\n| --- | --- |\n" + "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Runs it all and prints a line each; 1 where something ended wrongly."""
    rows = asyncio.run(all_rows())
    for row in rows:
        outcome = row.outcome
        line = f"{row.provider:8} | {row.fault:42} | {outcome.kind:20} | {outcome.seconds:5.2f} s"
        print(f"{line} | {row.wrong or 'as it should'}")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(rows), "utf-8")
    return 1 if any(row.wrong for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
