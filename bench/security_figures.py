"""Runs the tests of what others may make Smallwatch do, and prints how much was tried and what failed.

Use: `python bench/security_figures.py`, or with `--json`; it takes a few minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict

import pytest

#: What is run, and the figure that it belongs to where it records none of its own.
_TESTS = {
    "tests/tools/checks/test_ssrf_targets.py": "SSRF: other tests",
    "tests/tools/checks/test_reach_policy.py": "SSRF: legitimate controls and policies",
    "tests/tools/checks/test_reach_paths.py": "SSRF: other tests",
    "tests/tools/checks/test_nmap.py": "Argument lists: other tests",
    "tests/tools/checks/test_process.py": "Programs: output, deadline, process group",
    "tests/tools/checks/test_hostile_answers.py": "Hostile answers: other tests",
    "tests/evals/test_injection.py": "Injected outputs: tests",
    "tests/evals/test_dojo.py": "Injected outputs: tests",
    "tests/monitoring/agents/test_agent_connection.py": "Agents: tokens, hostile frames, clocks",
}


class Figures:
    """A pytest plugin that adds up what tests recorded."""

    def __init__(self) -> None:
        """Starts at nothing."""
        self.tried: Counter[str] = Counter()
        self.failed: dict[str, list[str]] = defaultdict(list)
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes one phase of one test."""
        figure = _TESTS.get(report.location[0], "Other tests")
        if report.skipped:
            self.skipped.append(report.nodeid)
        elif report.failed:
            self.failed[figure].append(report.nodeid)
        elif report.when == "call":
            recorded = [(key, value) for key, value in report.user_properties if isinstance(value, int)]
            for key, value in recorded or [(figure, 1)]:
                self.tried[key] += value


def main() -> int:
    """Prints the figures; returns 1 where something failed."""
    parser = argparse.ArgumentParser(description="Counts what was tried against Smallwatch, and what failed.")
    parser.add_argument("--json", action="store_true", help="Print JSON.")
    arguments = parser.parse_args()
    figures = Figures()
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "--tb=short", "-m", "not slow", *_TESTS]
    if arguments.json:
        options += ["-p", "no:terminal"]
    code = pytest.main(options, plugins=[figures])
    rows = [
        {"figure": name, "tried": count, "failed": len(figures.failed.get(name, []))}
        for name, count in sorted(figures.tried.items())
    ]
    failed = sum(len(names) for names in figures.failed.values())
    if arguments.json:
        print(json.dumps({"figures": rows, "failed": failed, "skipped": figures.skipped}))
        return int(code != 0)
    width = max((len(str(row["figure"])) for row in rows), default=6)
    print(f"\n{'figure':<{width}}  {'tried':>9}  failed")
    for row in rows:
        print(f"{row['figure']:<{width}}  {row['tried']:>9,}  {row['failed']:>6}")
    print(f"\n{failed} failed, {len(figures.skipped)} skipped")
    for name in figures.skipped:
        print(f"skipped: {name}")
    return int(code != 0)


if __name__ == "__main__":
    sys.exit(main())
