"""The agent's loop: one message of the user in, events out, until there is an answer or a limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from agent.agent import Agent
from agent.calls import CallRound
from agent.conversation import Conversation, Note
from agent.drafting import drafting
from agent.events import (
    Ending,
    Event,
    HistoryTrimmed,
    LimitReached,
    MalformedCall,
    StepStarted,
    TextDelta,
    ToolCallArgumentsDelta,
    ToolCallStarted,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from agent.limits import Budget, LimitName
from agent.replies import ReplyInProgress, reask
from agent.running import Runner, offered
from agent.stopping import CancelToken, Stop, Stopped
from providers.base import Message, ProviderError, ProviderIncomplete, ToolSpec

#: Seconds by which a reply may outlast the turn, so that it is the turn that ends first, with its own words.
_MARGIN_S = 1.0


async def run_turn(
    agent: Agent, conversation: Conversation, text: str, token: CancelToken | None = None
) -> AsyncGenerator[Event, None]:
    """Works on one message of the user.

    Nothing happens while the consumer does not ask for the next event, but that the model goes on writing.
    Closing the generator, or cancelling its task, ends the turn: what was written stays in the conversation,
    and every call has a result there.

    Args:
        agent: Who works, and how.
        conversation: Where; messages are added as they happen.
        text: What the user says.
        token: Ends the turn in order, with a last event, within a second.

    Yields:
        The events of `agent.events`.

    Raises:
        ConversationBusy: The conversation has a turn under way.
        StoreError: The conversation could not be stored.
    """
    with conversation.turn():
        await conversation.settle()
        await conversation.add(Message("user", text))
        turn = _Turn(agent, conversation, token)
        yield TurnStarted(conversation.id, agent.provider.name)
        try:
            async with aclosing(turn.events()) as events:
                async for event in events:
                    yield event
        except Stopped as stopped:
            await turn.keep_partial()
            if stopped.reason == "time":
                yield turn.limit_reached("time")
            yield turn.finished(stopped.reason)
        except ProviderError as error:
            await turn.keep_partial()
            kind = type(error).__name__
            yield TurnFailed(kind, str(error), error.retryable, turn.text, turn.budget.usage)
        finally:
            await turn.keep_partial()
            agent.gate.withdraw(conversation.id)


class _Turn:
    """One turn; `text` is what has come of the answer, `budget` what was used."""

    def __init__(self, agent: Agent, conversation: Conversation, token: CancelToken | None) -> None:
        self.text = ""
        self.budget = Budget(agent.limits)
        self._agent = agent
        self._conversation = conversation
        self._context = offered(agent.context, agent.read_only)
        self._stop = Stop(agent.limits.seconds, token)
        runner = Runner(self._context, agent.gate, conversation.id)
        self._calls = CallRound(runner, agent.gate, conversation, self.budget, self._stop)
        self._began = asyncio.get_running_loop().time()
        self._open: ReplyInProgress | None = None
        self._left_out = (0, 0)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Goes step by step until there is an answer or a limit."""
        specs = self._context.registry.specs()
        while (limit := self.budget.reached) is None:
            reply = ReplyInProgress()
            async with aclosing(self._ask(reply, specs)) as events:
                async for event in events:
                    yield event
            if not (reply.calls or reply.malformed):
                if self.text.strip():
                    await self._conversation.add(Message("assistant", self.text))
                yield self.finished(self._ending(reply))
                return
            async with aclosing(self._act(reply)) as events:
                async for event in events:
                    yield event
        yield self.limit_reached(limit)
        self.text = ""
        if limit not in ("tokens", "malformed"):
            reply = ReplyInProgress()
            async with aclosing(self._ask(reply, (), last_because=limit)) as events:
                async for event in events:
                    yield event
        note: Note = ""
        if not self.text.strip():
            self.text, note = f"I stopped before I could answer. {self.budget.words(limit)}", "agent"
            yield TextDelta(self.text)
        await self._conversation.add(Message("assistant", self.text), note)
        yield self.finished(limit)

    async def _ask(
        self, reply: ReplyInProgress, tools: Sequence[ToolSpec], last_because: LimitName | None = None
    ) -> AsyncGenerator[Event, None]:
        """Has the model make one reply; a last one is told why it is the last."""
        agent, budget = self._agent, self.budget
        request = agent.request(
            self._conversation.entries,
            max_tokens=budget.tokens_left,
            seconds=self._stop.seconds_left + _MARGIN_S,
            last_because=budget.words(last_because) if last_because else "",
        )
        trimmed = request.trimmed
        self._open, self.text = reply, ""
        reply.prompt_tokens = trimmed.tokens
        budget.steps += 1
        yield StepStarted(budget.steps, len(tools))
        if (trimmed.dropped, trimmed.shortened) != self._left_out:
            self._left_out = (trimmed.dropped, trimmed.shortened)
            yield HistoryTrimmed(trimmed.dropped, trimmed.shortened, trimmed.tokens)
        stream = agent.provider.stream(request.messages, tools, request.settings)
        async with (
            drafting(self._conversation, lambda: reply.text) as draft,
            aclosing(self._stop.items(stream)) as chunks,
        ):
            async for chunk in chunks:
                event = reply.add(chunk)
                if isinstance(event, TextDelta):
                    draft.grown()
                if event and (tools or not isinstance(event, ToolCallStarted | ToolCallArgumentsDelta)):
                    yield event
        if reply.finish is None:
            raise ProviderIncomplete("the model's reply ended without a finish reason; try again")
        self._close()
        yield UsageReported(reply.finish.usage, budget.usage, reply.finish.timing)

    async def _act(self, reply: ReplyInProgress) -> AsyncGenerator[Event, None]:
        """Answers the calls of a reply: the whole ones with results, the others with where they broke."""
        calls = [replace(chunk, call=self._conversation.named(chunk.call)) for chunk in reply.calls]
        content = self.text or (None if calls else reply.malformed[0].raw)
        await self._conversation.add(Message("assistant", content, tuple(chunk.call for chunk in calls)))
        asked_again = bool(reply.malformed) and self.budget.take_reask()
        for broken in reply.malformed:
            yield MalformedCall(broken.raw, broken.reason, broken.position, asked_again)
        if calls:
            async with aclosing(self._calls.answer(calls)) as events:
                async for event in events:
                    yield event
        if asked_again:
            await self._conversation.add(Message("user", reask(reply.malformed)), "reask")
        elif not calls:
            self.budget.stop("malformed")

    def _ending(self, reply: ReplyInProgress) -> Ending:
        if reply.finish is not None and reply.finish.reason == "length":
            return "length"
        return "answer" if self.text.strip() else "empty"

    def _close(self) -> None:
        """Counts the open reply."""
        if self._open is not None:
            self.text = self._open.text
            self.budget.add(self._open.usage(self._agent.count_tokens))
            self._open = None

    async def keep_partial(self) -> None:
        """Keeps what has come of a reply that was cut short."""
        if self._open is not None:
            self._close()
            if self.text.strip():
                await self._conversation.add(Message("assistant", self.text), "partial")

    def limit_reached(self, limit: LimitName) -> LimitReached:
        """Makes the event of a limit."""
        return LimitReached(limit, self.budget.words(limit))

    def finished(self, reason: Ending) -> TurnFinished:
        """Makes the last event."""
        seconds = asyncio.get_running_loop().time() - self._began
        return TurnFinished(reason, self.text, self.budget.usage, seconds)
