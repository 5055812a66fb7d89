"""The public service: `smallwatch serve`."""
