"""The tables of the web. Migrations make them; a test holds both to the same shape.

A person is named by an owner's name: `account:17`, or `visitor:` and a number drawn at random. Secrets (session ids,
API tokens, codes) are kept as SHA-256 only.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from monitoring.database.types import Key, Moment

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Characters of a hash in hexadecimal.
_HASH: Final = 64
_ID: Final = 32


def _account(*, nullable: bool = False) -> Column[int]:
    return Column(
        "account_id", Key, ForeignKey("web_accounts.id", ondelete="CASCADE"), nullable=nullable, index=True
    )


accounts: Final = Table(
    "web_accounts",
    metadata,
    Column("id", Key, primary_key=True),
    # In lower case.
    Column("email", String(320), nullable=False, unique=True),
    # argon2id; NULL: only by OpenID Connect.
    Column("password_hash", String(200)),
    # free, standard or professional; a free account with a living probe agent counts as agent.
    Column("plan", String(20), nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("blocked", Boolean, nullable=False),
    # Names the public status page; NULL: there is none.
    Column("status_slug", String(40), unique=True),
    Column("created", Moment, nullable=False),
    sqlite_autoincrement=True,
)

#: Who an account is at OpenID providers.
identities: Final = Table(
    "web_identities",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(300), primary_key=True),
    _account(),
    Column("created", Moment, nullable=False),
)

sessions: Final = Table(
    "web_sessions",
    metadata,
    Column("hash", String(_HASH), primary_key=True),
    # `cookie`, or `token` for widgets on other people's pages.
    Column("kind", String(8), nullable=False),
    # Names it to its owner.
    Column("number", String(16), nullable=False, unique=True),
    # NULL: a visitor.
    _account(nullable=True),
    # The visitor's owner name.
    Column("visitor", String(60), nullable=False),
    Column("csrf", String(43), nullable=False),
    # The origin of the page, of a token.
    Column("origin", String(300)),
    Column("user_agent", String(200), nullable=False),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

api_tokens: Final = Table(
    "web_api_tokens",
    metadata,
    Column("id", Key, primary_key=True),
    _account(),
    Column("name", String(100), nullable=False),
    # The first characters, so that people tell tokens apart.
    Column("start", String(12), nullable=False),
    Column("hash", String(_HASH), nullable=False, unique=True),
    Column("created", Moment, nullable=False),
    Column("used", Moment),
    sqlite_autoincrement=True,
)

#: Lets a widget on another page become the account that has just logged in.
embed_codes: Final = Table(
    "web_embed_codes",
    metadata,
    Column("hash", String(_HASH), primary_key=True),
    _account(),
    Column("origin", String(300), nullable=False),
    Column("expires", Moment, nullable=False),
)

#: Logins by OpenID Connect that are under way.
oidc_logins: Final = Table(
    "web_oidc_logins",
    metadata,
    # SHA-256 of `state`.
    Column("hash", String(_HASH), primary_key=True),
    Column("provider", String(50), nullable=False),
    # The browser's session: who brings the answer must be who asked.
    Column("session_hash", String(_HASH), nullable=False),
    Column("nonce", String(43), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("return_to", String(300), nullable=False),
    Column("expires", Moment, nullable=False),
)

wallets: Final = Table(
    "web_wallets",
    metadata,
    # An account's owner name, `net:` and a keyed hash of a network, or `anonymous` for all visitors together.
    Column("payer", String(100), primary_key=True),
    Column("balance", BigInteger, nullable=False),
    # Sum of the open reservations; no part of the balance.
    Column("held", BigInteger, nullable=False),
    # Day of the last refill, in days since 1970, UTC.
    Column("refilled", Integer, nullable=False),
    CheckConstraint("balance >= 0", "balance"),
    CheckConstraint("held >= 0", "held"),
)

#: Append-only: the sum of a payer's amounts is its balance.
ledger: Final = Table(
    "web_ledger",
    metadata,
    Column("id", Key, primary_key=True),
    Column("payer", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    # grant, refill, reserve, release or charge.
    Column("kind", String(8), nullable=False),
    # What it adds to the balance.
    Column("amount", BigInteger, nullable=False),
    Column("run", String(_ID)),
    Column("step", Integer),
    Column("note", String(200), nullable=False, server_default=""),
    Index(None, "payer", "at"),
    # Nothing is charged twice, whatever the program does.
    UniqueConstraint("payer", "run", "step", "kind"),
    sqlite_autoincrement=True,
)

reservations: Final = Table(
    "web_reservations",
    metadata,
    Column("run", String(_ID), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("payer", String(100), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    # What the step has cost so far, as far as its events are stored.
    Column("streamed", BigInteger, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("worker", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_web_reservations_open", "worker", sqlite_where=text("open"), postgresql_where=text("open")),
)

conversations: Final = Table(
    "web_conversations",
    metadata,
    Column("id", String(_ID), primary_key=True),
    Column("owner", String(60), nullable=False),
    Column("title", String(120), nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Index(None, "owner", "updated"),
)

messages: Final = Table(
    "web_messages",
    metadata,
    Column(
        "conversation", String(_ID), ForeignKey("web_conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, primary_key=True),
    Column("role", String(10), nullable=False),
    Column("content", Text),
    # [[id, name, arguments], …]
    Column("tool_calls", JSON, nullable=False),
    Column("tool_call_id", String(100)),
    Column("note", String(10), nullable=False),
    Column("created", Moment, nullable=False),
)

#: What has come so far of the answer that is being written.
drafts: Final = Table(
    "web_drafts",
    metadata,
    Column(
        "conversation", String(_ID), ForeignKey("web_conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
)

runs: Final = Table(
    "web_runs",
    metadata,
    Column("id", String(_ID), primary_key=True),
    Column(
        "conversation", String(_ID), ForeignKey("web_conversations.id", ondelete="CASCADE"), nullable=False
    ),
    Column("owner", String(60), nullable=False),
    # Which wallets pay, and what the plan allows: `web.runs.terms.Terms` as JSON.
    Column("terms", JSON, nullable=False),
    Column("model", String(40), nullable=False),
    Column("text", Text, nullable=False),
    # queued, running, waiting (for an approval), finished, failed, cancelled or interrupted.
    Column("state", String(12), nullable=False),
    Column("worker", String(60), nullable=False),
    Column("cancel_wanted", Boolean, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("created", Moment, nullable=False),
    Column("started", Moment),
    Column("ended", Moment),
    Index(None, "conversation", "created"),
    # One run of a conversation at a time, whoever asks.
    Index(
        "ix_web_runs_active",
        "conversation",
        unique=True,
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
    Index("ix_web_runs_queue", "model", "state"),
    # The owner's active runs, and those of a process.
    Index(None, "owner", "ended"),
    Index(None, "worker", "ended"),
)

events: Final = Table(
    "web_events",
    metadata,
    Column("run", String(_ID), ForeignKey("web_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", String(40), nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: The processes that serve, and when each last said so.
workers: Final = Table(
    "web_workers",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("beat", Moment, nullable=False),
)

#: Random keys of this server, drawn at the first start.
keys: Final = Table(
    "web_keys",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(64), nullable=False),
)

#: What somebody has tried lately, counted for all processes together.
tries: Final = Table(
    "web_tries",
    metadata,
    Column("id", Key, primary_key=True),
    # A keyed hash of what was tried and by whom.
    Column("key", String(_HASH), nullable=False),
    # Milliseconds since 1970, by the database's clock.
    Column("at", BigInteger, nullable=False),
    Index(None, "key", "at"),
    Index(None, "at"),
)

#: Calls of tools by models that run in people's browsers; those that wait for an approval too.
tool_calls: Final = Table(
    "web_tool_calls",
    metadata,
    Column("id", String(_ID), primary_key=True),
    Column("owner", String(60), nullable=False),
    Column("tool", String(64), nullable=False),
    # Canonical JSON: what was shown, and what runs.
    Column("arguments", Text, nullable=False),
    Column("effect", String(10), nullable=False),
    # waiting, running, finished, failed, denied or broken (its process or its asker has gone).
    Column("state", String(10), nullable=False),
    Column("created", Moment, nullable=False),
    Column("ended", Moment),
    Index(None, "owner", "created"),
    Index(None, "created"),
)
