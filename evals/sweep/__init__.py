"""Many models on the same suites, several ways: sizes, formats, and how calls are held to the schemas."""
