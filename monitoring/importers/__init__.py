"""Reads the hosts of other monitors, and writes ours for other programs."""
