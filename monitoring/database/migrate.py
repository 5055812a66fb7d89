"""Brings the tables of a database up to this program's shape, or refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from monitoring.database.engine import Database, make_database
from monitoring.database.errors import DatabaseUnavailable, DatabaseVersionError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = 7_251_900


async def open_database(url: str) -> Database:
    """Opens a database and runs the migrations that it lacks, all in one transaction.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; empty: a file of the user's.

    Raises:
        DatabaseError: The URL is wrong, or the database does not answer.
        DatabaseVersionError: A newer program made it, or another one.
    """
    database = make_database(url)
    try:
        await migrate(database)
    except BaseException:
        await database.aclose()
        raise
    return database


async def migrate(
    database: Database, migrations: Path = MIGRATIONS, table: str = "smallwatch_version"
) -> None:
    """Runs what a folder of Alembic migrations holds and a database lacks.

    Args:
        database: The database.
        migrations: The folder, with Alembic's `env.py` as it is in `MIGRATIONS`.
        table: Table that holds the version; another folder in the same database needs another one.

    Raises:
        DatabaseVersionError: The database is at a version that the folder does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    known = ScriptDirectory.from_config(config)

    def run(connection: Connection) -> None:
        if not database.sqlite:
            # Two programs that start together must not make the same tables.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        version = MigrationContext.configure(connection, opts={"version_table": table}).get_current_revision()
        if version is None and table == "smallwatch_version" and inspect(connection).has_table("hosts"):
            raise DatabaseVersionError(
                f"The database {database.shown} holds tables of another program: name another database."
            )
        if version is not None and version not in {script.revision for script in known.walk_revisions()}:
            raise DatabaseVersionError(
                f"The database {database.shown} was made by a newer Smallwatch (version {version}; this one"
                f" knows up to {known.get_current_head()}): update Smallwatch, or name another database."
            )
        if version != known.get_current_head():
            config.attributes.update(connection=connection, version_table=table)
            command.upgrade(config, "head")

    def is_current(connection: Connection) -> bool:
        version = MigrationContext.configure(connection, opts={"version_table": table}).get_current_revision()
        return version is not None and version == known.get_current_head()

    try:
        # Nearly always there is nothing to do, and then nobody need wait for who writes just now.
        async with database.reading() as connection:
            if await connection.run_sync(is_current):
                return
        async with database.writing() as connection:
            await connection.run_sync(run)
    except DatabaseUnavailable as error:
        if "file is not a database" in str(error):
            raise DatabaseVersionError(
                f"The file {database.file} is no database: name another one."
            ) from error
        raise
