"""Accounts, and how people prove to be who they are."""
