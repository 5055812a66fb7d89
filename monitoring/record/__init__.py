"""Puts what was found into the database, in order, and keeps it while that does not answer."""
