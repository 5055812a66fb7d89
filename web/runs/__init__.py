"""Runs: one message of a person being worked on, with an event log that outlives connections and processes."""
