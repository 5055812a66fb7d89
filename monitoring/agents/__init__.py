"""Probe agents: programs on other machines that check from there, over one connection that they open."""
