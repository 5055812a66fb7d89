"""A small network that behaves the same every time."""
