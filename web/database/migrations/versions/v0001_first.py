"""The first shape."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "web_accounts",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("status_slug", sa.String(length=40), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_web_accounts_email")),
        sa.UniqueConstraint("status_slug", name=op.f("uq_web_accounts_status_slug")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "web_conversations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_conversations")),
    )
    op.create_index(
        op.f("ix_web_conversations_owner_updated"), "web_conversations", ["owner", "updated"], unique=False
    )
    op.create_table(
        "web_keys",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_web_keys")),
    )
    op.create_table(
        "web_ledger",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("payer", sa.String(length=100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.String(length=32), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_ledger")),
        sa.UniqueConstraint("payer", "run", "step", "kind", name=op.f("uq_web_ledger_payer_run_step_kind")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_web_ledger_payer_at"), "web_ledger", ["payer", "at"], unique=False)
    op.create_table(
        "web_oidc_logins",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("return_to", sa.String(length=300), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_web_oidc_logins")),
    )
    op.create_table(
        "web_reservations",
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("payer", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("streamed", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run", "step", "payer", name=op.f("pk_web_reservations")),
    )
    op.create_index(
        "ix_web_reservations_open",
        "web_reservations",
        ["worker"],
        unique=False,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "web_wallets",
        sa.Column("payer", sa.String(length=100), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("refilled", sa.Integer(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_web_wallets_balance")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_web_wallets_held")),
        sa.PrimaryKeyConstraint("payer", name=op.f("pk_web_wallets")),
    )
    op.create_table(
        "web_workers",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_workers")),
    )
    op.create_table(
        "web_api_tokens",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("start", sa.String(length=12), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["web_accounts.id"], name=op.f("fk_web_api_tokens_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_api_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_web_api_tokens_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_web_api_tokens_account_id"), "web_api_tokens", ["account_id"], unique=False)
    op.create_table(
        "web_drafts",
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["web_conversations.id"],
            name=op.f("fk_web_drafts_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_web_drafts")),
    )
    op.create_table(
        "web_embed_codes",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["web_accounts.id"],
            name=op.f("fk_web_embed_codes_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_web_embed_codes")),
    )
    op.create_index(op.f("ix_web_embed_codes_account_id"), "web_embed_codes", ["account_id"], unique=False)
    op.create_table(
        "web_identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["web_accounts.id"], name=op.f("fk_web_identities_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_web_identities")),
    )
    op.create_index(op.f("ix_web_identities_account_id"), "web_identities", ["account_id"], unique=False)
    op.create_table(
        "web_messages",
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("tool_calls", sa.JSON(), nullable=False),
        sa.Column("tool_call_id", sa.String(length=100), nullable=True),
        sa.Column("note", sa.String(length=10), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["web_conversations.id"],
            name=op.f("fk_web_messages_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation", "position", name=op.f("pk_web_messages")),
    )
    op.create_table(
        "web_runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=False),
        sa.Column("cancel_wanted", sa.Boolean(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["web_conversations.id"],
            name=op.f("fk_web_runs_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_runs")),
    )
    op.create_index(
        "ix_web_runs_active",
        "web_runs",
        ["conversation"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index(
        op.f("ix_web_runs_conversation_created"), "web_runs", ["conversation", "created"], unique=False
    )
    op.create_index(op.f("ix_web_runs_owner_ended"), "web_runs", ["owner", "ended"], unique=False)
    op.create_index("ix_web_runs_queue", "web_runs", ["model", "state"], unique=False)
    op.create_index(op.f("ix_web_runs_worker_ended"), "web_runs", ["worker", "ended"], unique=False)
    op.create_table(
        "web_sessions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("account_id", _KEY, nullable=True),
        sa.Column("visitor", sa.String(length=60), nullable=False),
        sa.Column("csrf", sa.String(length=43), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["web_accounts.id"], name=op.f("fk_web_sessions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("number", name=op.f("uq_web_sessions_number")),
    )
    op.create_index(op.f("ix_web_sessions_account_id"), "web_sessions", ["account_id"], unique=False)
    op.create_index(op.f("ix_web_sessions_expires"), "web_sessions", ["expires"], unique=False)
    op.create_table(
        "web_events",
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["web_runs.id"], name=op.f("fk_web_events_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_web_events")),
        sqlite_with_rowid=False,
    )
