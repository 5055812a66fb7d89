"""Several processes on one PostgreSQL: events, cancels, approvals and the queue go between them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.databases import make_postgres_database
from tests.web.serving import Somebody, text_of

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def processes(url: str, folder: Path, **web: object) -> AsyncIterator[list[str]]:
    """Two servers on one database, each with a port of its own, as two workers would have; yields their URLs."""
    models = {"scripted": {"offered": True, "factor": 1}, "testllm": {"offered": False},
              "turbollm": {"offered": False}, "hugllm": {"offered": False}}  # fmt: skip
    settings = {"DATABASE": url, "TOOLS": "simulated", "MODELS": json.dumps(models),
                "AUDIT": str(folder / "audit.jsonl"), "WATCH": "false", **web}  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {f"SMALLWATCH_WEB__{name}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-c", "from smallwatch.cli import main; main()", "serve", "--port"]
    ports = [free_port(), free_port()]
    running = [
        await asyncio.create_subprocess_exec(*command, str(port), env=environment, cwd=folder)
        for port in ports
    ]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for url in urls:
            await until_ready(url)
        yield urls
    finally:
        for process in running:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        codes = [await process.wait() for process in running]
    assert codes == [0, 0]


async def until_ready(url: str) -> None:
    async with httpx.AsyncClient(timeout=5) as client:
        for _ in range(600):
            try:
                if (await client.get(f"{url}/ready")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError(f"{url} is not ready")


async def test_what_one_process_does_the_other_shows(postgres: str, tmp_path: Path) -> None:
    database = await make_postgres_database(postgres)
    async with processes(database, tmp_path) as (one, two):
        here = Somebody(one)
        await here.ok(
            "POST", "/api/accounts", {"email": "ann@example.org", "password": "correct horse battery"}
        )
        there = Somebody(two, here.cookie, here.csrf)
        # Events of a run here are read there, while they come.
        run = await here.say("slow please")
        seen = await there.events(run["id"], until="text-delta")
        assert seen[-1].type == "text-delta"
        # A cancel there ends it here.
        await there.ok("POST", f"/api/runs/{run['id']}/cancel")
        assert (await here.events(run["id"]))[-1].data["state"] == "cancelled"
        # An approval there lets the call go on here.
        run = await here.say("add new.acme.org")
        asked = (await there.events(run["id"], until="approval-requested"))[-1].data["approval"]
        path = f"/api/runs/{run['id']}/approvals/{asked['id']}"
        assert (await there.ok("POST", path, {"approve": True})) == {"verdict": "approved"}
        both = await asyncio.gather(here.events(run["id"]), there.events(run["id"]))
        assert text_of(both[0]) == text_of(both[1]) and both[0][-1].data["state"] == "finished"
        quotas = [await who.ok("GET", "/api/quota") for who in (here, there)]
        assert quotas[0]["balance"] == quotas[1]["balance"] < 100_000


async def test_logins_are_limited_and_ended_for_all_processes_together(postgres: str, tmp_path: Path) -> None:
    database = await make_postgres_database(postgres)
    async with processes(database, tmp_path) as (one, two):
        ann = Somebody(one)
        login = {"email": "ann@example.org", "password": "correct horse battery"}
        await ann.ok("POST", "/api/accounts", login)
        there = Somebody(two, ann.cookie, ann.csrf)
        assert (await there.ok("GET", "/api/session"))["kind"] == "account"
        token = await ann.ok("POST", "/api/account/tokens", {"name": "x"})
        program = Somebody(two, headers={"Authorization": f"Bearer {token['token']}"})
        await program.ok("GET", "/api/account")
        # At once where it was ended, within a second in the other process.
        await ann.ok("DELETE", f"/api/account/tokens/{token['id']}")
        await ann.ok("DELETE", "/api/session")
        here = Somebody(one, there.cookie, there.csrf)
        assert (await here.ok("GET", "/api/session"))["kind"] == "nobody"
        await asyncio.sleep(1.0)
        assert (await there.ok("GET", "/api/session"))["kind"] == "nobody"
        assert (await program.ask("GET", "/api/account")).status_code == 401
        # Ten tries a minute for one account, whichever process is asked.
        wrong = {**login, "password": "a guess"}
        answers = await asyncio.gather(
            *(Somebody((one, two)[n % 2]).ask("POST", "/api/session/login", wrong) for n in range(16))
        )
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [401] * 10 + [429] * 6
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)


@pytest.mark.slow
async def test_the_supervisor_starts_workers_again(postgres: str, tmp_path: Path) -> None:
    database = await make_postgres_database(postgres)
    port = free_port()
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "SMALLWATCH_WEB__DATABASE": database,
        "SMALLWATCH_WEB__WORKERS": "2", "SMALLWATCH_WEB__WATCH": "false", "SMALLWATCH_WEB__TOOLS": "simulated",
        "SMALLWATCH_WEB__AUDIT": str(tmp_path / "audit.jsonl"),
        "SMALLWATCH_WEB__MODELS": '{"scripted": {"offered": true}, "testllm": {"offered": false}}',
    }  # fmt: skip
    command = [sys.executable, "-c", "from smallwatch.cli import main; main()", "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=tmp_path)
    try:
        await until_ready(f"http://127.0.0.1:{port}")
        workers = await workers_of(psutil.Process(process.pid), 2)
        workers[0].kill()
        again = await workers_of(psutil.Process(process.pid), 2, {workers[0].pid})
        assert workers[0].pid not in {worker.pid for worker in again}
        assert (await Somebody(f"http://127.0.0.1:{port}").ok("GET", "/health")) == {"status": "ok"}
    finally:
        process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def workers_of(parent: psutil.Process, count: int, gone: Collection[int] = ()) -> list[psutil.Process]:
    """Waits until the supervisor has so many workers that are not among the dead."""
    for _ in range(600):
        found = [child for child in parent.children() if child.pid not in gone]
        if len(found) >= count:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("the workers are not there")
