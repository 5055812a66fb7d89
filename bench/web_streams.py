"""Many people at once on the web: errors, time to the first event, memory, tasks left over.

Starts `smallwatch serve` on SQLite with the scripted model, lets so many people ask and listen for so long, and
prints one JSON object. A person asks, reads the whole stream, waits a little and asks again.

    python bench/web_streams.py --streams 500 --minutes 10
    python bench/web_streams.py --streams 16 --minutes 1 --model testllm --question "ping gw1.lan"
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

#: The scripted model takes about 8 s for this, piece by piece.
QUESTION = "slow"
#: Events that show that the model has written something.
_TOKENS = ("text-delta", "reasoning-delta", "tool-call-started")
_START_S = 90.0
_ANSWER_S = 120.0


@dataclass
class Tally:
    """What was seen."""

    model: str = "scripted"
    question: str = QUESTION
    first_event_s: list[float] = field(default_factory=list)
    first_token_s: list[float] = field(default_factory=list)
    stream_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    done: int = 0
    open: int = 0
    most_open: int = 0


class Client:
    """HTTP/1.1 by hand, one connection a request: a client library would need more of the processor than the server."""

    def __init__(self, port: int, address: str) -> None:
        self._port = port
        self._address = address
        self._token = ""

    async def begin(self) -> None:
        """Begins a session."""
        self._token = (await self.ask("POST", "/api/session", {"embedded": True}))["token"]

    def _head(self, method: str, path: str, body: bytes) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1", "Host: bench", "Connection: close", f"X-Forwarded-For: {self._address}",
            "Content-Type: application/json", f"Content-Length: {len(body)}",
        ]  # fmt: skip
        if self._token:
            lines.append(f"Authorization: Bearer {self._token}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Sends a request and reads the JSON that answers it."""
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(self._head(method, path, json.dumps(body).encode() if body is not None else b""))
                answer = await reader.read()
            finally:
                writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status >= 300:
            raise ConnectionError(f"{method} {path.partition('?')[0][:20]} answered {status}")
        return json.loads(content)

    async def events(self, run: str) -> AsyncGenerator[str, None]:
        """Reads a stream; yields the types of its events."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(self._head("GET", f"/api/runs/{run}/events", b""))
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    yield line[7:].strip().decode()
        finally:
            writer.close()


async def person(port: int, number: int, end: float, tally: Tally) -> None:
    """Asks again and again until time is up."""
    client = Client(port, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    # People do not come all at once.
    await asyncio.sleep(random.uniform(0, 8))
    while time.monotonic() < end:
        try:
            await turn(client, tally)
        except (OSError, TimeoutError, ValueError, KeyError) as error:
            tally.errors[f"{type(error).__name__}: {error}"[:120]] += 1
            await asyncio.sleep(1)
        await asyncio.sleep(random.uniform(0, 0.5))


async def turn(client: Client, tally: Tally) -> None:
    """Asks one question and reads the whole answer."""
    if not client._token:
        await client.begin()
    conversation = (await client.ask("POST", "/api/conversations"))["id"]
    began = time.monotonic()
    body = {"text": tally.question, "model": tally.model}
    run = (await client.ask("POST", f"/api/conversations/{conversation}/runs", body))["id"]
    last, first, token = "", 0.0, 0.0
    tally.open += 1
    tally.most_open = max(tally.most_open, tally.open)
    try:
        async with asyncio.timeout(_ANSWER_S), contextlib.aclosing(client.events(run)) as events:
            async for kind in events:
                first, last = first or time.monotonic() - began, kind
                if kind in _TOKENS and not token:
                    token = time.monotonic() - began
    finally:
        tally.open -= 1
    if last != "run-ended":
        raise ConnectionError(f"a stream ended with {last or 'nothing'}")
    tally.first_event_s.append(first)
    tally.first_token_s.append(token)
    tally.stream_s.append(time.monotonic() - began)
    tally.done += 1


async def tasks_of(port: int) -> int:
    """Tasks of the server's event loop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    return int(
        float(next(line for line in text.splitlines() if line.startswith("smallwatch_tasks ")).split()[1])
    )


