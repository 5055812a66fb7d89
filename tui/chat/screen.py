"""The conversation: what operators keep open all day."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.widget import Widget

from agent.conversation import ConversationBusy, StoreError
from providers.base import ProviderError
from tui.chat.approval_view import ApprovalView
from tui.chat.composer import Composer
from tui.chat.greeting import GREETING
from tui.chat.log import ChatLog
from tui.chat.parts import CallPart, Turn
from tui.chat.status import StatusBar
from tui.chat.stored import as_markdown
from tui.chat.turn_view import TurnView
from tui.keys import binding
from tui.page import Page
from tui.safe import line

if TYPE_CHECKING:
    from tui.chat.session import Session


class ChatScreen(Page):
    """A conversation, a place to write, and how things are.

    Attributes:
        mounted: Set once there is something to show a conversation in.
    """

    PLACE = "chat"
    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("stop", "Stop", show=True),
        binding("new", "New", show=True),
        binding("retry", "Retry", show=True),
        binding("edit_last", "Edit last"),
        # Terminals send alt and a letter as a key that could be written, so these come before the composer.
        binding("copy_answer", "Copy answer", show=True, priority=True),
        binding("copy_call", "Copy call", priority=True),
        binding("copy_conversation", "Copy conversation", priority=True),
        binding("fold", "Fold", show=True),
        binding("approval", "To the question"),
        binding("page_up", "Page up", priority=True),
        binding("page_down", "Page down", priority=True),
        binding("first", "To the beginning", priority=True),
        binding("last", "To the end", priority=True),
    ]

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self.mounted = asyncio.Event()

    def on_mount(self) -> None:
        """Says that there is something to show a conversation in."""
        # The composer is inside a container, which is mounted after the screen itself.
        self.call_after_refresh(self.mounted.set)

    def content(self) -> ComposeResult:
        """The conversation, the status and the composer."""
        yield ChatLog(Content(GREETING))
        yield StatusBar()
        with Vertical(id="ask"):
            yield Composer()

    @property
    def log_view(self) -> ChatLog:
        """The conversation."""
        return self.query_one(ChatLog)

    @property
    def session(self) -> Session | None:
        """What is talked about; None until the conversations' file is open."""
        return self.owner.session

    async def show_session(self) -> None:
        """Shows the conversation of the session from its end."""
        session = self.session
        if session is None or not self.is_running:
            return
        await self.log_view.show(session.turns)
        self.query_one(Composer).remember([turn.question for turn in session.turns])
        self.refresh_status()

    def refresh_status(self, doing: str = "") -> None:
        """Shows how things are."""
        session = self.session
        try:
            status = self.query_one(StatusBar)
        except NoMatches:
            return
        if session is not None:
            self.say(session.title)
            doing = doing or self._doing(session)
            status.show(self.owner.slot, session.meter, self.owner.account, doing)

    def _doing(self, session: Session) -> str:
        waiting = sum(part.approval is not None for turn in session.turns[-1:] for part in turn.calls)
        if waiting:
            return "waits for your answer"
        return "writing" if session.running else ""

    async def on_composer_sent(self, message: Composer.Sent) -> None:
        """Asks what was written, unless a turn is under way."""
        session = self.session
        if session is not None and session.running:
            self.query_one(Composer).put(message.text)
            self.notify("Wait for the answer, or stop it.", severity="warning", markup=False)
            return
        self.ask(message.text)

    @work(group="turn")
    async def ask(self, question: str) -> None:
        """Has the model work on a question; what fails before it is stored goes back to the composer."""
        from agent.events import ApprovalRequested, TextDelta, TurnFailed

        self.refresh_status("getting ready")
        try:
            session, network = await self.owner.ready()
            provider = await self.owner.slot.get()
        except ProviderError as error:
            self._give_back(question, str(error))
            return
        view: TurnView | None = None
        try:
            async for turn, event in session.ask(question, provider, network.context):
                if view is None:
                    view = await self._begin(turn)
                await view.changed()
                if isinstance(event, ApprovalRequested):
                    self.call_after_refresh(self._ask_approval)
                if isinstance(event, TurnFailed) and event.retryable:
                    self.notify("Trying again may help: retry.", markup=False)
                if not isinstance(event, TextDelta) or not session.meter.tokens_out % 8:
                    self.refresh_status()
        except (StoreError, ConversationBusy) as error:
            self._give_back(question, str(error))
        finally:
            if view is not None and self.is_attached:
                await view.changed()
            self.refresh_status()
        await self.owner.turn_over()

    async def _begin(self, turn: Turn) -> TurnView:
        view = await self.log_view.add(turn)
        session = self.session
        if session is not None:
            self.query_one(Composer).remember([each.question for each in session.turns])
        return view

    def _give_back(self, question: str, problem: str) -> None:
        composer = self.query_one(Composer)
        if not composer.text:
            composer.put(question)
        self.notify(line(problem, 400), severity="error", timeout=10, markup=False)
        self.refresh_status()

    def _ask_approval(self) -> None:
        """Goes to the question, unless the user is writing: what is typed must never answer it."""
        if not self.query_one(Composer).text:
            self.action_approval()

    def action_approval(self) -> None:
        """Goes to the question that waits for an answer."""
        if any(view.ask() for view in self.query(ApprovalView)):
            self.log_view.anchor()

    def on_approval_view_decided(self, message: ApprovalView.Decided) -> None:
        """Passes the answer on."""
        session = self.session
        if session is not None and (problem := session.decide(message.approval, message.choice)):
            self.notify(f"Too late: {problem}.", severity="warning", markup=False)
        self.query_one(Composer).focus()

    def action_stop(self) -> None:
        """Ends the turn; what came of it is kept."""
        session = self.session
        if session is not None and session.stop():
            self.notify("Stopping.", timeout=2, markup=False)
        self.query_one(Composer).focus()

    async def action_new(self) -> None:
        """Begins another conversation."""
        session = self._idle()
        if session is not None:
            session.new()
            await self.show_session()
            self.query_one(Composer).focus()

    async def action_retry(self) -> None:
        """Asks the last question again, in its place."""
        question = await self._rewind()
        if question is not None:
            self.ask(question)

    async def action_edit_last(self) -> None:
        """Takes the last question back into the composer."""
        question = await self._rewind()
        if question is not None:
            composer = self.query_one(Composer)
            composer.put(question)
            composer.focus()

    async def _rewind(self) -> str | None:
        session = self._idle()
        if session is None:
            return None
        try:
            question = await session.rewind()
        except StoreError as error:
            self.notify(line(str(error), 400), severity="error", markup=False)
            return None
        if question is None:
            self.notify("There is no question yet.", severity="warning", markup=False)
            return None
        await self.show_session()
        return question

    def _idle(self) -> Session | None:
        session = self.session
        if session is None:
            return None
        if session.running:
            self.notify("Wait for the answer, or stop it.", severity="warning", markup=False)
            return None
        return session

    def action_copy_answer(self) -> None:
        """Copies the last answer."""
        answers = [turn.answer for turn in self._turns() if turn.answer]
        self._copy("answer", answers[-1] if answers else "")

    def action_copy_call(self) -> None:
        """Copies the last call as JSON, or the one whose line has the focus, with its result."""
        focused = self._focused_call()
        calls = [focused] if focused else [part for turn in self._turns() for part in turn.calls]
        self._copy("call", calls[-1].raw() if calls else "")

    def action_copy_conversation(self) -> None:
        """Copies all of it as Markdown."""
        session = self.session
        self._copy("conversation", as_markdown(session.title, session.turns) if session else "")

    def _copy(self, what: str, text: str) -> None:
        if not text.strip():
            self.notify(f"There is no {what} to copy.", severity="warning", markup=False)
            return
        self.owner.copy_to_clipboard(text)
        self.notify(f"Copied the {what}: {len(text):,} characters.", timeout=3, markup=False)

    def _turns(self) -> list[Turn]:
        return self.session.turns if self.session else []

    def _focused_call(self) -> CallPart | None:
        from tui.chat.call_view import CallView

        node = self.focused
        while node is not None and not isinstance(node, CallView):
            parent = node.parent
            node = parent if isinstance(parent, Widget) else None
        return node.part if node is not None else None

    def action_fold(self) -> None:
        """Opens all that folds, or closes it where most is open."""
        from tui.chat.fold import Fold

        folds = list(self.query(Fold))
        opened = sum(fold.is_open for fold in folds) * 2 < max(1, len(folds))
        self.log_view.fold_all(opened)

    def action_page_up(self) -> None:
        """Goes back a page."""
        self.log_view.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        """Goes on a page."""
        self.log_view.scroll_page_down(animate=False)

    def action_first(self) -> None:
        """Goes to the beginning."""
        self.log_view.scroll_home(animate=False)

    def action_last(self) -> None:
        """Goes to the end, and follows it."""
        self.log_view.anchor()
