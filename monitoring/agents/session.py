"""One agent's connection, on the server: results in, acknowledgements and calls out."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from monitoring.agents.calls import Tell, read_fault, read_outcome, write_arguments
from monitoring.agents.messages import (
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
    WatchedHost,
    read_from_agent,
    write,
)
from monitoring.agents.transport import NORMAL, POLICY, Closed, Transport
from monitoring.database.errors import DatabaseUnavailable
from tools.clock import Clock
from tools.errors import CheckFailed
from tools.wording import clock, length, number

_log = logging.getLogger(__name__)

#: Seconds beyond its time limit that an answer is waited for, since it has to travel.
_GRACE_S = 5.0
_MOST_CALLS = 256
#: Clocks that differ by less are taken for equal: the way of the frame takes time as well.
_SKEW_S = 2.0


class KeepError(RuntimeError):
    """Results cannot be stored now; the agent keeps them and comes again."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An agent that may connect: its row's id and its name."""

    id: int
    name: str


class SessionStore(Protocol):
    """What a session asks of the database."""

    async def keep(self, agent: Enrolled, outbox: str, rows: Sequence[Result]) -> int:
        """Stores results behind the last stored number, and how far they go, in one transaction.

        Returns:
            The last number that is stored now.

        Raises:
            KeepError: They cannot be stored now.
        """
        ...

    async def beat(self, agent: Enrolled, beat: Beat, skew: timedelta) -> bool:
        """Notes a sign of life; says whether the agent may stay."""
        ...

    async def hosts_of(self, agent: Enrolled) -> Sequence[WatchedHost]:
        """Returns the hosts that the agent is to check."""
        ...


@dataclass(slots=True)
class _Pending:
    answer: asyncio.Future[Answer]
    tell: Tell | None = field(default=None, repr=False)


