"""Opens the database of monitoring and adds the web's tables to it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from monitoring.database.engine import Database
from monitoring.database.migrate import migrate, open_database

MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: Holds the version of the web's tables, beside monitoring's own.
VERSION_TABLE: Final = "web_version"


async def open_web_database(url: str) -> Database:
    """Opens a database and brings the tables of monitoring and of the web up to date.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; empty: a file of the user's.

    Raises:
        DatabaseError: The URL is wrong, the database does not answer, or a newer program made it.
    """
    database = await open_database(url)
    try:
        await migrate(database, MIGRATIONS, VERSION_TABLE)
    except BaseException:
        await database.aclose()
        raise
    return database
