"""All that is kept of an account, as JSON values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.tables import hosts, incidents, owners
from tools.results import plain
from web.accounts.people import Account
from web.database.store import Store
from web.database.tables import (
    api_tokens,
    conversations,
    identities,
    ledger,
    messages,
    runs,
    sessions,
    tool_calls,
    wallets,
)


async def export(store: Store, account: Account) -> dict[str, Any]:
    """Collects what is kept of an account; hashes of secrets are left out, since they are of no use to it."""
    mine = select(owners.c.id).where(owners.c.name == account.owner).scalar_subquery()
    own_hosts = select(hosts.c.id).where(hosts.c.owner_id == mine)
    own_talks = select(conversations.c.id).where(conversations.c.owner == account.owner)
    queries = {
        "identities": select(identities).where(identities.c.account_id == account.id),
        "sessions": select(
            sessions.c.number, sessions.c.kind, sessions.c.origin, sessions.c.user_agent,
            sessions.c.created, sessions.c.seen, sessions.c.expires,
        ).where(sessions.c.account_id == account.id),
        "tokens": select(
            api_tokens.c.id, api_tokens.c.name, api_tokens.c.start, api_tokens.c.created, api_tokens.c.used
        ).where(api_tokens.c.account_id == account.id),
        "wallet": select(wallets).where(wallets.c.payer == account.owner),
        "ledger": select(ledger).where(ledger.c.payer == account.owner).order_by(ledger.c.id),
        "conversations": select(conversations).where(conversations.c.owner == account.owner),
        "messages": select(messages)
        .where(messages.c.conversation.in_(own_talks))
        .order_by(messages.c.conversation, messages.c.position),
        "runs": select(
            runs.c.id, runs.c.conversation, runs.c.model, runs.c.text, runs.c.state, runs.c.charged,
            runs.c.created, runs.c.started, runs.c.ended,
        ).where(runs.c.owner == account.owner),
        "tool_calls": select(tool_calls).where(tool_calls.c.owner == account.owner),
        "hosts": select(hosts).where(hosts.c.owner_id == mine).order_by(hosts.c.id),
        "incidents": select(incidents).where(incidents.c.host_id.in_(own_hosts)).order_by(incidents.c.id),
    }  # fmt: skip
    found: dict[str, Any] = {"account": plain(account)}
    async with store.reading() as connection:
        for name, query in queries.items():
            found[name] = await _rows(connection, query)
    return found


async def _rows(connection: AsyncConnection, query: Any) -> list[Any]:
    return [plain(dict(row)) for row in (await connection.execute(query)).mappings()]