async def started(log: Path) -> int:
    """Waits until the server says where it is; returns its port."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        for line in (await asyncio.to_thread(log.read_text)).splitlines():
            if line.startswith("serving on http://"):
                return int(line.rpartition(":")[2])
        await asyncio.sleep(0.2)
    raise SystemExit(f"the server did not start: {await asyncio.to_thread(log.read_text)}")


async def measure(streams: int, minutes: float, tally: Tally, folder: Path) -> dict[str, Any]:
    """Runs all of it."""
    factors = {"scripted": 0, "testllm": 0, "turbollm": 1, "hugllm": 0.5}
    models = {
        name: {"offered": name == tally.model, "factor": factor, "slots": 16 if name == "testllm" else 0}
        for name, factor in factors.items()
    }
    environment = os.environ | {
        "SMALLWATCH_WEB__DATABASE": f"sqlite:///{folder / 'web.sqlite3'}",
        "SMALLWATCH_WEB__TOOLS": "simulated",
        "SMALLWATCH_WEB__WATCH": "false",
        "SMALLWATCH_WEB__TRUSTED_PROXIES": '["127.0.0.1"]',
        "SMALLWATCH_WEB__MODELS": json.dumps(models),
    }
    log = folder / "log"
    command = [sys.executable, "-c", "from smallwatch.cli import main; main()", "serve", "--port", "0"]
    with log.open("w") as output:
        server = await asyncio.create_subprocess_exec(*command, env=environment, stdout=output, stderr=output)
    try:
        port = await started(log)
        process = psutil.Process(server.pid)
        quiet_tasks = await tasks_of(port)
        end = time.monotonic() + minutes * 60
        people = [asyncio.create_task(person(port, n, end, tally)) for n in range(streams)]
        memory: list[tuple[float, int]] = []
        began = time.monotonic()
        while not all(task.done() for task in people):
            await asyncio.sleep(2)
            memory.append((time.monotonic() - began, process.memory_info().rss))
            print(
                f"{memory[-1][0]:5.0f} s  {tally.open} open, {tally.done} done, {memory[-1][1] >> 20} MiB",
                file=sys.stderr,
            )
        await asyncio.gather(*people)
        await asyncio.sleep(8)
        left = await tasks_of(port) - quiet_tasks
        busy = process.cpu_times()
        return report(tally, memory, minutes, left, busy.user + busy.system)
    finally:
        server.send_signal(signal.SIGTERM)
        await server.wait()


def report(
    tally: Tally, memory: list[tuple[float, int]], minutes: float, left: int, cpu_s: float
) -> dict[str, Any]:
    """Puts the figures together; memory is compared between the second fifth of the time and the last."""
    whole = memory[-1][0]
    early = [rss for at, rss in memory if whole * 0.2 <= at < whole * 0.4]
    late = [rss for at, rss in memory if at >= whole * 0.8]
    firsts = sorted(tally.first_event_s)
    failed = sum(tally.errors.values())
    return {
        "minutes": minutes,
        "most_streams": tally.most_open,
        "turns": tally.done,
        "errors": dict(tally.errors),
        "error_rate": round(failed / max(1, failed + tally.done), 5),
        "first_event_p50_ms": round(statistics.median(firsts) * 1000, 1),
        "first_event_p95_ms": round(firsts[int(len(firsts) * 0.95)] * 1000, 1),
        "first_event_max_ms": round(firsts[-1] * 1000, 1),
        "first_token_p50_s": round(statistics.median(tally.first_token_s), 2),
        "first_token_max_s": round(max(tally.first_token_s), 2),
        "stream_p50_s": round(statistics.median(tally.stream_s), 2),
        "memory_mib": [round(statistics.mean(part) / 2**20, 1) for part in (early, late)],
        "memory_growth_pct": round(100 * (statistics.mean(late) / statistics.mean(early) - 1), 2),
        "leaked_tasks": left,
        "server_cpu_s": round(cpu_s, 1),
    }


def main() -> None:
    """Reads the command line and prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--model", choices=("scripted", "testllm"), default="scripted")
    parser.add_argument("--question", default=QUESTION)
    options = parser.parse_args()
    tally = Tally(options.model, options.question)
    with tempfile.TemporaryDirectory() as folder:
        work = measure(options.streams, options.minutes, tally, Path(folder))
        print(json.dumps(asyncio.run(work), indent=2))


if __name__ == "__main__":
    main()
