"""Plans and quotas: what people have, what is left of it, and what would give them more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from settings.web import PlanSettings, PlansSettings
from tools.clock import Clock
from web.accounts.accounts import Accounts
from web.accounts.people import Account, Person, PlanName
from web.ledger.ledger import Ledger
from web.ledger.wallets import Payer, day_of, next_refill
from web.runs.events import QuotaUpdated
from web.runs.terms import Terms, terms_of
from web.security.addresses import wallet_name

_WARNING = 0.8
#: Names the wallet of all visitors together.
ALL_VISITORS = "anonymous"


class Offer(BaseModel):
    """What would give more tokens."""

    action: Literal["log-in", "install-agent", "upgrade"]
    plan: PlanName
    cap: int
    daily_refill: int
    hosts: int


class Quota(BaseModel):
    """What a person has.

    Attributes:
        plan: Their plan.
        cap: Tokens at most.
        balance: Tokens that can be spent.
        held: Tokens that running steps have reserved.
        used: What is missing to the cap, without what is held.
        used_today: Tokens charged since midnight, UTC.
        daily_refill: Tokens that each day adds, up to the cap.
        refill_at: When the next ones come.
        warning: Whether 80 % are used.
        context: Tokens of a conversation that a model sees.
        hosts: Hosts that can be watched.
        offers: What would give more.
    """

    plan: PlanName
    cap: int
    balance: int
    held: int
    used: int
    used_today: int
    daily_refill: int
    refill_at: datetime
    warning: bool
    context: int
    hosts: int
    offers: list[Offer]


class DayOfUse(BaseModel):
    """Tokens charged on a day, `YYYY-MM-DD` in UTC."""

    date: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """Knows the plans.

    Attributes:
        plans: What each plan gives.
        anonymous_daily: Tokens a day for all visitors together.
        key: Hides networks in the names of wallets.
    """

    plans: PlansSettings
    anonymous_daily: int
    key: bytes
    ledger: Ledger
    accounts: Accounts
    clock: Clock

    async def plan_of(self, account: Account | None) -> PlanName:
        """Which plan somebody is on."""
        if account is None:
            return "anonymous"
        if account.plan == "free" and await self.accounts.has_agent(account):
            return "agent"
        return account.plan

    def settings(self, plan: PlanName) -> PlanSettings:
        """What a plan gives."""
        found: PlanSettings = getattr(self.plans, plan)
        return found

    async def terms(self, person: Person) -> Terms:
        """On which terms a person's runs work; of nobody, those of a visitor from there."""
        if person.account is not None:
            return await self.terms_of_account(person.account)
        plan: PlanName = "anonymous"
        settings = self.settings(plan)
        shared = Payer(ALL_VISITORS, self.anonymous_daily, self.anonymous_daily)
        own = wallet_name(person.peer.address, self.key)
        return terms_of(person.owner or "", None, plan, settings, shared, payer=own)

    async def terms_of_account(self, account: Account) -> Terms:
        """On which terms an account's runs work."""
        plan = await self.plan_of(account)
        return terms_of(account.owner, account.email, plan, self.settings(plan), payer=account.owner)

    async def of(self, person: Person) -> Quota:
        """What a person has now."""
        return await self.of_terms(await self.terms(person))

    async def of_terms(self, terms: Terms) -> Quota:
        """What is left on these terms."""
        payer = terms.payers[0]
        balance = await self.ledger.balance(payer)
        free = balance.free
        for shared in terms.payers[1:]:
            free = min(free, (await self.ledger.balance(shared)).free)
        today = await self.ledger.charged_by_day(payer.name, 1)
        used = max(0, payer.cap - balance.free - balance.held)
        return Quota(
            plan=terms.plan,
            cap=payer.cap,
            balance=free,
            held=balance.held,
            used=used,
            used_today=today.get(day_of(self.clock()), 0),
            daily_refill=payer.refill,
            refill_at=next_refill(self.clock()),
            warning=free + balance.held <= payer.cap * (1 - _WARNING),
            context=terms.context,
            hosts=terms.hosts,
            offers=self._offers(terms.plan),
        )

    async def after_step(self, terms: Terms, charged: int, estimated: bool) -> QuotaUpdated:
        """What to tell a reader after a step was charged."""
        quota = await self.of_terms(terms)
        return QuotaUpdated(
            charged, estimated, quota.balance, quota.cap, quota.used, quota.refill_at, quota.warning
        )

    def _offers(self, plan: PlanName) -> list[Offer]:
        offers: list[Offer] = []
        if plan == "anonymous":
            offers.append(self._offer("log-in", "free"))
        if plan in ("anonymous", "free"):
            offers.append(self._offer("install-agent", "agent"))
        if plan != "professional":
            offers.append(self._offer("upgrade", "professional"))
        return offers

    def _offer(self, action: Literal["log-in", "install-agent", "upgrade"], plan: PlanName) -> Offer:
        settings = self.settings(plan)
        return Offer(
            action=action, plan=plan, cap=settings.cap, daily_refill=settings.refill, hosts=settings.hosts
        )

    async def usage(self, terms: Terms, days: int) -> Sequence[DayOfUse]:
        """Tokens charged on each of the last days, the oldest first; days without are left out."""
        found = await self.ledger.charged_by_day(terms.payers[0].name, days)
        return [
            DayOfUse(date=datetime.fromtimestamp(day * 86_400, UTC).date().isoformat(), tokens=tokens)
            for day, tokens in sorted(found.items())
        ]
