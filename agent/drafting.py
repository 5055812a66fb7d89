"""Keeps the answer safe while it is being written: its text so far goes to the store, a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from agent.conversation import Conversation, StoreError

#: Seconds between two saves at least; so much of an answer may be lost with its process.
PAUSE_S = 0.2


class Drafting:
    """Saves a text whenever it has grown."""

    def __init__(self, conversation: Conversation, text: Callable[[], str]) -> None:
        """Takes where to, and what gives the text so far."""
        self._conversation = conversation
        self._text = text
        self._grown = asyncio.Event()

    def grown(self) -> None:
        """Notes that there is more text."""
        self._grown.set()

    async def work(self) -> None:
        """Saves for as long as it is not cancelled.

        Raises:
            StoreError: The text could not be stored.
        """
        while True:
            await self._grown.wait()
            self._grown.clear()
            await self._conversation.draft(self._text())
            await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def drafting(conversation: Conversation, text: Callable[[], str]) -> AsyncGenerator[Drafting]:
    """Saves a growing text in the background, beside whoever reads the stream.

    The last piece is not saved at the end: what comes of the answer is a message then, which replaces it.

    Raises:
        StoreError: The text could not be stored.
    """
    draft = Drafting(conversation, text)
    task = asyncio.create_task(draft.work())
    try:
        yield draft
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled() and isinstance(error := task.exception(), StoreError):
        raise error
