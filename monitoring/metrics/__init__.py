"""Prometheus reads along."""
