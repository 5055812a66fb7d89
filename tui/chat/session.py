"""A conversation and who works on it, apart from how it looks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from agent.approval import Approval, ApprovalError, ApprovalGate
from agent.conversation import Conversation
from agent.events import ApprovalRequested, Event
from agent.loop import run_turn
from agent.stopping import CancelToken
from tui.chat.meter import Meter
from tui.chat.parts import Turn
from tui.chat.reduce import TurnReducer
from tui.chat.stored import turns_of

if TYPE_CHECKING:
    from agent.store import ConversationStore
    from providers.info import DescribedProvider
    from tools.context import ToolContext
    from tui.chat.approval_view import Choice
    from tui.services import MakeAgent

_PERSON, _ALWAYS = "the user, at the terminal", "the user, for the whole conversation"


class Session:
    """The conversation on the screen.

    Attributes:
        conversation: What is stored.
        turns: What is shown.
        title: What it is called; empty before it has a question.
        meter: Counts its tokens.
        always: Tools that the user has allowed for the whole conversation.
    """

    def __init__(self, store: ConversationStore, gate: ApprovalGate, make_agent: MakeAgent) -> None:
        """Begins a conversation."""
        self._store = store
        self._gate = gate
        self._make_agent = make_agent
        self._token: CancelToken | None = None
        self.meter = Meter()
        self.new()

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self._token is not None

    def new(self) -> None:
        """Begins another conversation."""
        self._take(self._store.new(), "")

    async def open(self, conversation: str, title: str = "") -> None:
        """Goes on with a stored conversation, called by its title or else by its first question.

        Raises:
            StoreError: There is none, or it cannot be read.
        """
        self._take(await self._store.load(conversation), title)
        if not self.title and self.turns:
            self.title = self.turns[0].question

    def _take(self, conversation: Conversation, title: str) -> None:
        self.conversation = conversation
        self.turns = turns_of(conversation.entries)
        self.title = title
        self.always: set[str] = set()
        self.meter.reset()

    async def ask(
        self, question: str, provider: DescribedProvider, context: ToolContext
    ) -> AsyncGenerator[tuple[Turn, Event], None]:
        """Has a model work on a question.

        Yields:
            The turn, brought up to date, after each event.

        Raises:
            ConversationBusy: A turn is under way.
            StoreError: The conversation cannot be stored.
        """
        turn = Turn(question, running=True, model=provider.info.name)
        agent = self._make_agent(provider, context, self._gate)
        reducer = TurnReducer(turn)
        self._token = CancelToken()
        try:
            async with aclosing(run_turn(agent, self.conversation, question, self._token)) as events:
                async for event in events:
                    if turn not in self.turns:
                        self.turns.append(turn)
                        self.title = self.title or question
                    self._allow(event)
                    reducer.apply(event)
                    self.meter.apply(event)
                    yield turn, event
        finally:
            turn.running = False
            self._token = None

    def stop(self) -> bool:
        """Ends the turn that is under way; what came of it is kept. Says whether there was one."""
        if self._token is None:
            return False
        self._token.cancel()
        return True

    def decide(self, approval: Approval, choice: Choice) -> str:
        """Answers a question for approval; returns why it came too late, or nothing.

        `always` holds for the tool, whatever its arguments, until another conversation is opened.
        """
        try:
            verdict = self._gate.decide(approval.id, choice != "no", _PERSON)
        except ApprovalError as error:
            return str(error)
        if verdict == "expired":
            return "it was not answered in time"
        if choice == "always":
            self.always.add(approval.tool)
            for other in self._gate.pending(self.conversation.id):
                if other.tool == approval.tool:
                    self._gate.decide(other.id, True, _ALWAYS)
        return ""

    def _allow(self, event: Event) -> None:
        if isinstance(event, ApprovalRequested) and event.approval.tool in self.always:
            self._gate.decide(event.approval.id, True, _ALWAYS)

    async def rewind(self) -> str | None:
        """Goes back to before the last question, in a copy; the former version stays in the history.

        Returns:
            The question; None where there is none.

        Raises:
            StoreError: The copy cannot be stored.
        """
        entries = self.conversation.entries
        asked = [
            place
            for place, entry in enumerate(entries)
            if entry.message.role == "user" and entry.note != "reask"
        ]
        if not asked or self.running:
            return None
        question = entries[asked[-1]].message.content or ""
        former, title, always = self.conversation.id, self.title, self.always
        copy = self._store.new()
        for entry in entries[: asked[-1]]:
            await copy.add(entry.message, entry.note)
        await self._store.rename(former, f"Before a retry: {title}")
        self._take(copy, title if asked[:-1] else "")
        self.always = always
        if asked[:-1]:
            await self._store.rename(copy.id, title)
        return question