class Session:
    """A connection whose agent is known."""

    def __init__(
        self,
        agent: Enrolled,
        hello: Hello,
        received: int,
        transport: Transport,
        store: SessionStore,
        clock: Clock,
        beat_s: float,
    ) -> None:
        """Takes who it is, how far its outbox is stored, and the connection."""
        self.agent = agent
        self.outbox = hello.outbox
        self.abilities = tuple(hello.abilities)
        self.skew = _skew(hello.now, clock)
        self._received = received
        self._transport = transport
        self._store = store
        self._clock = clock
        self._beat_s = beat_s
        self._pending: dict[str, _Pending] = {}
        self._hosts: Sequence[WatchedHost] | None = None
        self._open = True

    async def run(self) -> None:
        """Reads frames until the connection ends; what waits for an answer then fails."""
        reason = "the connection was closed"
        try:
            await self.send_hosts()
            while self._open:
                async with asyncio.timeout(3 * self._beat_s):
                    text = await self._transport.receive()
                await self._take(read_from_agent(text))
        except TimeoutError:
            reason = f"nothing was heard for {length(3 * self._beat_s)}"
            await self.end(reason, retry=True)
        except BadFrame as error:
            reason = f"a frame broke the protocol: {error}"
            _log.warning("The agent %s was cut off: %s.", self.agent.name, reason)
            await self.end(reason, retry=True, code=POLICY)
        except (KeepError, DatabaseUnavailable) as error:
            reason = f"results cannot be stored now ({error}); they stay with the agent"
            _log.warning("The agent %s was sent away: %s.", self.agent.name, reason)
            await self.end(reason, retry=True)
        except Closed as error:
            reason = str(error) or reason
        finally:
            self._open = False
            self._fail_pending()

    async def end(self, reason: str, *, retry: bool, code: int = NORMAL) -> None:
        """Tells the agent why, and ends the connection."""
        self._open = False
        with contextlib.suppress(Closed):
            await self._send(Bye(reason=reason[:500], retry=retry))
        await self._transport.close(code, reason)

    async def send_hosts(self) -> None:
        """Sends the list of hosts, if it is another than before."""
        hosts = tuple(await self._store.hosts_of(self.agent))
        if hosts != self._hosts:
            self._hosts = hosts
            await self._send(Watch(hosts=list(hosts)))

    async def call(self, check: str, arguments: Any, timeout_s: float, tell: Tell | None = None) -> Any:
        """Has the agent run a check.

        Args:
            check: Name of the check.
            arguments: Its arguments, as `monitoring.agents.calls` has them.
            timeout_s: Seconds that it may take.
            tell: Takes the percentage of a long one.

        Returns:
            The outcome.

        Raises:
            ToolError: What the agent's check raised, or the agent is gone, busy or too slow.
        """
        name = self.agent.name
        if len(self._pending) >= _MOST_CALLS:
            raise CheckFailed(f"The agent {name} is busy with {_MOST_CALLS} calls; try again later.")
        call = Call(
            id=secrets.token_hex(8),
            check=check,
            arguments=write_arguments(arguments),
            timeout_s=timeout_s,
        )
        pending = _Pending(asyncio.get_running_loop().create_future(), tell)
        self._pending[call.id] = pending
        try:
            await self._send(call)
            async with asyncio.timeout(timeout_s + _GRACE_S):
                answer = await pending.answer
        except TimeoutError as error:
            await self._cancel(call.id)
            raise CheckFailed(
                f"The agent {name} gave no answer within {number(timeout_s + _GRACE_S)} s; it may be overloaded."
            ) from error
        except Closed as error:
            raise lost_agent(name) from error
        except asyncio.CancelledError:
            await self._cancel(call.id)
            raise
        finally:
            self._pending.pop(call.id, None)
        if answer.fault is not None:
            raise read_fault(answer.fault)
        if answer.outcome is None:
            raise CheckFailed(f"The agent {name} sent an empty answer; update it.")
        return read_outcome(check, answer.outcome)

    async def _take(self, frame: Frame) -> None:
        match frame:
            case Results():
                await self._keep(frame.rows)
            case Answer(id=key):
                # An answer that nobody waits for came too late.
                pending = self._pending.get(key)
                if pending is not None and not pending.answer.done():
                    pending.answer.set_result(frame)
            case Progress(id=key, percent=percent):
                pending = self._pending.get(key)
                if pending is not None and pending.tell is not None:
                    pending.tell(percent)
            case Beat():
                await self._live(frame)
            case _:
                raise BadFrame(f"{type(frame).__name__.lower()} is of no use here")

    async def _keep(self, rows: Sequence[Result]) -> None:
        """Stores what is new, then acknowledges; a row that was sent before is known by its number."""
        numbers = [row.seq for row in rows]
        if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
            raise BadFrame("the numbers of results do not grow")
        new = [self._timed(row) for row in rows if row.seq > self._received]
        if new:
            if new[0].seq != self._received + 1:
                lost = new[0].seq - self._received - 1
                _log.warning("The agent %s lacks %d results: its outbox was damaged.", self.agent.name, lost)
            # The store looks at the numbers as well: an older connection may just have stored some of these.
            self._received = await self._store.keep(self.agent, self.outbox, new)
        await self._send(Ack(up_to=self._received))

    def _timed(self, row: Result) -> Result:
        """Sets a result's time by our clock; none lies in the future."""
        moment = min(row.at + self.skew, self._clock())
        return row if moment == row.at else row.model_copy(update={"at": moment})

    async def _live(self, beat: Beat) -> None:
        self.skew = _skew(beat.now, self._clock)
        if not await self._store.beat(self.agent, beat, self.skew):
            await self.end("its token was revoked; make a new one with `smallwatch agents add`", retry=False)
            return
        await self._send(Beat(now=self._clock()))
        await self.send_hosts()

    async def _cancel(self, key: str) -> None:
        with contextlib.suppress(Closed):
            await self._send(Cancel(id=key))

    async def _send(self, frame: Frame) -> None:
        await self._transport.send(write(frame))

    def _fail_pending(self) -> None:
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(Closed())
                # One whose caller has gone meanwhile shall not be reported as never looked at.
                pending.answer.exception()


def offline_agent(name: str, since: datetime) -> CheckFailed:
    """Returns the error of a call to an agent that is not connected."""
    return CheckFailed(
        f"The probe agent {name} is offline since {clock(since)}: choose another one, or leave agent_location"
        " out; get_agents shows which are online."
    )


def lost_agent(name: str) -> CheckFailed:
    """Returns the error of a call whose agent went away."""
    return CheckFailed(
        f"The connection to the agent {name} was lost during the check; try again, or choose another agent."
    )


def _skew(now: Any, clock: Callable[[], Any]) -> timedelta:
    """How much our clock is ahead of the agent's; nothing where that may be the frame's way."""
    skew: timedelta = clock() - now
    return skew if abs(skew.total_seconds()) > _SKEW_S else timedelta(0)
