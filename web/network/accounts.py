"""The account in use, as tools tell of it."""

from __future__ import annotations

from tools.backend import Hosts
from tools.records import Account, HostFilter, UsageDay
from web.quota import Quotas
from web.runs.terms import Terms

_DAYS = 30


class ToolAccounts:
    """Implements `tools.backend.Accounts` for one person."""

    def __init__(self, quotas: Quotas, terms: Terms, hosts: Hosts) -> None:
        """Takes who knows the quota, whose, and their hosts."""
        self._quotas = quotas
        self._terms = terms
        self._hosts = hosts

    async def current(self) -> Account:
        """Returns the account, with its balance of now."""
        terms = self._terms
        quota = await self._quotas.of_terms(terms)
        usage = await self._quotas.usage(terms, _DAYS)
        return Account(
            logged_in=terms.email is not None,
            email=terms.email,
            plan=terms.plan.capitalize(),
            tokens=quota.balance,
            hosts_used=len(await self._hosts.find(HostFilter())),
            host_limit=terms.hosts,
            token_cap=quota.cap,
            daily_refill=quota.daily_refill,
            context_tokens=terms.context,
            usage=tuple(UsageDay(day.date, day.tokens) for day in usage),
        )
