"""Many people at once on the web: errors, time to the first event, processor time, memory, what is left over.

Starts `smallwatch serve` on SQLite and lets so many people ask and listen for so long; prints one JSON object. A person
keeps one connection open, as a browser does, and a conversation for some questions; asks, reads the whole stream as it
comes, and half a second after its end at most asks again. So nearly as many streams are open at any time as there are
people. The scripted answer is written in 20 pieces, 0.4 s apart, and so takes about 8 s: with 500 open streams these
are some 60 questions and 1,500 events a second. People who think for longer between two questions would need to be more
for as many open streams, and would ask as often.

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
import resource
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
#: Questions of one conversation.
_QUESTIONS = 5
#: Seconds from one question to the next at least: nobody may ask more than 60 times a minute.
_LEAST_S = 1.1
#: People who come in a second, at the beginning.
_COMING = 60
_START_S = 90.0
_ANSWER_S = 120.0
#: Seconds after the last answer until what is left over is counted: time-outs of connections are shorter.
_SETTLE_S = 8.0


@dataclass
class Tally:
    """What was seen."""

    model: str = "scripted"
    question: str = QUESTION
    first_event_s: list[float] = field(default_factory=list)
    first_token_s: list[float] = field(default_factory=list)
    stream_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    by_person: Counter[int] = field(default_factory=Counter)
    done: int = 0
    events: int = 0
    open: int = 0
    most_open: int = 0


class Client:
    """HTTP/1.1 by hand on one connection: a client library would need more of the processor than the server."""

    def __init__(self, port: int, address: str) -> None:
        self._port = port
        self._address = address
        self._token = ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def begin(self) -> None:
        """Begins a session, unless there is one."""
        if not self._token:
            self._token = (await self.ask("POST", "/api/session", {"embedded": True}))["token"]

    def close(self) -> None:
        """Closes the connection."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _send(self, method: str, path: str, body: bytes) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        lines = [
            f"{method} {path} HTTP/1.1", "Host: bench", f"X-Forwarded-For: {self._address}",
            "Content-Type: application/json", f"Content-Length: {len(body)}",
        ]  # fmt: skip
        if self._token:
            lines.append(f"Authorization: Bearer {self._token}")
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status >= 300:
            raise ConnectionError(f"{method} {path.partition('?')[0][:20]} answered {status}")
        self._length = next(
            (
                int(line.partition(b":")[2])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            ),
            0,
        )
        return self._reader

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Sends a request and reads the JSON that answers it."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                reader = await self._send(
                    method, path, json.dumps(body).encode() if body is not None else b""
                )
                return json.loads(await reader.readexactly(self._length))
        except BaseException:
            self.close()
            raise

    async def events(self, run: str) -> AsyncGenerator[str, None]:
        """Reads a stream, which comes in chunks; yields the types of its events."""
        whole = False
        try:
            reader = await self._send("GET", f"/api/runs/{run}/events", b"")
            while size := int(await reader.readuntil(b"\r\n"), 16):
                for part in (await reader.readexactly(size + 2)).split(b"event: ")[1:]:
                    yield part[: part.index(b"\n")].decode()
            await reader.readexactly(2)
            whole = True
        finally:
            if not whole:
                self.close()


async def person(port: int, number: int, end: float, tally: Tally, *, late_s: float) -> None:
    """Comes within so many seconds, and asks again and again until time is up."""
    client = Client(port, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    conversation, asked = "", 0
    await asyncio.sleep(random.uniform(0, late_s))
    while time.monotonic() < end:
        try:
            await client.begin()
            began = time.monotonic()
            if asked % _QUESTIONS == 0:
                conversation = (await client.ask("POST", "/api/conversations"))["id"]
            asked += 1
            await turn(client, conversation, tally)
            tally.by_person[number] += 1
            await asyncio.sleep(max(0.0, _LEAST_S - (time.monotonic() - began)))
        except (OSError, EOFError, TimeoutError, ValueError, KeyError) as error:
            tally.errors[f"{type(error).__name__}: {error}"[:120]] += 1
            asked = 0
            await asyncio.sleep(1)
        await asyncio.sleep(random.uniform(0, 0.5))
    client.close()


async def turn(client: Client, conversation: str, tally: Tally) -> None:
    """Asks one question and reads the whole answer."""
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
                tally.events += 1
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


@dataclass(frozen=True)
class Left:
    """What a server holds."""

    tasks: int
    files: int
    sockets: int
    threads: int


async def left(process: psutil.Process, port: int) -> Left:
    """Counts what the server holds; the connection that asks is gone by then."""
    tasks = await tasks_of(port)
    await asyncio.sleep(0.5)
    return Left(tasks, process.num_fds(), len(process.net_connections("tcp")), process.num_threads())


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
        # What is opened at first use is opened before anything is counted.
        await turns(port, 4, 0.05, Tally(tally.model, "hello"))
        await asyncio.sleep(_SETTLE_S)
        before, used = await left(process, port), processor_s(process)
        own, began = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), time.monotonic()
        memory = await turns(port, streams, minutes, tally, process)
        seconds = time.monotonic() - began
        server_s = processor_s(process) - used
        client_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - own
        await asyncio.sleep(_SETTLE_S)
        after = await left(process, port)
        found = report(tally, memory, seconds) | costs(tally, seconds, server_s, client_s)
        return found | {
            "before": vars(before),
            "after": vars(after),
            "leaked_tasks": after.tasks - before.tasks,
            "leaked_sockets": after.sockets - before.sockets,
            "leaked_files": after.files - before.files,
        }
    finally:
        server.send_signal(signal.SIGTERM)
        await server.wait()


