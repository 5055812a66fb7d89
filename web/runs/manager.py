"""The runs of this process: begun, admitted, cancelled, approved; left in order when the server stops."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any

from agent.approval import ApprovalError
from monitoring.database.errors import DatabaseUnavailable
from web.errors import ApiError
from web.runs.book import Run
from web.runs.bus import Bus
from web.runs.driver import Driven, Driver, Workshop
from web.runs.events import ENDED, Stored
from web.runs.models import ModelName
from web.runs.terms import Terms

_log = logging.getLogger(__name__)

#: Seconds that another process has to answer an approval.
_ELSEWHERE_S = 5.0
#: Seconds that a run whose turn was stopped has to end.
_END_S = 10.0


class Runs:
    """Begins runs and speaks with those under way, wherever they are driven."""

    def __init__(self, shop: Workshop, bus: Bus) -> None:
        """Takes what runs work with, and what carries words between processes."""
        self._shop = shop
        self._bus = bus
        self._driver = Driver(shop, self._place_free)
        self._driven: dict[str, Driven] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pumps: dict[str, asyncio.Event] = {}
        self._stopping = False
        bus.listen("signals", self._signal)
        bus.listen("queue", lambda message: self._pump_soon(message["model"]))

    @property
    def active(self) -> int:
        """Runs that this process drives."""
        return len(self._driven)

    def drives(self, owner: str, run: str) -> bool:
        """Says whether a run is one of this owner's that this process drives."""
        driven = self._driven.get(run)
        return driven is not None and driven.run.owner == owner

    @property
    def stopping(self) -> bool:
        """Whether the server is about to stop."""
        return self._stopping

    async def begin(self, terms: Terms, conversation: str, model: ModelName, text: str) -> Run:
        """Begins a run.

        Raises:
            ApiError: It cannot begin now; the message says why, and what would help.
        """
        shop = self._shop
        others = {"models": shop.models.others(model)}
        if self._stopping:
            said = "The server is about to restart; try again in a moment."
            raise ApiError(503, "stopping", said, others, {"Retry-After": "10"})
        if model not in shop.models.offered:
            raise ApiError(422, "invalid", f"{model} is not offered here.", others)
        if problem := shop.models.problem(model):
            raise ApiError(503, "unavailable", problem, others, {"Retry-After": "30"})
        await self._check_tokens(terms, model, others)
        try:
            run = await shop.book.begin(
                terms, conversation, model, text, slots=shop.models.slots(model), worker=shop.worker
            )
        except ApiError as error:
            if error.body.error.code == "overloaded":
                error.body.error.details = others
            raise
        self._shop.log.begin(run.id)
        self._drive(run)
        return run

    async def _check_tokens(self, terms: Terms, model: ModelName, others: dict[str, Any]) -> None:
        """Refuses early what the first step would refuse: nothing is left."""
        if self._shop.models.tariff(model).free:
            return
        quota = await self._shop.quotas.of_terms(terms)
        if quota.balance <= 0:
            at = f"{quota.refill_at:%Y-%m-%d %H:%M} UTC"
            raise ApiError(
                402,
                "no-tokens",
                f"Your tokens are used up; new ones come at {at}. TestLLM is free of charge.",
                quota.model_dump(mode="json") | others,
            )

    def _drive(self, run: Run) -> None:
        driven = self._driven[run.id] = Driven(run)
        task = asyncio.create_task(self._driver.drive(driven), name=f"run {run.id}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(run.id, done))

    def _ended(self, run: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._driven.pop(run, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("run %s broke", run, exc_info=error)

    # The queue.

    def _place_free(self, model: str) -> None:
        """Tells every process that a model may have a free place, or that its queue has changed."""
        if self._shop.models.slots(model):
            self._spawn(self._bus.publish("queue", {"model": model}))

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _pump_soon(self, model: str) -> None:
        """Lets the queue move; many calls while it does count as one."""
        if model in self._pumps:
            self._pumps[model].set()
            return
        self._pumps[model] = asyncio.Event()
        self._pumps[model].set()
        self._spawn(self._pump(model))

    async def _pump(self, model: str) -> None:
        try:
            while self._pumps[model].is_set():
                self._pumps[model].clear()
                await self._move(model)
        except DatabaseUnavailable as error:
            _log.warning("the queue of %s stands still: %s", model, error)
        finally:
            del self._pumps[model]

    async def _move(self, model: str) -> None:
        shop, slots = self._shop, self._shop.models.slots(model)
        admitted = await shop.book.admit(model, slots) if slots and not self._stopping else ()
        for run in admitted:
            if run in self._driven:
                self._driven[run].admitted.set()
            else:
                await self._bus.publish("signals", {"do": "admit", "run": run})
        if any(d.run.model == model and not d.admitted.is_set() for d in self._driven.values()):
            await self._tell_places(model, slots)

    async def _tell_places(self, model: str, slots: int) -> None:
        queue = await self._shop.book.queue(model)
        for position, run in enumerate(queue.runs, start=1):
            if (driven := self._driven.get(run)) is not None:
                wait_s = queue.wait_s(position, slots)
                self._driver.tell_place(driven, position, len(queue.runs), wait_s)

    # Words to runs.

    async def cancel(self, run: Run) -> None:
        """Stops a run; one that has ended stays as it is."""
        await self._shop.book.want_cancel(run.id)
        await self._bus.publish("signals", {"do": "cancel", "run": run.id})

    async def decide(self, run: Run, approval: str, approve: bool, by: str, remember: bool) -> str:
        """Answers an approval; returns the verdict.

        Raises:
            ApiError: There is no such open request.
        """
        gone = ApiError(
            409, "expired", "That request is not open: it was answered, has expired, or never was."
        )
        if run.state in ENDED:
            raise gone
        if (driven := self._driven.get(run.id)) is not None:
            try:
                return self._driver.decide(driven, approval, approve, by, remember)
            except ApprovalError as error:
                raise gone from error
        words = {"do": "decide", "run": run.id, "approval": approval, "approve": approve}
        before = await self._verdict_in_log(run.id, approval, 0.0)
        if before is None:
            await self._bus.publish("signals", words | {"by": by, "remember": remember})
            before = await self._verdict_in_log(run.id, approval, _ELSEWHERE_S)
            if before is not None:
                return before
        raise gone

    async def _verdict_in_log(self, run: str, approval: str, seconds: float) -> str | None:
        """Looks into the log of a run of another process for the answer to an approval."""
        try:
            async with asyncio.timeout(seconds or 1.0):
                async for found in self._shop.log.read(run, 0):
                    for event in found or ():
                        if event.type == "approval-decided":
                            data: dict[str, Any] = json.loads(event.data)
                            if data["approval_id"] == approval:
                                return str(data["verdict"])
                    if not seconds:
                        return None
        except TimeoutError:
            return None
        return None

    def _signal(self, message: dict[str, Any]) -> None:
        driven = self._driven.get(message["run"])
        if driven is None:
            return
        match message["do"]:
            case "cancel":
                driven.token.cancel()
            case "admit":
                driven.admitted.set()
            case "decide":
                try:
                    self._driver.decide(
                        driven, message["approval"], message["approve"], message["by"], message["remember"]
                    )
                except ApprovalError as error:
                    _log.info("an approval came too late: %s", error)
            case _:
                pass

    def events(self, run: str, after: int) -> AsyncGenerator[list[Stored] | None]:
        """Reads a run's events; see `EventLog.read`."""
        return self._shop.log.read(run, after)

    # Beginning and end of the process.

    async def look_after(self) -> None:
        """Does what a lost message would have done: cancels, admits; called now and then."""
        known = await self._shop.book.wishes(self._shop.worker)
        for driven in list(self._driven.values()):
            cancel, state = known.get(driven.run.id, (False, driven.run.state))
            if cancel:
                driven.token.cancel()
            elif state == "running":
                driven.admitted.set()
        for model in self._shop.models.offered:
            if self._shop.models.slots(model):
                self._pump_soon(model)

    async def take_over(self, run: Run) -> None:
        """Goes on with a queued run of a process that is gone, or ends one that it had begun."""
        if run.state == "queued" and run.model in self._shop.models.offered and not self._stopping:
            if await self._shop.book.adopt(run, self._shop.worker):
                await self._shop.log.open(run.id)
                self._drive(run)
        elif await self._shop.book.bury(run):
            await self._bus.publish("events", {"runs": [run.id]})
            self._place_free(run.model)

    async def stop(self, seconds: float) -> None:
        """Begins no more runs, lets those under way end, and after so many seconds interrupts them.

        What waits in the queue goes on in the next process.
        """
        self._stopping = True
        for driven in list(self._driven.values()):
            if not driven.admitted.is_set():
                driven.stopping = True
                driven.token.cancel()
        await self._all_ended(seconds)
        for driven in list(self._driven.values()):
            driven.stopping = True
            driven.token.cancel()
        await self._all_ended(_END_S)
        await self._shop.book.leave(self._shop.worker)

    async def _all_ended(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=seconds)
