"""What `smallwatch ask` shows: the answer on standard output, all that leads to it on standard error."""

from __future__ import annotations

import json
from typing import Protocol

import click

from agent.events import (
    CallRejected,
    Event,
    HistoryTrimmed,
    LimitReached,
    MalformedCall,
    ModelQueued,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolRunning,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    event_dict,
)
from providers.base import ToolCall
from tools.results import harmless

_LONGEST = 400


class View(Protocol):
    """Shows a turn while it goes on."""

    def show(self, event: Event) -> None:
        """Shows an event."""
        ...

    def close(self) -> None:
        """Ends what is shown."""
        ...


class JsonLines:
    """Prints each event as one JSON object a line."""

    def show(self, event: Event) -> None:
        """Prints an event; in ASCII, so that a terminal obeys nothing of it."""
        click.echo(json.dumps(event_dict(event)))

    def close(self) -> None:
        """Does nothing: every line is whole."""


class Words:
    """Prints the answer as it comes, and a line about each call."""

    def __init__(self, quiet: bool) -> None:
        """Shows the answer alone where `quiet`."""
        self._quiet = quiet
        self._open = False
        self._conversation = ""

    def show(self, event: Event) -> None:
        """Prints what there is to see of an event."""
        match event:
            case TextDelta(text):
                # What comes from a model or the network must not reach the terminal alive.
                self._say(harmless(text))
            case StepStarted():
                self.close()
            case TurnStarted(conversation=conversation):
                self._conversation = conversation
            case TurnFailed(message=message):
                self._note(f"Error: {message}", always=True)
            case TurnFinished(usage=usage, seconds=seconds):
                about = "about " if usage.estimated else ""
                go_on = f"go on with --conversation {self._conversation[:8]}"
                self._note(f"{about}{usage.completion_tokens} tokens, {seconds:.1f} s; {go_on}")
            case _:
                if line := _line(event):
                    self._note(line)

    def _say(self, text: str) -> None:
        if text:
            click.echo(text, nl=False)
            self._open = not text.endswith("\n")

    def _note(self, text: str, always: bool = False) -> None:
        self.close()
        if always or not self._quiet:
            plain = " ".join(harmless(text).split())
            shown = plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
            click.echo(shown if always else click.style(shown, dim=True), err=True)

    def close(self) -> None:
        """Ends the line of the answer."""
        if self._open:
            click.echo()
            self._open = False


def _line(event: Event) -> str:
    """Says in a line what became of a call or a limit; nothing of other events."""
    match event:
        case ModelQueued(position, wait_s):
            return f"… waiting for the model: number {position} in the queue, about {wait_s:.0f} s"
        case ToolRunning(call):
            return f"→ {call_text(call)}"
        case ToolFinished(result=result, seconds=seconds):
            return f"{'✓' if result.success else '✗'} {result.message} ({seconds:.1f} s)"
        case CallRejected(result=result):
            return f"✗ {result.message}"
        case MalformedCall(reason=reason, asked_again=asked_again):
            again = "; it is asked to write it again" if asked_again else ""
            return f"✗ the model wrote a call that cannot be read: {reason}{again}"
        case HistoryTrimmed(dropped=dropped, shortened=shortened):
            return f"… the model does not see {dropped} older messages; {shortened} results are cut"
        case LimitReached(message=message):
            return f"✗ {message}"
        case _:
            return ""


def call_text(call: ToolCall) -> str:
    """Writes a call as people read it."""
    given = ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.arguments.items()
    )
    return f"{call.name}({given})"
