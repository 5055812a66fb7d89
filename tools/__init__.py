"""Typed tools for network monitoring, and the simulated network that they can run on."""
