"""A model that is paid for: tokens are reserved before each step, and what is not used of them goes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from agent.canonical import canonical
from agent.history import MESSAGE_TOKENS, TokenCounter, estimate_tokens, message_tokens
from monitoring.database.errors import DatabaseUnavailable
from providers.base import (
    Chunk,
    Finish,
    Message,
    Provider,
    ProviderRejected,
    ProviderUnavailable,
    Settings,
    ToolSpec,
    Usage,
)
from web.ledger.ledger import NotEnough, StepKey
from web.ledger.price import PriceError, Tariff
from web.ledger.wallets import Payer

_log = logging.getLogger(__name__)

#: A reply that may not have so many tokens is not begun.
LEAST_REPLY = 32


class OutOfTokens(ProviderRejected):
    """The wallet does not hold what the next step needs."""

    def __init__(self, cause: NotEnough) -> None:
        """Says what is left, and what helps; `cause` has the numbers."""
        super().__init__(
            f"Your tokens do not suffice: {cause}. They are refilled at midnight UTC; TestLLM is free of charge."
        )
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Charge:
    """What a step was charged.

    Attributes:
        step: Its number in the run.
        tokens: Tokens of the plan.
        estimated: Whether the model's own count is missing.
    """

    step: int
    tokens: int
    estimated: bool


class StepLedger(Protocol):
    """What a meter needs of `web.ledger.ledger.Ledger`."""

    async def reserve(
        self, key: StepKey, payers: Sequence[Payer], wanted: int, least: int, worker: str
    ) -> int:
        """Takes tokens; see `Ledger.reserve`."""
        ...

    async def settle(self, key: StepKey, cost: int) -> int | None:
        """Charges a step; see `Ledger.settle`."""
        ...


class Meter:
    """Counts the steps of one run, and what they cost.

    Attributes:
        charged: Tokens charged so far.
    """

    def __init__(
        self,
        ledger: StepLedger,
        run: str,
        payers: Sequence[Payer],
        tariff: Tariff,
        worker: str,
    ) -> None:
        """Takes who pays for which run, by which tariff, and the process that drives it."""
        self.charged = 0
        self._ledger = ledger
        self._run = run
        self._payers = payers
        self._tariff = tariff
        self._worker = worker
        self._charges: list[Charge] = []
        self._step = 0
        self._prompt = 0
        self._pieces = 0
        self._settling: set[asyncio.Task[None]] = set()

    @property
    def free(self) -> bool:
        """Whether nothing is charged, so that nothing need be counted."""
        return self._tariff.free

    @property
    def streamed(self) -> tuple[StepKey, int] | None:
        """The step under way and what it has cost so far; None where none is, or where it costs nothing."""
        if self._tariff.free or not self._pieces:
            return None
        return self._key, self._cost_so_far()

    @property
    def _key(self) -> StepKey:
        return StepKey(self._run, self._step)

    def _cost_so_far(self) -> int:
        # Providers stream a token a piece; nothing before the first piece is charged.
        return self._tariff.cost(Usage(self._prompt, 0, self._pieces)) if self._pieces else 0

    async def begin(self, prompt_tokens: int, max_tokens: int) -> int:
        """Reserves the next step.

        Returns:
            Tokens that the reply may have.

        Raises:
            OutOfTokens: Too few are left.
            ProviderUnavailable: The ledger does not answer, so nothing may be spent.
        """
        self._step += 1
        self._prompt, self._pieces = prompt_tokens, 0
        if self._tariff.free:
            return max_tokens
        wanted = self._tariff.cost(Usage(prompt_tokens, 0, max_tokens))
        least = self._tariff.cost(Usage(prompt_tokens, 0, min(max_tokens, LEAST_REPLY)))
        reserving = asyncio.create_task(
            self._ledger.reserve(self._key, self._payers, wanted, least, self._worker)
        )
        try:
            granted = await asyncio.shield(reserving)
        except asyncio.CancelledError:
            self._settle_soon(self._give_back(self._key, reserving))
            raise
        except NotEnough as error:
            raise OutOfTokens(error) from error
        except DatabaseUnavailable as error:
            raise ProviderUnavailable("tokens cannot be counted just now; try again in a moment") from error
        return max(1, min(max_tokens, self._tariff.completion(granted, prompt_tokens)))

    def count_piece(self) -> None:
        """Counts a piece of the reply."""
        self._pieces += 1

    async def end(self, usage: Usage | None) -> None:
        """Settles the step: by the model's own count, or by what was streamed where there is none.

        The caller may be cancelled; the step is settled all the same.
        """
        if self._tariff.free:
            return
        cost, estimated = self._cost_so_far(), True
        try:
            if usage is not None:
                cost, estimated = self._tariff.cost(usage), usage.estimated
        except PriceError as error:
            _log.warning("run %s, step %d: %s; counted here instead", self._run, self._step, error)
        await asyncio.shield(self._settle_soon(self._settle(self._key, cost, estimated)))

    def _settle_soon(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        return task

    async def _give_back(self, key: StepKey, reserving: asyncio.Task[int]) -> None:
        """Gives back what was reserved for a step that was cancelled meanwhile."""
        try:
            await reserving
            await self._ledger.settle(key, 0)
        except (NotEnough, DatabaseUnavailable) as error:
            _log.info("run %s, step %d: nothing to give back: %s", key.run, key.step, error)

    async def _settle(self, key: StepKey, cost: int, estimated: bool) -> None:
        try:
            charged = await self._ledger.settle(key, cost)
        except DatabaseUnavailable as error:
            _log.warning("run %s, step %d is left to the sweeper: %s", key.run, key.step, error)
            return
        if charged is not None:
            self.charged += charged
            self._charges.append(Charge(key.step, charged, estimated))

    def take_charges(self) -> list[Charge]:
        """Returns the steps that were settled since the last time."""
        taken, self._charges = self._charges, []
        return taken

    async def finish(self) -> None:
        """Waits for what is being settled."""
        await asyncio.gather(*self._settling)


class MeteredProvider:
    """A provider whose replies are paid for, for one run."""

    def __init__(self, inner: Provider, meter: Meter, count: TokenCounter = estimate_tokens) -> None:
        """Puts a meter before a provider, which stays its maker's to close."""
        self.name = inner.name
        self._inner = inner
        self._meter = meter
        self._count = count

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        """Makes one reply; see `providers.base.Provider`.

        Raises:
            OutOfTokens: Too few tokens are left; the model was not asked.
            ProviderError: As the model raises it.
        """
        prompt = 0 if self._meter.free else prompt_tokens(messages, tools, self._count)
        allowed = await self._meter.begin(prompt, settings.max_tokens)
        usage: Usage | None = None
        chunks = cast(
            "AsyncGenerator[Chunk, None]",
            self._inner.stream(messages, tools, replace(settings, max_tokens=allowed)),
        )
        settled = False
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    if isinstance(chunk, Finish):
                        usage, settled = chunk.usage, True
                        await self._meter.end(usage)
                    else:
                        self._meter.count_piece()
                    yield chunk
        finally:
            if not settled:
                await self._meter.end(None)

    async def aclose(self) -> None:
        """Does nothing: the provider belongs to its maker."""


def prompt_tokens(messages: Sequence[Message], tools: Sequence[ToolSpec], count: TokenCounter) -> int:
    """Counts the tokens of a request, as far as they can be counted before the model does."""
    said = sum(message_tokens(message, count) for message in messages)
    shown = sum(
        MESSAGE_TOKENS + count(tool.name + tool.description + canonical(tool.parameters)) for tool in tools
    )
    return said + shown
