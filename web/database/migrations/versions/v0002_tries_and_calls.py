"""Tries that are counted for all processes together, and calls of models that run in browsers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "web_tries",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_tries")),
    )
    op.create_index(op.f("ix_web_tries_key_at"), "web_tries", ["key", "at"], unique=False)
    op.create_index(op.f("ix_web_tries_at"), "web_tries", ["at"], unique=False)
    op.create_table(
        "web_tool_calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("tool", sa.String(length=64), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_tool_calls")),
    )
    op.create_index(
        op.f("ix_web_tool_calls_owner_created"), "web_tool_calls", ["owner", "created"], unique=False
    )
    op.create_index(op.f("ix_web_tool_calls_created"), "web_tool_calls", ["created"], unique=False)
