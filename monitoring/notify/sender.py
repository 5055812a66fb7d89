"""Sends one message by Apprise, in a thread: its services speak synchronously, and none of them may stop checks."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from monitoring.notify.words import Words
from tools.errors import Refused, ToolError
from tools.masking import mask_text
from tools.results import harmless

_THREADS: Final = 4
_LONGEST_S: Final = 60.0
_PROBLEM_CHARS: Final = 400


class NotSent(ToolError):
    """A message did not go out; the text says why, without secrets."""


class Sender:
    """Sends messages; to be closed."""

    def __init__(self) -> None:
        """Starts no thread yet."""
        self._threads = ThreadPoolExecutor(_THREADS, "notify")

    async def send(self, url: str, words: Words) -> None:
        """Sends a message.

        Args:
            url: An Apprise URL.
            words: What to say.

        Raises:
            NotSent: It did not go out.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_LONGEST_S):
                await loop.run_in_executor(self._threads, _send, url, words)
        except TimeoutError as error:
            raise NotSent("the service did not answer in time") from error

    def close(self) -> None:
        """Lets running messages end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def shown_url(url: str) -> str:
    """Writes an Apprise URL without its secrets.

    Raises:
        Refused: Apprise knows no such service, or the URL lacks something.
    """
    return str(_service(url).url(privacy=True)).partition("?")[0]


def _service(url: str) -> Any:
    # Some hundred services: loading them takes a while, and most runs tell nobody.
    import apprise

    with _Listener():
        made: Any = apprise.Apprise
        service: Any = made.instantiate(url, suppress_exceptions=True)
    if service is None:
        scheme = url.partition("://")[0][:20] if "://" in url else ""
        named = f" with {scheme}://" if scheme else ""
        raise Refused(
            f"This URL{named} is none that Apprise can send to: see https://github.com/caronc/apprise/wiki for"
            " how to write one."
        )
    return service


def _send(url: str, words: Words) -> None:
    try:
        service = _service(url)
    except Refused as error:
        raise NotSent(str(error)) from error
    with _Listener() as heard:
        sent = service.notify(body=words.body, title=words.title)
    if not sent:
        problem = harmless(mask_text("; ".join(heard.lines) or "the service did not take it"))
        raise NotSent(problem[:_PROBLEM_CHARS])


class _Listener(logging.Handler):
    """Hears what Apprise says about failures, in this thread; it tells them to its log only."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line of this thread."""
        if record.thread == self._thread:
            self.lines.append(record.getMessage())

    def __enter__(self) -> _Listener:
        logger = logging.getLogger("apprise")
        # What it logs may name secrets of the URL.
        logger.propagate = False
        logger.addHandler(self)
        return self

    def __exit__(self, *exception: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
