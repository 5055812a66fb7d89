"""The agent's side of the connection: opened again and again, results sent from the outbox until acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidURI

from monitoring.agents.calls import Run, read_arguments, write_fault, write_outcome
from monitoring.agents.load import load_pct
from monitoring.agents.messages import (
    MAX_FRAME_CHARS,
    PROTOCOL,
    Ack,
    Answer,
    BadFrame,
    Beat,
    Bye,
    Call,
    Cancel,
    Frame,
    Hello,
    Progress,
    Result,
    Results,
    Watch,
    Welcome,
    read_from_server,
    write,
)
from monitoring.agents.outbox import Outbox
from monitoring.agents.transport import NORMAL, Closed, Transport, WebSocket
from monitoring.agents.watching import Probe, Watching
from tools.clock import Clock
from tools.errors import CheckFailed, ToolError
from tools.records import Endpoint
from tools.wording import number

_log = logging.getLogger(__name__)

_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
#: A connection that held for so long was a good one: the next wait is short again.
_GOOD_S: Final = 5.0
_OPEN_S: Final = 20.0
_CALLS_AT_ONCE: Final = 64


class Dismissed(RuntimeError):
    """The server will not have this agent; the message says why."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """How an agent presents itself.

    Attributes:
        server: `ws://` or `wss://` URL of the server.
        token: Its secret.
        version: Version of this program.
        abilities: Endpoint types that it can check.
        name: The name that it believes to have, if any.
        city: Where it stands, if known; `country` likewise.
        country: See `city`.
        tls: Whom to trust of a `wss` server; the usual authorities if None.
        longest_wait_s: Seconds between two attempts to connect, at most.
    """

    server: str
    token: str
    version: str
    abilities: tuple[Endpoint, ...]
    name: str | None = None
    city: str | None = None
    country: str | None = None
    tls: ssl.SSLContext | None = None
    longest_wait_s: float = _LONGEST_WAIT_S


class AgentClient:
    """Runs calls and watched hosts, and keeps one connection to the server."""

    def __init__(
        self,
        settings: AgentSettings,
        outbox: Outbox,
        runners: Mapping[str, Run],
        probe: Probe,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        """Takes how to present itself, where results wait, what checks, and who is told of the connection."""
        self._settings = settings
        self._outbox = outbox
        self._runners = runners
        self._clock = clock
        self._say = say
        self._more = asyncio.Event()
        self._watching = Watching(probe, self._keep)

    async def run(self) -> NoReturn:
        """Works until it is cancelled.

        Raises:
            Dismissed: The server refuses this agent for good.
        """
        self._watching.watch(await self._outbox.hosts())
        loop = asyncio.get_running_loop()
        wait = min(_FIRST_WAIT_S, self._settings.longest_wait_s)
        try:
            while True:
                began = loop.time()
                trouble = await self._connect_once()
                if loop.time() - began > _GOOD_S:
                    wait = min(_FIRST_WAIT_S, self._settings.longest_wait_s)
                # Half of the wait is left to chance, so that many agents do not all come back in one moment.
                pause = wait * random.uniform(0.5, 1)  # noqa: S311 - no secret
                self._say(
                    f"Not connected: {trouble}. {self._outbox.size:,} results wait; next attempt in"
                    f" {number(pause)} s."
                )
                await asyncio.sleep(pause)
                wait = min(2 * wait, self._settings.longest_wait_s)
        finally:
            await self._watching.aclose()

    async def _connect_once(self) -> str:
        """Connects and stays as long as it holds; returns what ended it."""
        settings = self._settings
        try:
            async with connect(
                settings.server,
                ssl=settings.tls,
                max_size=MAX_FRAME_CHARS,
                open_timeout=_OPEN_S,
                close_timeout=2,
                proxy=None,
                user_agent_header="smallwatch-agent",
            ) as connection:
                await _Link(self, WebSocket(connection)).run()
        except InvalidURI as error:
            raise Dismissed(f"{settings.server} is no ws:// or wss:// address: {error}") from error
        except (OSError, TimeoutError, InvalidHandshake) as error:
            return str(error) or f"{settings.server} did not answer within {number(_OPEN_S)} s"
        except (Closed, BadFrame) as error:
            return str(error) or "the connection broke off"
        return "the server ended the connection"

    async def _keep(self, result: Result) -> None:
        if await self._outbox.add(result) is None and self._outbox.dropped == 1:
            self._say(
                f"The outbox is full with {self._outbox.size:,} results: new ones are dropped until the server"
                " is back."
            )
        self._more.set()

    def hello(self) -> Hello:
        """Makes the first frame."""
        settings = self._settings
        return Hello(
            protocol=PROTOCOL,
            token=settings.token,
            name=settings.name,
            city=settings.city,
            country=settings.country,
            version=settings.version,
            outbox=self._outbox.id,
            now=self._clock(),
            abilities=list(settings.abilities),
        )

    def beat(self) -> Beat:
        """Makes a sign of life."""
        return Beat(
            now=self._clock(),
            load_pct=load_pct(),
            pending=self._outbox.size,
            dropped=self._outbox.dropped,
        )

    async def take_hosts(self, watch: Watch) -> None:
        """Checks the hosts of a new list from now on."""
        await self._outbox.keep_hosts(watch)
        self._watching.watch(watch.hosts)

    async def acknowledged(self, up_to: int) -> None:
        """Forgets what the server has stored."""
        await self._outbox.forget(up_to)

    async def waiting(self, after: int) -> Sequence[Result]:
        """Waits until the outbox holds results behind a number, and returns the oldest of them."""
        while True:
            self._more.clear()
            rows = await self._outbox.first(after)
            if rows:
                return rows
            await self._more.wait()

    def runner(self, check: str) -> Run | None:
        """Finds what runs a check."""
        return self._runners.get(check)

    def told(self, sentence: str) -> None:
        """Passes a sentence on to who watches the program."""
        self._say(sentence)


class _Link:
    """One connection's life."""

    def __init__(self, agent: AgentClient, transport: Transport) -> None:
        self._agent = agent
        self._transport = transport
        self._acknowledged = 0
        self._ack = asyncio.Event()
        self._calls: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Says hello, then reads, sends results and gives signs of life until one of these ends."""
        await self._send(self._agent.hello())
        async with asyncio.timeout(_OPEN_S):
            first = await self._receive()
        if isinstance(first, Bye):
            _leave(first)
        if not isinstance(first, Welcome):
            raise BadFrame("the server did not welcome this agent")
        self._acknowledged = first.received
        await self._agent.acknowledged(first.received)
        self._agent.told(f"Connected as {first.agent}.")
        tasks = [
            asyncio.create_task(self._read(first.beat_s)),
            asyncio.create_task(self._send_results()),
            asyncio.create_task(self._give_signs(first.beat_s)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, *self._calls.values()):
                task.cancel()
            await asyncio.gather(*tasks, *self._calls.values(), return_exceptions=True)
            await self._transport.close(NORMAL, "the agent is leaving")

    async def _read(self, beat_s: float) -> None:
        while True:
            try:
                # The server answers each sign of life: silence means that the line is dead.
                async with asyncio.timeout(3 * beat_s):
                    frame = await self._receive()
            except TimeoutError as error:
                raise Closed("the server has fallen silent") from error
            match frame:
                case Ack(up_to=up_to):
                    self._acknowledged = max(self._acknowledged, up_to)
                    await self._agent.acknowledged(up_to)
                    self._ack.set()
                case Watch():
                    await self._agent.take_hosts(frame)
                case Call():
                    self._start(frame)
                case Cancel(id=key):
                    if key in self._calls:
                        self._calls[key].cancel()
                case Beat():
                    pass
                case Bye():
                    _leave(frame)
                case _:
                    raise BadFrame(f"{frame.type} is of no use here")

    async def _send_results(self) -> None:
        while True:
            rows = await self._agent.waiting(self._acknowledged)
            self._ack.clear()
            await self._send(Results(rows=list(rows)))
            while self._acknowledged < rows[-1].seq:
                await self._ack.wait()
                self._ack.clear()

    async def _give_signs(self, beat_s: float) -> None:
        while True:
            await self._send(self._agent.beat())
            await asyncio.sleep(beat_s)

    def _start(self, call: Call) -> None:
        if call.id not in self._calls:
            task = asyncio.create_task(self._run_call(call))
            self._calls[call.id] = task
            task.add_done_callback(lambda done: self._ended(call, done))

    def _ended(self, call: Call, task: asyncio.Task[None]) -> None:
        self._calls.pop(call.id, None)
        if not task.cancelled() and task.exception() is not None:
            # The server waits no longer than the call's time limit for an answer.
            _log.error("A %s call failed by an internal error.", call.check, exc_info=task.exception())

    async def _run_call(self, call: Call) -> None:
        answer: Answer
        try:
            outcome = await self._outcome(call)
            answer = Answer(id=call.id, outcome=write_outcome(call.check, outcome))
        except ToolError as error:
            answer = Answer(id=call.id, fault=write_fault(error))
        with contextlib.suppress(Closed):
            await self._send(answer)

    async def _outcome(self, call: Call) -> Any:
        if len(self._calls) > _CALLS_AT_ONCE:
            raise CheckFailed(f"The agent is busy with {_CALLS_AT_ONCE} calls; try again later.")
        arguments = read_arguments(call.check, call.arguments)
        run = self._agent.runner(call.check)
        if run is None:
            raise CheckFailed(f"The agent cannot run {call.check}; update it.")
        told: set[asyncio.Task[None]] = set()

        def tell(percent: int) -> None:
            task = asyncio.create_task(self._progress(call.id, percent))
            told.add(task)
            task.add_done_callback(told.discard)

        limit = asyncio.timeout(call.timeout_s)
        try:
            async with limit:
                return await run(arguments, tell)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise CheckFailed(
                f"The check did not end within {number(call.timeout_s)} s on the agent."
            ) from error

    async def _progress(self, key: str, percent: int) -> None:
        with contextlib.suppress(Closed):
            await self._send(Progress(id=key, percent=percent))

    async def _receive(self) -> Any:
        return read_from_server(await self._transport.receive())

    async def _send(self, frame: Frame) -> None:
        await self._transport.send(write(frame))


def _leave(bye: Bye) -> NoReturn:
    if bye.retry:
        raise Closed(bye.reason)
    raise Dismissed(f"The server refuses this agent: {bye.reason}.")
