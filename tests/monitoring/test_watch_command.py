"""`smallwatch watch` as a real process: stopped, refused, and killed at random moments."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from monitoring.database.migrate import open_database
from monitoring.database.types import to_ms
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.options import HostOptions
from settings.schema import MonitoringSettings
from tests.monitoring.servers import Page, serving
from tools.clock import system_clock
from tools.records import NewHost
from tools.resolve import Resolver

_COMMAND = str(Path(sys.executable).with_name("smallwatch"))
_HOSTS = 6


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SMALLWATCH_")}
    return {**kept, "SMALLWATCH_ALLOW": "127.0.0.0/8", "XDG_DATA_HOME": str(folder)}


_started: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    for process in _started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    _started.clear()


def _start(url: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [_COMMAND, "watch", "--database", url, "--json", "--checks", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(folder),
    )
    _started.append(process)
    return process


def _lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        # The last one of a killed process may be torn.
        if line.endswith("\n"):
            yield json.loads(line)


async def _add(url: str, resolver: Resolver, ports: list[int], interval_s: int = 1) -> None:
    async with await open_database(url) as database:
        hosts = WatchedHosts(database, 1, resolver, MonitoringSettings(), system_clock)
        for port in ports:
            new = NewHost("127.0.0.1", "tcp", port=port, interval_s=interval_s, retries=0, timeout_ms=500)
            await hosts.add_with(new, HostOptions(recovery=1))


async def test_it_stops_when_told_and_keeps_what_was_finished(
    database_url: str, resolver: Resolver, tmp_path: Path
) -> None:
    async with serving(Page()) as page:
        await _add(database_url, resolver, [page.port])
        process = _start(database_url, tmp_path)
        lines = await asyncio.to_thread(_until_checked, process, 2)
        process.send_signal(signal.SIGTERM)
        rest = await asyncio.to_thread(lambda: list(_lines(process)))
    assert process.wait() == 0
    told = [line for line in [*lines, *rest] if line["kind"] == "checked"]
    assert rest[-1]["kind"] == "summary" and rest[-1]["waiting"] == 0
    assert await _results(database_url) == {(1, to_ms(datetime.fromisoformat(line["at"]))) for line in told}


def _until_checked(process: subprocess.Popen[str], wanted: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in _lines(process):
        found.append(line)
        if sum(seen["kind"] == "checked" for seen in found) >= wanted:
            break
    return found


async def test_a_second_one_is_refused_in_a_sentence(
    database_url: str, resolver: Resolver, tmp_path: Path
) -> None:
    await _add(database_url, resolver, [])
    first = _start(database_url, tmp_path)
    await asyncio.to_thread(next, _lines(first))
    second = await asyncio.to_thread(
        subprocess.run,
        [_COMMAND, "watch", "--database", database_url],
        capture_output=True,
        text=True,
        env=_environment(tmp_path),
    )
    first.terminate()
    assert second.returncode == 1
    assert second.stderr.startswith("Error: Another watcher runs on") and second.stdout == ""
    assert first.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--database", "mysql://x"], 1, "No database of the kind 'mysql'"),
        (["--metrics", "nowhere"], 2, "is no address to listen on"),
        (["--allow", "10.0.0.0/99"], 2, "among the allowed ranges is not usable"),
    ],
)
def test_misuse_is_told_in_a_sentence(arguments: list[str], status: int, words: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [_COMMAND, "watch", "--database", f"sqlite:///{tmp_path / 'x.sqlite3'}", *arguments],
        capture_output=True,
        text=True,
        env=_environment(tmp_path),
    )
    assert run.returncode == status
    assert words in run.stderr and "Traceback" not in run.stderr


def test_places_of_alerts_by_command(sqlite_url: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_COMMAND, "notify", *arguments, "--database", sqlite_url],
            capture_output=True,
            text=True,
            env=_environment(tmp_path),
        )

    added = run("add", "json://bob:hunter2@127.0.0.1:1/x")
    assert added.returncode == 0 and "(place 1)" in added.stdout
    listed = run("list", "--json")
    assert json.loads(listed.stdout)[0]["id"] == 1
    tested = run("test", "1")
    assert tested.returncode == 1 and tested.stderr.startswith("Error: ")
    assert run("remove", "1").returncode == 0
    assert run("list").stdout.startswith("Alerts go nowhere yet")
    wrong = run("add", "nothing")
    assert wrong.returncode == 1 and "none that Apprise can send to" in wrong.stderr
    assert "hunter2" not in added.stdout + listed.stdout + tested.stderr


@pytest.fixture
async def blinking() -> AsyncIterator[list[int]]:
    """Ports that open and close all the time, so that incidents begin and end."""
    chance = random.Random(7)
    pages = [Page() for _ in range(_HOSTS)]
    for page in pages:
        async with serving(page):
            pass

    async def blink(page: Page) -> None:
        while True:
            async with serving(page):
                await asyncio.sleep(chance.uniform(0.3, 2.5))
            await asyncio.sleep(chance.uniform(0.3, 2.5))

    tasks = [asyncio.create_task(blink(page)) for page in pages]
    yield [page.port for page in pages]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _kills(
    url: str, resolver: Resolver, ports: list[int], folder: Path, times: int, seed: int
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Kills a watcher so often; returns the results that it had told and those that are there, which fit together."""
    await _add(url, resolver, ports)
    chance = random.Random(seed)
    told: set[tuple[int, int]] = set()
    for _ in range(times):
        process = _start(url, folder)
        lines: list[dict[str, Any]] = []
        reading = asyncio.create_task(asyncio.to_thread(lambda p=process, kept=lines: kept.extend(_lines(p))))
        if chance.random() < 0.2:
            # While it starts, too.
            await asyncio.sleep(chance.uniform(0, 1.5))
        else:
            await _watching(url, process)
            await asyncio.sleep(chance.uniform(0, 3))
        process.kill()
        await reading
        process.wait()
        told |= {
            (line["host_id"], to_ms(datetime.fromisoformat(line["at"])))
            for line in lines
            if line["kind"] == "checked"
        }
        await _check_incidents(url)
    kept = await _results(url)
    counted = (await _query(url, "SELECT count(*) FROM incidents"))[0][0]
    lost = len(told - kept)
    print(f"{times} kills (seed {seed}): {len(told)} told, {lost} lost; {counted} incidents, as results say")
    return told, kept


