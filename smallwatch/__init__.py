"""The `smallwatch` command."""
