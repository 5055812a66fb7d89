"""Runs as one HTML file that needs no other and no network."""
