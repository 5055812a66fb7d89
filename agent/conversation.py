"""A conversation: its messages, saved as they happen, with every call answered."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from providers.base import Message, ToolCall
from tools.results import failed

#: `partial`: the answer was cut short. `reask`: the agent's words to the model, not the user's.
#: `agent`: the agent's words to the user, not the model's.
Note = Literal["", "partial", "reask", "agent"]

_UNKNOWN_OUTCOME = (
    "The call was interrupted, so its result is not known: it may have been carried out or not. "
    "Look before you call it again."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, and what is special about it."""

    message: Message
    note: Note = ""


class Recorder(Protocol):
    """Keeps a conversation's messages, and what has come of the answer that is being written."""

    async def save(self, conversation: str, position: int, entry: Entry) -> None:
        """Stores the message at a position, counted from 0; it survives the process once this returns.

        Cancelling the wait does not undo it.

        Raises:
            StoreError: It could not be stored.
        """
        ...

    async def save_draft(self, conversation: str, position: int, text: str) -> None:
        """Stores what has come so far of the answer that will stand at a position.

        It survives the process once this returns; the message that is saved at the position replaces it.

        Raises:
            StoreError: It could not be stored.
        """
        ...


class StoreError(Exception):
    """A conversation could not be stored or read; the message says which, why, and what to do."""


class ConversationBusy(Exception):
    """A turn of this conversation is under way; wait for its end, or cancel it."""


class Conversation:
    """Messages in order; one turn at a time.

    Attributes:
        id: Names the conversation.
    """

    def __init__(
        self,
        id: str | None = None,
        entries: Iterable[Entry] = (),
        recorder: Recorder | None = None,
        draft: str = "",
    ) -> None:
        """Begins a conversation, or goes on with one.

        Args:
            id: Its name; a new one if None.
            entries: What has been said.
            recorder: Who stores what will be said; None to keep it in memory only.
            draft: What had come of an answer when its process died. It is the last entry, marked `partial`,
                and stored as such with the next one: until then its writer may still be at work.
        """
        self.id = id or secrets.token_hex(16)
        self._entries = list(entries)
        self._recorder = recorder
        self._saved = len(self._entries)
        if draft:
            self._entries.append(Entry(Message("assistant", draft), "partial"))
        self._busy = False
        self._call_ids = {call.id for entry in self._entries for call in entry.message.tool_calls}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that was said, in order."""
        return tuple(self._entries)

    @property
    def messages(self) -> list[Message]:
        """The messages, as a model takes them."""
        return [entry.message for entry in self._entries]

    async def add(self, message: Message, note: Note = "") -> None:
        """Appends a message and stores it.

        Raises:
            StoreError: It could not be stored; it is not part of the conversation then.
        """
        entry = Entry(message, note)
        self._entries.append(entry)
        if self._recorder is None:
            return
        # More than one where a draft was found.
        first, self._saved = self._saved, len(self._entries)
        try:
            for position in range(first, self._saved):
                await self._recorder.save(self.id, position, self._entries[position])
        except StoreError:
            # Cancelled is not failed: the store goes on, and the message stays.
            self._entries.remove(entry)
            self._saved = first
            raise

    async def draft(self, text: str) -> None:
        """Stores what has come so far of the answer that is being written.

        Raises:
            StoreError: It could not be stored.
        """
        if self._recorder is not None:
            await self._recorder.save_draft(self.id, len(self._entries), text)

    def named(self, call: ToolCall) -> ToolCall:
        """Returns a call with an id that no other call of the conversation has."""
        name, number = call.id, len(self._call_ids)
        while not name or name in self._call_ids:
            number += 1
            name = f"call_{number}"
        self._call_ids.add(name)
        return ToolCall(name, call.name, call.arguments)

    def unanswered(self) -> tuple[ToolCall, ...]:
        """Returns the calls of the last reply that have no result."""
        answered: set[str | None] = set()
        for entry in reversed(self._entries):
            if entry.message.role != "tool":
                return tuple(call for call in entry.message.tool_calls if call.id not in answered)
            answered.add(entry.message.tool_call_id)
        return ()

    async def settle(self) -> None:
        """Answers calls that were interrupted, so that each has a result."""
        content = failed(_UNKNOWN_OUTCOME).to_json()
        for call in self.unanswered():
            await self.add(Message("tool", content, tool_call_id=call.id))

    @contextmanager
    def turn(self) -> Generator[None]:
        """Reserves the conversation for one turn.

        Raises:
            ConversationBusy: There is one already.
        """
        if self._busy:
            raise ConversationBusy(f"a turn of conversation {self.id} is under way: wait, or cancel it")
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
