"""The terminal interface: `smallwatch chat`."""
