"""One check of a watched host: what was expected, what was found."""
