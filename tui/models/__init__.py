"""Which model answers: one at hand, one to pick, one being loaded."""
