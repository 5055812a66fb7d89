"""What can be wrong with a database, in words that say what to do."""

from __future__ import annotations


class DatabaseError(Exception):
    """The database cannot be used; the message names the cause and the cure."""


class DatabaseVersionError(DatabaseError):
    """The database was made by a newer program, or by another one."""


class DatabaseUnavailable(DatabaseError):
    """The database does not answer now: locked, full or gone. The same may work later."""
