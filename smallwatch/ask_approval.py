"""Asks the person at the terminal before something is changed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import click

from agent.approval import Approval, ApprovalError, ApprovalGate

_EFFECTS = {"write": "changes what is watched", "intrusive": "acts on systems of others", "read": "reads"}

_NOBODY = "{} {}, so it needs the approval of a person, and there is no terminal to ask at; --yes allows it."


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a call may be made, who says so, and why not."""

    approve: bool
    by: str
    reason: str = ""


#: Answers a request.
Decide = Callable[[Approval], Awaitable[Answer]]


async def always(approval: Approval) -> Answer:
    """Allows everything: the user said so beforehand."""
    return Answer(True, "--yes")


async def nobody(approval: Approval) -> Answer:
    """Allows nothing: there is nobody to ask."""
    click.echo(_NOBODY.format(approval.tool, _EFFECTS[approval.effect]), err=True)
    return Answer(False, "no terminal", "it needs approval.")


async def at_terminal(approval: Approval) -> Answer:
    """Asks at the terminal; what was typed before the question does not count."""
    _forget_typed()
    click.echo(f"{approval.tool} {_EFFECTS[approval.effect]}: {approval.arguments}", err=True)
    click.echo("Allow it? [y/N] ", nl=False, err=True)
    answer = await _line()
    if answer is None:
        click.echo(err=True)
    return Answer((answer or "").strip().casefold() in ("y", "yes"), "terminal")


def at_a_terminal() -> bool:
    """Says whether there is somebody who can read a question and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


class Prompter:
    """Answers requests for approval one after another, beside the turn, whose clock stands still meanwhile."""

    def __init__(self, gate: ApprovalGate, decide: Decide) -> None:
        """Takes the gate, and who decides."""
        self._gate = gate
        self._decide = decide
        self._waiting: asyncio.Queue[Approval] = asyncio.Queue()

    def ask(self, approval: Approval) -> None:
        """Puts a request in the queue."""
        self._waiting.put_nowait(approval)

    async def work(self) -> None:
        """Answers for as long as it is not cancelled."""
        while True:
            approval = await self._waiting.get()
            answer = await self._decide(approval)
            try:
                self._gate.decide(approval.id, answer.approve, answer.by, answer.reason)
            except ApprovalError:
                # It expired, or the turn ended, while the person thought; the turn says so itself.
                continue


async def _line() -> str | None:
    """Reads a line from the terminal without a thread, so that a cancelled wait leaves nothing behind."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()
    descriptor = sys.stdin.fileno()

    def ready() -> None:
        data = os.read(descriptor, 4096)
        if not line.done():
            line.set_result(data.decode(errors="replace") if data else None)

    loop.add_reader(descriptor, ready)
    try:
        return await line
    finally:
        loop.remove_reader(descriptor)


def _forget_typed() -> None:
    try:
        import termios
    except ImportError:
        return
    termios.tcflush(sys.stdin, termios.TCIFLUSH)
