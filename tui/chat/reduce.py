"""Events of the agent in, parts of a turn out. The same for a turn that runs and for none on the screen."""

from __future__ import annotations

from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallRejected,
    Event,
    HistoryTrimmed,
    LimitReached,
    MalformedCall,
    ReasoningDelta,
    StepStarted,
    TextDelta,
    ToolCallArgumentsDelta,
    ToolCallProposed,
    ToolCallStarted,
    ToolFinished,
    ToolRunning,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from tui.chat.parts import Answer, CallPart, Note, Thought, Turn

_ENDINGS = {
    "cancelled": "Stopped. What had come of the answer is kept.",
    "empty": "The model said nothing.",
    "length": "The answer was cut at the limit of tokens of one reply.",
}


class TurnReducer:
    """Brings a turn up to date, event by event."""

    def __init__(self, turn: Turn) -> None:
        """Takes the turn that is to be kept up to date."""
        self.turn = turn
        self._step = 0

    def apply(self, event: Event) -> None:
        """Takes the next event."""
        turn = self.turn
        match event:
            case TurnStarted():
                turn.running = True
            case StepStarted():
                self._step = event.step
                self._close()
            case HistoryTrimmed():
                turn.parts.append(Note(_trimmed(event)))
            case TextDelta():
                self._answer().text += event.text
            case ReasoningDelta():
                self._thought().text += event.text
            case MalformedCall():
                self._unreadable(event)
            case LimitReached():
                turn.parts.append(Note(event.message, "warning"))
            case UsageReported():
                turn.usage = event.total
                self._close()
            case TurnFinished():
                self._end(event.reason, event)
                turn.seconds = event.seconds
            case TurnFailed():
                self._end("failed", event)
                turn.parts.append(Note(event.message, "error"))
            case _:
                self._call_event(event)

    def _call_event(self, event: Event) -> None:
        match event:
            case ToolCallStarted():
                self._close()
                self.turn.parts.append(CallPart(event.name, self._step, event.index))
            case ToolCallArgumentsDelta():
                self._at(event.index).written += event.text
            case ToolCallProposed():
                part = self._at(event.index, event.call.name)
                part.name, part.call, part.effect, part.state = (
                    event.call.name,
                    event.call,
                    event.effect,
                    "proposed",
                )
            case ApprovalRequested():
                part = self._of(event.call_id)
                part.state, part.approval = "waiting", event.approval
            case ApprovalDecided():
                part = self._of(event.call_id)
                part.state, part.approval = "proposed", None
            case ToolRunning():
                self._of(event.call.id).state = "running"
            case ToolFinished():
                part = self._of(event.call_id)
                part.state = "done" if event.result.success else "failed"
                part.result, part.seconds = event.result, event.seconds
            case CallRejected():
                part = self._of(event.call_id)
                part.state, part.result = "refused", event.result
            case _:
                pass

    def _end(self, reason: str, event: TurnFinished | TurnFailed) -> None:
        turn = self.turn
        was_open = isinstance(turn.parts[-1], Answer) and turn.parts[-1].streaming if turn.parts else False
        self._close()
        turn.running, turn.ending, turn.usage = False, reason, event.usage
        for part in turn.calls:
            if part.state not in ("done", "failed", "refused", "unreadable"):
                part.state, part.approval = "refused", None
        if reason in ("cancelled", "failed", "time") and was_open:
            last = turn.parts[-1]
            if isinstance(last, Answer):
                last.partial = True
        if reason in _ENDINGS:
            turn.parts.append(Note(_ENDINGS[reason], "warning"))

    def _close(self) -> None:
        """Ends what was being written."""
        for part in self.turn.parts[-2:]:
            if isinstance(part, Answer | Thought):
                part.streaming = False

    def _answer(self) -> Answer:
        last = self.turn.parts[-1] if self.turn.parts else None
        if isinstance(last, Answer) and last.streaming:
            return last
        self._close()
        part = Answer()
        self.turn.parts.append(part)
        return part

    def _thought(self) -> Thought:
        last = self.turn.parts[-1] if self.turn.parts else None
        if isinstance(last, Thought) and last.streaming:
            return last
        self._close()
        part = Thought()
        self.turn.parts.append(part)
        return part

    def _at(self, index: int, name: str = "") -> CallPart:
        """The call of this reply at a place; made where its beginning was not told."""
        for part in reversed(self.turn.calls):
            if part.step == self._step and part.index == index:
                return part
        self._close()
        part = CallPart(name, self._step, index)
        self.turn.parts.append(part)
        return part

    def _of(self, call_id: str) -> CallPart:
        for part in reversed(self.turn.calls):
            if part.call is not None and part.call.id == call_id:
                return part
        raise LookupError(f"no call {call_id} was proposed in this turn")

    def _unreadable(self, event: MalformedCall) -> None:
        for part in self.turn.calls:
            if part.step == self._step and part.state == "writing":
                part.state = "unreadable"
        words = "The model is asked again." if event.asked_again else "It is not asked again."
        self.turn.parts.append(Note(f"A call could not be read: {event.reason}. {words}", "warning"))


def _trimmed(event: HistoryTrimmed) -> str:
    parts: list[str] = []
    if event.dropped:
        parts.append(f"does not see the {event.dropped} oldest messages")
    if event.shortened:
        parts.append(f"sees only the beginning of {event.shortened} results")
    return (
        f"The conversation is long: the model {' and '.join(parts)}."
        if parts
        else "The model sees all again."
    )
