"""The tools that models are offered, as typed functions."""
