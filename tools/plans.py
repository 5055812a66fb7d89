"""What each plan gives: tokens, context and hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Limits of a plan, all but `hosts` in tokens."""

    token_cap: int
    daily_refill: int
    context_tokens: int
    hosts: int


PLANS: Mapping[str, Plan] = {
    "Anonymous": Plan(100_000, 25_000, 12_000, 5),
    "Free": Plan(100_000, 25_000, 12_000, 10),
    "Standard": Plan(200_000, 50_000, 12_000, 50),
    "Professional": Plan(750_000, 250_000, 32_000, 300),
    "Enterprise": Plan(2_000_000, 500_000, 64_000, 500),
}
