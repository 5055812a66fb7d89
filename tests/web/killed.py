"""Serves runs until it is killed, again and again; run by the test of the ledger: DATABASE, COUNTS, KILLS, SEED.

The first process imports everything once and forks a child for each life. The model of the child counts what it
writes in a file of its own, which the ledger knows nothing of.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from agent.history import estimate_tokens
from providers.base import Chunk, Finish, Message, Settings, Text, ToolSpec, Usage
from providers.info import ModelInfo
from settings.schema import Config
from settings.web import PlansSettings, WebModelSettings, WebSettings
from web.ledger.metered import prompt_tokens
from web.opening import Parts, open_services
from web.runs.events import ENDED
from web.runs.models import Models

PIECE = "abcd"


class Counting:
    """Writes pieces, each counted in the file before it is given away."""

    name = "turbollm"
    info = ModelInfo("counting")

    def __init__(self, counts: Path) -> None:
        self._file = os.open(counts, os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        run, prompt = messages[-1].content or "", prompt_tokens(messages, tools, estimate_tokens)
        os.write(self._file, f"{run} prompt {prompt}\n".encode())
        pieces = random.randint(1, 40)
        for _ in range(pieces):
            await asyncio.sleep(random.uniform(0, 0.01))
            os.write(self._file, f"{run} piece\n".encode())
            yield Text(PIECE)
        yield Finish("stop", Usage(prompt, 0, pieces), PIECE * pieces)

    async def aclose(self) -> None:
        os.close(self._file)


def config_of(url: str) -> Config:
    plan = {"cap": 10**9, "refill": 0, "context": 12_000, "hosts": 1, "runs": 4}
    return Config(web=WebSettings(database=url, tools="simulated", plans=PlansSettings(free=plan)))


async def live(url: str, counts: Path, life: int) -> None:
    """Begins runs, four at a time, until it is killed."""

    async def opener(name: str) -> Counting:
        return Counting(counts)

    models = Models({"turbollm": WebModelSettings()}, opener)
    async with open_services(config_of(url), Parts(models=models)) as services:
        found = await services.accounts.by_email("ann@example.org")
        account = found[0] if found else await services.accounts.make("ann@example.org", None)
        terms = await services.quotas.terms_of_account(account)

        async def work(place: int) -> None:
            for number in range(10_000):
                head = await services.conversations.make(account.owner)
                run = await services.runs.begin(terms, head.id, "turbollm", f"{life}-{place}-{number}")
                os.write(acknowledged, f"{run.id}\n".encode())
                while (now := await services.book.get(run.id)) and now.state not in ENDED:
                    await asyncio.sleep(0.02)

        acknowledged = os.open(counts.with_suffix(".runs"), os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        await asyncio.gather(*(work(place) for place in range(3)))


async def settle(url: str, counts: Path) -> None:
    """A last life, that only takes up what the others left."""

    async def opener(name: str) -> Counting:
        return Counting(counts)

    async with open_services(config_of(url), Parts(models=Models({"turbollm": WebModelSettings()}, opener))):
        await asyncio.sleep(0.2)


def wait_for_growth(file: Path) -> None:
    """Waits until a file has grown, or for half a minute."""
    before = file.stat().st_size if file.exists() else 0
    for _ in range(1500):
        if file.exists() and file.stat().st_size > before:
            return
        time.sleep(0.02)


def main() -> None:
    url, counts, kills, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    chance = random.Random(seed)
    for life in range(kills):
        child = os.fork()
        if child == 0:
            random.seed(f"{seed}-{life}")
            asyncio.run(live(url, counts, life))
            os._exit(0)
        # Now and then it dies while it starts, else some time after it has begun to work.
        if life % 5:
            wait_for_growth(counts.with_suffix(".runs"))
        time.sleep(chance.uniform(0, 1.2))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    asyncio.run(settle(url, counts))


if __name__ == "__main__":
    main()
