"""The plain words before TLS: asks an smtp, imap, pop3 or ftp server to go over to it."""

from __future__ import annotations

import asyncio
from typing import Final

from tools.checks.connection import Stream
from tools.errors import CheckFailed
from tools.records import StartTls

#: Ports where a server usually speaks plainly first.
USUAL_PORTS: Final[dict[int, StartTls]] = {21: "ftp", 25: "smtp", 110: "pop3", 143: "imap", 587: "smtp"}

_MOST_LINES: Final = 100
_SHOWN_CHARS: Final = 80


async def upgrade(stream: Stream, protocol: StartTls, helo: str = "localhost") -> None:
    """Speaks up to the point where the TLS handshake begins.

    Args:
        stream: A fresh connection.
        protocol: What the server speaks.
        helo: Name to greet an smtp server with.

    Raises:
        CheckFailed: The server speaks something else or offers no TLS.
    """
    if protocol == "imap":
        await _untagged(stream, "* OK", protocol)
        await _send(stream, "a STARTTLS")
        await _imap_done(stream)
    elif protocol == "pop3":
        await _untagged(stream, "+OK", protocol)
        await _send(stream, "STLS")
        await _untagged(stream, "+OK", protocol)
    else:
        await _reply(stream, "220", protocol)
        if protocol == "smtp":
            await _send(stream, f"EHLO {helo}")
            await _reply(stream, "250", protocol)
        await _send(stream, "STARTTLS" if protocol == "smtp" else "AUTH TLS")
        await _reply(stream, "220" if protocol == "smtp" else "234", protocol)


async def _send(stream: Stream, line: str) -> None:
    stream.writer.write(f"{line}\r\n".encode("ascii"))
    await stream.writer.drain()


async def _line(stream: Stream, protocol: StartTls) -> str:
    try:
        raw = await stream.reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise _unexpected("a line without end", protocol) from error
    return raw.decode("utf-8", errors="replace").strip()


async def _reply(stream: Stream, code: str, protocol: StartTls) -> None:
    """Reads a reply of smtp or ftp, whose last line has a space behind the code."""
    for _ in range(_MOST_LINES):
        line = await _line(stream, protocol)
        if line[:3].isdigit() and line[3:4] != "-":
            if line.startswith(code):
                return
            raise _unexpected(line, protocol)
    raise _unexpected("a reply without end", protocol)


async def _untagged(stream: Stream, start: str, protocol: StartTls) -> None:
    line = await _line(stream, protocol)
    if not line.upper().startswith(start):
        raise _unexpected(line, protocol)


async def _imap_done(stream: Stream) -> None:
    for _ in range(_MOST_LINES):
        line = await _line(stream, "imap")
        if line.upper().startswith("A OK"):
            return
        if not line.startswith("*"):
            raise _unexpected(line, "imap")
    raise _unexpected("a reply without end", "imap")


def _unexpected(line: str, protocol: StartTls) -> CheckFailed:
    shown = line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]}…"
    return CheckFailed(
        f"The server did not go over to TLS by starttls={protocol}, it answered {shown!r}; it offers no TLS"
        " there, or speaks another protocol."
    )
