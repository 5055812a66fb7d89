"""The first shape."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables, the operator, and the place of the runner."""
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "owners",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owners")),
        sa.UniqueConstraint("name", name=op.f("uq_owners_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "runner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runner")),
    )
    op.create_table(
        "changes",
        sa.Column("seq", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", _KEY, nullable=False),
        sa.Column("host_id", _KEY, nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owners.id"], name=op.f("fk_changes_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_at"), "changes", ["at"], unique=False)
    op.create_table(
        "hosts",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("owner_id", _KEY, nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("endpoint", sa.String(length=16), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("timeout_ms", sa.Integer(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("agent_location", sa.String(length=100), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owners.id"], name=op.f("fk_hosts_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hosts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_hosts_agent_location"), "hosts", ["agent_location"], unique=False)
    op.create_index(op.f("ix_hosts_owner_id"), "hosts", ["owner_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", _KEY, nullable=False),
        sa.Column("function", sa.String(length=50), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress_pct", sa.Integer(), nullable=False),
        sa.Column("addresses", sa.Integer(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("runner", sa.String(length=200), nullable=True),
        sa.Column("heartbeat", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cancel_wanted", sa.Boolean(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owners.id"], name=op.f("fk_jobs_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_owner_id_started"), "jobs", ["owner_id", "started"], unique=False)
    op.create_table(
        "probe_agents",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("owner_id", _KEY, nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=200), nullable=False),
        sa.Column("abilities", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(length=50), nullable=False),
        sa.Column("load_pct", sa.Integer(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("last_contact", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owners.id"], name=op.f("fk_probe_agents_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe_agents")),
        sa.UniqueConstraint("name", name=op.f("uq_probe_agents_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_probe_agents_owner_id"), "probe_agents", ["owner_id"], unique=False)
    op.create_table(
        "agent_acknowledgements",
        sa.Column("agent_id", _KEY, nullable=False),
        sa.Column("buffer", sa.String(length=64), nullable=False),
        sa.Column("number", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["probe_agents.id"],
            name=op.f("fk_agent_acknowledgements_agent_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent_id", "buffer", name=op.f("pk_agent_acknowledgements")),
    )
    op.create_table(
        "agent_calls",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("agent_id", _KEY, nullable=False),
        sa.Column("check", sa.String(length=20), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("timeout_s", sa.Float(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("progress_pct", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["probe_agents.id"], name=op.f("fk_agent_calls_agent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_calls")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_agent_calls_agent_id"), "agent_calls", ["agent_id"], unique=False)
    op.create_table(
        "agent_inbox",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("agent_id", _KEY, nullable=False),
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["probe_agents.id"], name=op.f("fk_agent_inbox_agent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_agent_inbox_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_inbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("owner_id", _KEY, nullable=False),
        sa.Column("host_id", _KEY, nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.String(length=2000), nullable=False),
        sa.Column("once", sa.String(length=200), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_alerts_host_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owners.id"], name=op.f("fk_alerts_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("once", name=op.f("uq_alerts_once")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alerts_owner_id_at"), "alerts", ["owner_id", "at"], unique=False)
    op.create_index(
        "ix_alerts_unplanned",
        "alerts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("planned IS NULL"),
        postgresql_where=sa.text("planned IS NULL"),
    )
    op.create_table(
        "coverage",
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_coverage_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_id", "start", name=op.f("pk_coverage")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incidents",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_incidents_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incidents_host_id_began"), "incidents", ["host_id", "began"], unique=True)
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["host_id"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_table(
        "maintenance_windows",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_maintenance_windows_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_windows")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_maintenance_windows_host_id_end"), "maintenance_windows", ["host_id", "end"], unique=False
    )
    op.create_table(
        "notification_targets",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("owner_id", _KEY, nullable=False),
        sa.Column("host_id", _KEY, nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_notification_targets_host_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owners.id"], name=op.f("fk_notification_targets_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_targets")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_notification_targets_owner_id"), "notification_targets", ["owner_id"], unique=False
    )
    op.create_table(
        "results",
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("response_ms", sa.Float(), nullable=True),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=500), nullable=True),
        sa.Column("maintenance", sa.Boolean(), nullable=False),
        sa.Column("agent", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_results_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_id", "at", name=op.f("pk_results")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollups",
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("length_s", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("sum_ms", sa.Float(), nullable=False),
        sa.Column("max_ms", sa.Float(), nullable=True),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_rollups_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_id", "length_s", "start", name=op.f("pk_rollups")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "states",
        sa.Column("host_id", _KEY, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("last_check", sa.BigInteger(), nullable=True),
        sa.Column("response_ms", sa.Float(), nullable=True),
        sa.Column("cause", sa.String(length=500), nullable=True),
        sa.Column("alert", sa.Boolean(), nullable=False),
        sa.Column("watched_since", sa.BigInteger(), nullable=True),
        sa.Column("certificate_ends", sa.BigInteger(), nullable=True),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_states_host_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_id", name=op.f("pk_states")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("alert_id", _KEY, nullable=False),
        sa.Column("place", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=True),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("alert_id", "place", name=op.f("uq_deliveries_alert_id_place")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["next_try"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )

    owners = sa.table("owners", sa.column("name"), sa.column("created"))
    op.bulk_insert(owners, [{"name": "operator", "created": int(time.time() * 1000)}])
    runner = sa.table("runner", sa.column("id"), sa.column("token"), sa.column("holder"))
    op.bulk_insert(runner, [{"id": 1, "token": 0, "holder": ""}])
