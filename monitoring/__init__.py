"""Hosts that are watched: when they are checked, what came of it, who is told."""
