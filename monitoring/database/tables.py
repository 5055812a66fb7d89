"""The tables. Migrations make them; a test holds both to the same shape.

Everything that belongs to a person hangs on `owners`: whoever keeps accounts gives each of them one row there.
Times are `Moment`s; names that end in `_ms` or `_s` are lengths of time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from monitoring.database.types import Key, Moment

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _owner(*, nullable: bool = False) -> Column[int]:
    return Column("owner_id", Key, ForeignKey("owners.id", ondelete="CASCADE"), nullable=nullable)


def _host(*, key: bool = False) -> Column[int]:
    return Column("host_id", Key, ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=key, nullable=False)


#: Who watches hosts. Row 1 is the operator of the machine, who works without a login and without limits.
owners: Final = Table(
    "owners",
    metadata,
    Column("id", Key, primary_key=True),
    # `operator`, or what an interface calls the account, such as `account:17`.
    Column("name", String(200), nullable=False, unique=True),
    # Where alerts go when a host names no address of its own.
    Column("email", String(320)),
    Column("created", Moment, nullable=False),
    sqlite_autoincrement=True,
)

hosts: Final = Table(
    "hosts",
    metadata,
    Column("id", Key, primary_key=True),
    _owner(),
    # As it was given; a URL may hold a password, which nothing shows.
    Column("address", String(2000), nullable=False),
    Column("endpoint", String(16), nullable=False),
    Column("port", Integer),
    Column("timeout_ms", Integer, nullable=False),
    Column("interval_s", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("email", String(320)),
    # Name of a probe agent; NULL: the watcher checks by itself.
    Column("agent_location", String(100)),
    # `monitoring.hosts.options.HostOptions`: what is expected, thresholds of its own.
    Column("options", JSON, nullable=False),
    Column("created", Moment, nullable=False),
    # Counts the changes of this row, so that whoever keeps a copy sees that it is old.
    Column("revision", Integer, nullable=False),
    Index(None, "owner_id"),
    Index(None, "agent_location"),
    sqlite_autoincrement=True,
)

#: What the state machine knows of a host; written together with the result that led there.
states: Final = Table(
    "states",
    metadata,
    _host(key=True),
    Column("status", String(16), nullable=False),
    Column("last_check", Moment),
    Column("response_ms", Float),
    Column("cause", String(500)),
    Column("alert", Boolean, nullable=False),
    # Since when it has been checked without a gap; the stretch that goes on.
    Column("watched_since", Moment),
    # When the server's certificate ends, where one was seen.
    Column("certificate_ends", Moment),
    # The rest of `monitoring.state.machine.State`: counters, thresholds already warned about.
    Column("memory", JSON, nullable=False),
)

#: Stretches in which a host was checked without a gap, those that are over.
coverage: Final = Table(
    "coverage",
    metadata,
    _host(key=True),
    Column("start", Moment, primary_key=True),
    Column("end", Moment, nullable=False),
    sqlite_with_rowid=False,
)

results: Final = Table(
    "results",
    metadata,
    _host(key=True),
    Column("at", Moment, primary_key=True),
    Column("ok", Boolean, nullable=False),
    # None where it failed.
    Column("response_ms", Float),
    # Packets of a ping; 1 and 0 or 1 of other checks.
    Column("sent", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("cause", String(500)),
    # Whether a maintenance window was running.
    Column("maintenance", Boolean, nullable=False),
    # Probe agent that checked; NULL: the watcher itself.
    Column("agent", String(100)),
    sqlite_with_rowid=False,
)

#: Results of an hour or of a day together; `length_s` is 3600 or 86400.
rollups: Final = Table(
    "rollups",
    metadata,
    _host(key=True),
    Column("length_s", Integer, primary_key=True),
    Column("start", Moment, primary_key=True),
    Column("checks", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("sum_ms", Float, nullable=False),
    Column("max_ms", Float),
    # `monitoring.history.sketch`: how the response times are spread.
    Column("sketch", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

incidents: Final = Table(
    "incidents",
    metadata,
    Column("id", Key, primary_key=True),
    _host(),
    # The first failure in the row that made it.
    Column("began", Moment, nullable=False),
    Column("ended", Moment),
    Column("cause", String(500), nullable=False),
    Index(None, "host_id", "began", unique=True),
    # No host has two open ones, whatever dies when.
    Index(
        "ix_incidents_open",
        "host_id",
        unique=True,
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
    sqlite_autoincrement=True,
)

windows: Final = Table(
    "maintenance_windows",
    metadata,
    Column("id", Key, primary_key=True),
    _host(),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Index(None, "host_id", "end"),
    sqlite_autoincrement=True,
)

#: Where an owner's alerts go, besides e-mail: Apprise URLs, for one host or (host_id NULL) for all.
targets: Final = Table(
    "notification_targets",
    metadata,
    Column("id", Key, primary_key=True),
    _owner(),
    Column("host_id", Key, ForeignKey("hosts.id", ondelete="CASCADE")),
    # Holds a password or token as a rule, which nothing shows.
    Column("url", String(2000), nullable=False),
    Column("created", Moment, nullable=False),
    Index(None, "owner_id"),
    sqlite_autoincrement=True,
)

#: What is to be told; written together with the change of state that it tells of.
alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", Key, primary_key=True),
    _owner(),
    # NULL once the host is gone: what was told stays.
    Column("host_id", Key, ForeignKey("hosts.id", ondelete="SET NULL")),
    Column("kind", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    Column("title", String(300), nullable=False),
    Column("body", String(2000), nullable=False),
    # The same thing is told once.
    Column("once", String(200), nullable=False, unique=True),
    # When every delivery of it was planned; NULL before.
    Column("planned", Moment),
    Index(None, "owner_id", "at"),
    Index(
        "ix_alerts_unplanned",
        "id",
        sqlite_where=text("planned IS NULL"),
        postgresql_where=text("planned IS NULL"),
    ),
    sqlite_autoincrement=True,
)

#: One alert to one place.
deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("alert_id", Key, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    # `target:17`, `mail:ops@example.org` or `notify:…` for one of the configuration: secrets stay where they are.
    Column("place", String(400), nullable=False),
    # pending, sent or failed.
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Moment),
    Column("sent", Moment),
    Column("problem", String(500)),
    UniqueConstraint("alert_id", "place"),
    Index(
        "ix_deliveries_pending",
        "next_try",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    sqlite_autoincrement=True,
)

#: Every change, for those who follow along from another process; `seq` only grows, in the order of commits.
changes: Final = Table(
    "changes",
    metadata,
    Column("seq", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    _owner(),
    # Not a foreign key: a change may tell that the host is gone.
    Column("host_id", Key),
    Column("kind", String(24), nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

#: Who may run the scheduler: `token` grows with every take-over, and only its holder may write.
runner: Final = Table(
    "runner",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token", Integer, nullable=False),
    Column("holder", String(200), nullable=False),
    Column("since", Moment),
)

#: How far background work has come, by its name.
marks: Final = Table(
    "marks",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("at", Moment, nullable=False),
)

#: Probe agents. A token is kept as a hash only.
agents: Final = Table(
    "probe_agents",
    metadata,
    Column("id", Key, primary_key=True),
    _owner(nullable=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("city", String(100), nullable=False),
    Column("country", String(100), nullable=False),
    Column("token_hash", String(200), nullable=False),
    Column("abilities", JSON, nullable=False),
    Column("version", String(50), nullable=False),
    Column("load_pct", Integer, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("last_contact", Moment),
    Column("created", Moment, nullable=False),
    Index(None, "owner_id"),
    sqlite_autoincrement=True,
)

#: The number up to which each agent's results are kept here: what was acknowledged is never asked for again.
acknowledged: Final = Table(
    "agent_acknowledgements",
    metadata,
    Column("agent_id", Key, ForeignKey("probe_agents.id", ondelete="CASCADE"), primary_key=True),
    # Changes when the agent's own buffer starts anew, with numbers from 1.
    Column("buffer", String(64), primary_key=True),
    Column("number", Key, nullable=False),
)

#: Results that agents sent, until the watcher has judged them; it deletes them in the same transaction.
inbox: Final = Table(
    "agent_inbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("agent_id", Key, ForeignKey("probe_agents.id", ondelete="CASCADE"), nullable=False),
    _host(),
    Column("at", Moment, nullable=False),
    # `monitoring.probe.reading.Reading`, as JSON values.
    Column("reading", JSON, nullable=False),
    sqlite_autoincrement=True,
)

#: Calls to an agent by processes that do not hold its connection, until whoever asked has read the answer.
agent_calls: Final = Table(
    "agent_calls",
    metadata,
    Column("id", Key, primary_key=True),
    Column("agent_id", Key, ForeignKey("probe_agents.id", ondelete="CASCADE"), nullable=False),
    Column("check", String(20), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("timeout_s", Float, nullable=False),
    Column("created", Moment, nullable=False),
    # Whether the process with the connection has it.
    Column("taken", Boolean, nullable=False),
    Column("progress_pct", Integer, nullable=False),
    # The outcome or the fault, as `monitoring.agents.calls` writes them.
    Column("answer", JSON(none_as_null=True)),
    Index(None, "agent_id"),
    sqlite_autoincrement=True,
)

#: Long-running calls.
jobs: Final = Table(
    "jobs",
    metadata,
    Column("message_id", String(40), primary_key=True),
    _owner(),
    Column("function", String(50), nullable=False),
    Column("request", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("progress_pct", Integer, nullable=False),
    Column("addresses", Integer, nullable=False),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    # The process that runs it, and when it last said so: a job of a dead process is taken up again or failed.
    Column("runner", String(200)),
    Column("heartbeat", Moment),
    # How often it was begun: 2 after the one restart that an interrupted job gets.
    Column("attempts", Integer, nullable=False, server_default="1"),
    Column("cancel_wanted", Boolean, nullable=False),
    Column("found", JSON, nullable=False),
    Column("error", String(2000)),
    Index(None, "owner_id", "started"),
)
