"""The gate before tools that change something: outside the model, opened by a person, for one call, once."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.audit import AuditAction, AuditRecord, AuditSink
from agent.canonical import canonical
from tools.registry import Effect

Verdict = Literal["approved", "denied", "expired", "withdrawn"]

#: Seconds that people have to decide, and that an approval may then be used.
DEFAULT_TTL_S = 120.0


class ApprovalError(Exception):
    """There is no approval that fits; the message says why."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person is asked to allow.

    Attributes:
        id: Unguessable; names the request.
        conversation: The only conversation that it is good for.
        tool: The only tool.
        arguments: The only arguments, as canonical JSON.
        effect: What the tool does.
        ttl_s: Seconds until an unanswered request expires.
    """

    id: str
    conversation: str
    tool: str
    arguments: str
    effect: Effect
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Decision:
    """How a request ended; `reason` is why it was denied, where whoever denied it said so."""

    verdict: Verdict
    reason: str = ""


@dataclass(slots=True)
class _Entry:
    """An approval under way; `deadline` is on the gate's clock."""

    approval: Approval
    deadline: float
    decided: asyncio.Event
    verdict: Verdict | None = None
    reason: str = ""


class ApprovalGate:
    """Holds the approvals that are asked for, given and not used yet."""

    def __init__(
        self, audit: AuditSink, ttl_s: float = DEFAULT_TTL_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Starts with none.

        Args:
            audit: Takes a record of every decision before it counts.
            ttl_s: Seconds until a request expires, and again until an approval does.
            monotonic: A clock in seconds that never goes back.
        """
        self._audit = audit
        self._ttl_s = ttl_s
        self._monotonic = monotonic
        self._entries: dict[str, _Entry] = {}

    def request(self, conversation: str, tool: str, arguments: Mapping[str, Any], effect: Effect) -> Approval:
        """Asks for leave to make one call."""
        written = canonical(arguments)
        approval = Approval(secrets.token_hex(16), conversation, tool, written, effect, self._ttl_s)
        self._note("requested", approval, by="model")
        self._entries[approval.id] = _Entry(approval, self._monotonic() + self._ttl_s, asyncio.Event())
        return approval

    def pending(self, conversation: str) -> tuple[Approval, ...]:
        """Returns the requests of a conversation that nobody has answered yet."""
        now = self._monotonic()
        return tuple(
            entry.approval
            for entry in self._entries.values()
            if entry.verdict is None and now < entry.deadline and entry.approval.conversation == conversation
        )

    def decide(self, approval_id: str, approve: bool, by: str, reason: str = "") -> Verdict:
        """Answers a request.

        Args:
            approval_id: Which one.
            approve: Whether the call may be made.
            by: Who says so, for the audit log.
            reason: Why it is denied, in a sentence for the model and the audit log.

        Returns:
            The verdict; `expired` if it comes too late.

        Raises:
            ApprovalError: There is no such request, or it has been answered.
        """
        entry = self._entries.get(approval_id)
        if entry is None or entry.verdict is not None:
            raise ApprovalError("there is no such open request: it was answered, used or withdrawn")
        if self._monotonic() >= entry.deadline:
            return self._settle(entry, "expired", "gate")
        return self._settle(entry, "approved" if approve else "denied", by, reason)

    async def verdict(self, approval_id: str) -> Verdict:
        """Waits until a request is answered or expires.

        Raises:
            ApprovalError: There is no such request.
        """
        return (await self.decision(approval_id)).verdict

    async def decision(self, approval_id: str) -> Decision:
        """Waits until a request is answered or expires, and says why too.

        Raises:
            ApprovalError: There is no such request.
        """
        entry = self._entries.get(approval_id)
        if entry is None:
            raise ApprovalError("there is no such request")
        try:
            async with asyncio.timeout(max(0.0, entry.deadline - self._monotonic())):
                await entry.decided.wait()
        except TimeoutError:
            if entry.verdict is None:
                self._settle(entry, "expired", "gate")
        # Answered in the very moment in which time was up: the answer counts.
        verdict = entry.verdict or "expired"
        if verdict != "approved":
            self._entries.pop(approval_id, None)
        return Decision(verdict, entry.reason)

    def redeem(
        self, approval_id: str, conversation: str, tool: str, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Uses an approval up, just before its call is run.

        Returns:
            The arguments that were approved; these are what may run.

        Raises:
            ApprovalError: It is unknown, used, not granted, expired, or for another call.
        """
        written = canonical(arguments)
        entry = self._entries.get(approval_id)
        effect = entry.approval.effect if entry else None
        reason = self._objection(entry, (conversation, tool, written))
        action: AuditAction = "refused" if reason else "used"
        self._audit(AuditRecord(action, approval_id, conversation, tool, written, effect, "gate", reason))
        if reason:
            raise ApprovalError(reason)
        del self._entries[approval_id]
        return json.loads(written)

    def _objection(self, entry: _Entry | None, call: tuple[str, str, str]) -> str:
        if entry is None:
            return "it was used already, or never asked for"
        if entry.verdict != "approved":
            return "it was not granted"
        if self._monotonic() >= entry.deadline:
            return "it has expired"
        leave = entry.approval
        same = call == (leave.conversation, leave.tool, leave.arguments)
        return "" if same else "it is for another call"

    def withdraw(self, conversation: str) -> None:
        """Ends all that is open in a conversation, whose turn is over; answers come too late from now on."""
        for entry in [e for e in self._entries.values() if e.approval.conversation == conversation]:
            if entry.verdict in (None, "approved"):
                self._settle(entry, "withdrawn", "gate")
            del self._entries[entry.approval.id]

    def _settle(self, entry: _Entry, verdict: Verdict, by: str, reason: str = "") -> Verdict:
        self._note(verdict, entry.approval, by, reason)
        entry.verdict, entry.reason = verdict, reason
        # Calls of one reply wait for each other's verdicts, so the time to use an approval begins with it.
        entry.deadline = self._monotonic() + self._ttl_s
        entry.decided.set()
        return verdict

    def _note(self, action: AuditAction, what: Approval, by: str, reason: str = "") -> None:
        self._audit(
            AuditRecord(
                action, what.id, what.conversation, what.tool, what.arguments, what.effect, by, reason
            )
        )
