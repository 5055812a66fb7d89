"""Drives one run: a place in the queue, a model that is paid for, the agent's turn, the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from agent.agent import Agent
from agent.approval import ApprovalGate, Verdict
from agent.conversation import StoreError
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    TurnFailed,
    TurnFinished,
)
from agent.instructions import instructions_for
from agent.limits import TurnLimits
from agent.loop import run_turn
from agent.stopping import CancelToken
from monitoring.database.errors import DatabaseUnavailable
from providers.base import ProviderError, Settings
from providers.info import DescribedProvider
from settings.schema import Config
from tools.backend import Backend
from tools.clock import Clock
from tools.context import ToolContext
from web.ledger.ledger import Ledger
from web.ledger.metered import Charge, Meter, MeteredProvider, OutOfTokens
from web.quota import Quotas
from web.runs.book import Run, RunBook
from web.runs.conversations import Conversations
from web.runs.events import EndState, RunEnded, RunFailed, RunQueued
from web.runs.log import EventLog
from web.runs.models import Models
from web.runs.terms import Terms
from web.runs.toolbox import tools_of

_log = logging.getLogger(__name__)


class OpenBackend(Protocol):
    """Opens the network that the tools of one person work on."""

    def __call__(self, terms: Terms) -> AbstractAsyncContextManager[Backend]:
        """Opens it; it is closed at the end of the block."""
        ...


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all runs of a process work with."""

    config: Config
    clock: Clock
    book: RunBook
    log: EventLog
    conversations: Conversations
    ledger: Ledger
    quotas: Quotas
    models: Models
    gate: ApprovalGate
    backend: OpenBackend
    worker: str


@dataclass(slots=True)
class Driven:
    """A run that this process drives.

    Attributes:
        run: The run.
        token: Stops its turn.
        admitted: Set when it may begin.
        remembered: Tools whose calls need no further approval, and who said so.
        approvals: Requests that are open, by id, with the tool's name.
        stopping: Whether it ends because the server does.
        ending: Whether its end is being stored; nothing is told of it any more.
    """

    run: Run
    token: CancelToken = field(default_factory=CancelToken)
    admitted: asyncio.Event = field(default_factory=asyncio.Event)
    remembered: dict[str, str] = field(default_factory=dict[str, str])
    approvals: dict[str, str] = field(default_factory=dict[str, str])
    stopping: bool = False
    ending: bool = False
    place: tuple[int, int] | None = None


