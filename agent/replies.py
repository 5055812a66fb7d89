"""One reply of the model, put together while it streams."""

from __future__ import annotations

from collections.abc import Sequence

from agent.events import (
    Event,
    ModelQueued,
    ReasoningDelta,
    TextDelta,
    ToolCallArgumentsDelta,
    ToolCallStarted,
)
from agent.history import TokenCounter
from providers.base import (
    Call,
    CallArguments,
    CallStart,
    Chunk,
    Finish,
    Malformed,
    Queued,
    Reasoning,
    Text,
    Usage,
)

#: Characters quoted before and after the place where a call broke.
_EXCERPT_CHARS = 60
_PLACES = 3


class ReplyInProgress:
    """Collects the chunks of a reply.

    Attributes:
        prompt_tokens: Tokens of the request, as counted here.
        calls: The calls that are whole.
        malformed: The attempts that could not be read.
        finish: The end, once it is there.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self.prompt_tokens = 0
        self.calls: list[Call] = []
        self.malformed: list[Malformed] = []
        self.finish: Finish | None = None
        self._text: list[str] = []
        self._unseen: list[str] = []

    @property
    def text(self) -> str:
        """What is visible of it so far."""
        return "".join(self._text)

    def add(self, chunk: Chunk) -> Event | None:
        """Takes the next chunk and returns the event to show at once, if there is one."""
        match chunk:
            case Queued(position, wait_s):
                return ModelQueued(position, wait_s)
            case Text(text):
                self._text.append(text)
                return TextDelta(text)
            case Reasoning(text):
                self._unseen.append(text)
                return ReasoningDelta(text)
            case CallStart(index, name):
                self._unseen.append(name)
                return ToolCallStarted(index, name)
            case CallArguments(index, text):
                self._unseen.append(text)
                return ToolCallArgumentsDelta(index, text)
            case Call():
                self.calls.append(chunk)
            case Malformed():
                self.malformed.append(chunk)
            case Finish():
                self.finish = chunk
        return None

    def usage(self, count: TokenCounter) -> Usage:
        """Returns the tokens of the reply: as reported at its end, else counted here."""
        if self.finish is not None:
            return self.finish.usage
        return Usage(self.prompt_tokens, 0, count(self.text) + count("".join(self._unseen)), estimated=True)


def reask(malformed: Sequence[Malformed]) -> str:
    """Tells the model where its calls broke, quoting a few characters around the place."""
    places = "; ".join(f"{m.reason}, at character {m.position}: {_place(m)!r}" for m in malformed[:_PLACES])
    return (
        f"Your tool call could not be read and was not run ({places}). "
        "Write the whole call again in the right form, or answer in words."
    )


def _place(malformed: Malformed) -> str:
    start = max(0, malformed.position - _EXCERPT_CHARS)
    before = malformed.raw[start : malformed.position]
    after = malformed.raw[malformed.position : malformed.position + _EXCERPT_CHARS]
    return f"{'…' if start else ''}{before}⟦here⟧{after}"
