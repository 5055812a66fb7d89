"""Alembic's migrations of the web's tables."""
