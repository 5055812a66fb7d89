"""Whole conversations on the simulated network, judged by what they have changed and what was answered."""
