"""Checks that really reach out: one file a protocol, each async, cancellable, under a total deadline."""
