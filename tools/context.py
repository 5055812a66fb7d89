"""What every tool is handed: the network it works on, the time, and how much it may do."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.backend import Backend
from tools.clock import Clock
from tools.registry import Registry


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one call may take and give.

    Attributes:
        call_timeout_s: Seconds that a whole call may take; more than the longest `timeout_ms`.
        page_size: Rows of a page where the call names no number.
        max_bytes: Size of a result's JSON at most, in UTF-8. No tokenizer makes more tokens than bytes, so that
            bounds them for any model; of English they are about a third.
        max_rows: Rows of a list that has no pages.
    """

    call_timeout_s: float = 150.0
    page_size: int = 20
    max_bytes: int = 12_000
    max_rows: int = 50


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The surroundings of a call.

    Attributes:
        backend: The checks, hosts, agents, jobs and account that tools work on.
        clock: Gives the present time.
        registry: The tools that may be called.
        limits: How much one call may take and give.
    """

    backend: Backend
    clock: Clock
    registry: Registry
    limits: Limits = field(default_factory=Limits)
