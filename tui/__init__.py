"""The terminal: `smallwatch chat`, a Textual application over the agent's events."""
