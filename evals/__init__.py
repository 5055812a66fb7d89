"""How well a model calls the monitor's functions: suites of cases, scoring, runs and their results."""