async def _watching(url: str, process: subprocess.Popen[str]) -> None:
    """Waits until a process has taken the database over."""
    while process.poll() is None:
        if any(str(process.pid) in row[0] for row in await _query(url, "SELECT holder FROM runner")):
            return
        await asyncio.sleep(0.05)


async def _results(url: str) -> set[tuple[int, int]]:
    return {(row[0], row[1]) for row in await _query(url, "SELECT host_id, at FROM results")}


async def _check_incidents(url: str) -> None:
    """Replays the results: incidents are what they lead to, each once, and open where the last result failed."""
    rows = await _query(url, "SELECT host_id, at, ok FROM results ORDER BY host_id, at")
    expected: dict[int, list[list[int | None]]] = {}
    for host_id, at, ok in rows:
        of_host = expected.setdefault(host_id, [])
        is_open = bool(of_host) and of_host[-1][1] is None
        if not ok and not is_open:
            of_host.append([at, None])
        elif ok and is_open:
            of_host[-1][1] = at
    found: dict[int, list[list[int | None]]] = {host_id: [] for host_id in expected}
    for host_id, began, ended in await _query(
        url, "SELECT host_id, began, ended FROM incidents ORDER BY host_id, began"
    ):
        found[host_id].append([began, ended])
    assert found == expected
    states = await _query(url, "SELECT host_id, status FROM states")
    for host_id, status in states:
        is_open = bool(expected[host_id]) and expected[host_id][-1][1] is None
        assert status == ("down" if is_open else "up")


async def _query(url: str, statement: str) -> list[Any]:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()
    other = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await other.fetch(statement)]
    finally:
        await other.close()


async def test_killed_at_random_it_loses_nothing_that_it_told(
    database_url: str, resolver: Resolver, blinking: list[int], tmp_path: Path
) -> None:
    times = 5 if database_url.startswith("sqlite") else 2
    told, kept = await _kills(database_url, resolver, blinking, tmp_path, times, seed=1)
    assert told and told <= kept


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
async def test_killed_at_50_random_moments(
    database_url: str, resolver: Resolver, blinking: list[int], tmp_path: Path, seed: int
) -> None:
    told, kept = await _kills(database_url, resolver, blinking, tmp_path, 50, seed)
    assert told and told <= kept


async def test_checks_go_on_while_the_database_is_locked(
    sqlite_url: str, resolver: Resolver, tmp_path: Path
) -> None:
    async with serving(Page()) as page:
        await _add(sqlite_url, resolver, [page.port])
        process = _start(sqlite_url, tmp_path)
        await asyncio.to_thread(_until_checked, process, 1)
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
        other.execute("BEGIN IMMEDIATE")
        asked = page.connections
        # Longer than a statement waits for a lock.
        begun = time.monotonic()
        while page.connections < asked + 7 or time.monotonic() - begun < 7:
            await asyncio.sleep(0.1)
        other.execute("ROLLBACK")
        other.close()
        await asyncio.to_thread(_until_checked, process, 7)
        process.terminate()
        rest = await asyncio.to_thread(lambda: list(_lines(process)))
    assert process.wait() == 0
    assert rest[-1]["waiting"] == 0 and rest[-1]["dropped"] == 0 and rest[-1]["missed"] == 0
    assert len(await _results(sqlite_url)) == rest[-1]["recorded"]
