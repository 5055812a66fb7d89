"""Tells people, through Apprise."""
