"""On which terms a run works: fixed when it is asked for, and stored with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from settings.web import PlanSettings
from tools.registry import Effect
from web.accounts.people import PlanName
from web.ledger.wallets import Payer


@dataclass(frozen=True, slots=True)
class Terms:
    """Who pays, and what the plan allows.

    Attributes:
        owner: Names whose run it is.
        email: Their address; None of a visitor.
        plan: Their plan.
        payers: Who pays for it, the person's own wallet first.
        effects: Effects of the tools on offer.
        context: Tokens of the conversation that a model sees.
        hosts: Hosts that they may watch.
        runs: Runs that they may have at a time.
    """

    owner: str
    email: str | None
    plan: PlanName
    payers: tuple[Payer, ...]
    effects: tuple[Effect, ...]
    context: int
    hosts: int
    runs: int

    def as_dict(self) -> dict[str, Any]:
        """Returns them as JSON values."""
        return asdict(self)


def terms_of(
    owner: str, email: str | None, plan: PlanName, settings: PlanSettings, *shared: Payer, payer: str
) -> Terms:
    """Makes the terms of a plan.

    Args:
        owner: Whose they are.
        email: Their address, if they have an account.
        plan: Name of the plan.
        settings: What it gives.
        shared: Wallets that pay too.
        payer: Name of their own wallet.
    """
    own = Payer(payer, settings.cap, settings.refill)
    return Terms(
        owner, email, plan, (own, *shared), settings.tools, settings.context, settings.hosts, settings.runs
    )


def read_terms(values: dict[str, Any]) -> Terms:
    """Reads stored terms."""
    known: dict[str, Any] = dict(values)
    known["payers"] = tuple(Payer(**payer) for payer in values["payers"])
    known["effects"] = tuple(values["effects"])
    return Terms(**known)