class Driver:
    """Drives runs, one call each."""

    def __init__(self, shop: Workshop, on_place_free: Callable[[str], None]) -> None:
        """Takes what runs work with, and whom to tell that a model has a free place."""
        self._shop = shop
        self._on_place_free = on_place_free

    async def drive(self, driven: Driven) -> None:
        """Works on a run until it has ended, whatever happens."""
        run, shop = driven.run, self._shop
        state: EndState = "failed"
        meter = self._meter(driven)
        try:
            if not await self._turn_comes(driven):
                state = "cancelled"
                return
            state = await self._work(driven, meter)
        except (ProviderError, StoreError, DatabaseUnavailable) as error:
            await shop.log.add(run.id, self._failure(run, error))
        finally:
            await self._end(driven, meter, state)
            self._on_place_free(run.model)

    def _meter(self, driven: Driven) -> Meter:
        run, shop = driven.run, self._shop
        name: Any = run.model
        return Meter(shop.ledger, run.id, run.terms.payers, shop.models.tariff(name), shop.worker)

    async def _end(self, driven: Driven, meter: Meter, state: EndState) -> None:
        run, shop = driven.run, self._shop
        driven.ending = True
        await meter.finish()
        if driven.stopping and not driven.admitted.is_set():
            # It waits in the queue for the next process.
            await shop.log.leave(run.id)
            return
        ended: EndState = "interrupted" if driven.stopping and state == "cancelled" else state
        charged = meter.charged

        async def work(connection: AsyncConnection) -> None:
            await shop.book.end(connection, run.id, ended, charged)

        await self._patiently(lambda: shop.log.end(run.id, RunEnded(ended, charged), work))

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does what must be done, again and again while the database does not answer."""
        while True:
            try:
                await work()
            except DatabaseUnavailable as error:
                _log.warning("a run cannot be ended yet: %s", error)
                await asyncio.sleep(1)
            else:
                return

    def _failure(self, run: Run, error: Exception) -> RunFailed:
        others = {"models": self._shop.models.others(run.model)}
        match error:
            case OutOfTokens():
                return RunFailed("no-tokens", str(error), {"left": error.cause.free, **others})
            case ProviderError():
                return RunFailed("unavailable", f"{error}", others)
            case _:
                return RunFailed("unavailable", f"{error}")

    async def _turn_comes(self, driven: Driven) -> bool:
        """Waits for a place; says whether the run may begin."""
        run = driven.run
        if run.state != "queued":
            driven.admitted.set()
        self._on_place_free(run.model)
        waiting = asyncio.create_task(driven.admitted.wait())
        try:
            with driven.token.watching(wait := asyncio.timeout(None)):
                async with wait:
                    await waiting
        except TimeoutError:
            return driven.admitted.is_set() and not driven.token.cancelled
        finally:
            waiting.cancel()
        return True

    def tell_place(self, driven: Driven, position: int, waiting: int, wait_s: float) -> None:
        """Tells a run's readers where it stands in the queue, if that is new.

        It waits for nothing: an event that came while the run's end is being stored would have the end's number.
        """
        if driven.place != (position, waiting) and not (driven.admitted.is_set() or driven.ending):
            driven.place = (position, waiting)
            self._shop.log.add_now(driven.run.id, RunQueued(position, waiting, wait_s))

    async def _work(self, driven: Driven, meter: Meter) -> EndState:
        run, shop = driven.run, self._shop
        name: Any = run.model
        provider = await shop.models.get(name)
        conversation = await shop.conversations.load(run.conversation)
        async with shop.backend(run.terms) as backend:
            agent = self._agent(run, provider, backend, meter)
            turn = run_turn(agent, conversation, run.text, driven.token)
            ending: Event | None = None
            async with aclosing(turn) as events:
                async for event in events:
                    ending = event
                    await shop.log.add(run.id, event, meter.streamed)
                    await self._charges(run, meter)
                    await self._approvals(driven, event)
        await meter.finish()
        await self._charges(run, meter)
        match ending:
            case TurnFinished(reason="cancelled"):
                return "cancelled"
            case TurnFailed(error="OutOfTokens"):
                quota = await shop.quotas.of_terms(run.terms)
                details = quota.model_dump(mode="json") | {"models": shop.models.others(run.model)}
                await shop.log.add(run.id, RunFailed("no-tokens", ending.message, details))
                return "failed"
            case TurnFailed():
                others = {"models": shop.models.others(run.model)}
                await shop.log.add(run.id, RunFailed("unavailable", ending.message, others))
                return "failed"
            case _:
                return "finished"

    def _agent(self, run: Run, provider: DescribedProvider, backend: Backend, meter: Meter) -> Agent:
        shop, config = self._shop, self._shop.config
        offered = tools_of(run.terms.effects)
        own = config.agent
        # A local model has the context that it was loaded with, whatever the plan says.
        context = own.history_tokens if shop.models.slots(run.model) else run.terms.context
        return Agent(
            provider=MeteredProvider(provider, meter),
            context=ToolContext(backend, shop.clock, offered),
            gate=shop.gate,
            settings=Settings(
                max_tokens=config.reply.max_tokens,
                temperature=config.reply.temperature,
                deadline_s=config.reply.deadline_s,
                constrained=provider.info.default_constrained,
            ),
            limits=TurnLimits(
                steps=own.steps,
                tokens=own.tokens,
                seconds=own.seconds,
                calls=own.calls,
                identical=own.identical,
                reasks=own.reasks,
                history_tokens=context,
            ),
            system=instructions_for(provider.info.dialect),
        )

    async def _charges(self, run: Run, meter: Meter) -> None:
        for charge in meter.take_charges():
            await self._shop.log.add(run.id, await self._told(run, charge))

    async def _told(self, run: Run, charge: Charge) -> Any:
        return await self._shop.quotas.after_step(run.terms, charge.tokens, charge.estimated)

    async def _approvals(self, driven: Driven, event: Event) -> None:
        """Lets others have the place while a person thinks; answers what they said to remember."""
        run, shop = driven.run, self._shop
        match event:
            case ApprovalRequested(approval=approval):
                by = driven.remembered.get(approval.tool)
                if by is not None:
                    shop.gate.decide(approval.id, True, f"{by} (for the whole run)")
                    return
                driven.approvals[approval.id] = approval.tool
                await shop.book.set_state(run.id, "waiting")
                self._on_place_free(run.model)
            case ApprovalDecided(approval_id=approval_id):
                if driven.approvals.pop(approval_id, None) and not driven.approvals:
                    await shop.book.set_state(run.id, "running")
            case _:
                pass

    def decide(self, driven: Driven, approval_id: str, approve: bool, by: str, remember: bool) -> Verdict:
        """Answers an approval of a run.

        Raises:
            ApprovalError: There is no such open request.
        """
        verdict = self._shop.gate.decide(approval_id, approve, by)
        if remember and verdict == "approved" and approval_id in driven.approvals:
            driven.remembered[driven.approvals[approval_id]] = by
        return verdict
