"""Runs of the eval harness, to browse."""
