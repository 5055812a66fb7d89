"""The agent: one loop from a message of the user to an answer, with limits and a gate before tools."""