def processor_s(process: psutil.Process) -> float:
    """Seconds of processor time that a process and its children have used."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        used = one.cpu_times()
        total += used.user + used.system
    return total


async def turns(
    port: int, streams: int, minutes: float, tally: Tally, process: psutil.Process | None = None
) -> list[tuple[float, int]]:
    """Lets people ask for so long; returns the server's memory over time, in bytes."""
    end = time.monotonic() + minutes * 60
    # As many come in a second as will ask in one later.
    late_s = streams / _COMING
    people = [asyncio.create_task(person(port, n, end, tally, late_s=late_s)) for n in range(streams)]
    memory: list[tuple[float, int]] = []
    began = time.monotonic()
    while process is not None and not all(task.done() for task in people):
        await asyncio.sleep(2)
        memory.append((time.monotonic() - began, process.memory_info().rss))
        print(
            f"{memory[-1][0]:5.0f} s  {tally.open} open, {tally.done} done, {memory[-1][1] >> 20} MiB",
            file=sys.stderr,
        )
    await asyncio.gather(*people)
    return memory


def report(tally: Tally, memory: list[tuple[float, int]], seconds: float) -> dict[str, Any]:
    """Puts the figures together; memory is compared between the second fifth of the time and the last."""
    whole = memory[-1][0]
    early = [rss for at, rss in memory if whole * 0.2 <= at < whole * 0.4]
    late = [rss for at, rss in memory if at >= whole * 0.8]
    every = max(1, len(memory) // 10)
    failed = sum(tally.errors.values())
    return {
        "seconds": round(seconds, 1),
        "most_streams": tally.most_open,
        "turns": tally.done,
        "errors": dict(tally.errors),
        "error_rate": round(failed / max(1, failed + tally.done), 5),
        "first_event_ms": percentiles(tally.first_event_s, 1000),
        "first_token_s": percentiles(tally.first_token_s, 1),
        "stream_s": percentiles(tally.stream_s, 1),
        "turns_of_a_person": [
            min(tally.by_person.values(), default=0),
            max(tally.by_person.values(), default=0),
        ],
        "memory_mib": [round(rss / 2**20, 1) for _, rss in memory[::every]],
        "memory_growth_pct": round(100 * (statistics.mean(late) / statistics.mean(early) - 1), 2),
    }


def costs(tally: Tally, seconds: float, server_s: float, client_s: float) -> dict[str, Any]:
    """Says how much was done, and what of the processor it took."""
    return {
        "turns_per_s": round(tally.done / seconds, 1),
        "events_per_s": round(tally.events / seconds, 1),
        "server_ms_per_turn": round(1000 * server_s / max(1, tally.done), 2),
        "client_ms_per_turn": round(1000 * client_s / max(1, tally.done), 2),
        "server_cores": round(server_s / seconds, 3),
        "client_cores": round(client_s / seconds, 3),
        "load_of_machine": round(os.getloadavg()[0], 2),
    }


def percentiles(values: list[float], scale: float) -> dict[str, float]:
    """The median, the 95th and 99th percentile, and the most."""
    found = sorted(values) or [0.0]
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    picked = {name: found[min(len(found) - 1, int(len(found) * part))] for name, part in places.items()}
    return {name: round(value * scale, 2) for name, value in (picked | {"max": found[-1]}).items()}


def main() -> None:
    """Reads the command line and prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=500, help="people, each with one stream at a time")
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
