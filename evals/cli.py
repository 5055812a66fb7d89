"""The `evals` command. Whatever takes long to import is imported by the command that needs it."""

from __future__ import annotations

import click

from evals.commands import comparing, files, kept, running, suites, sweeping


@click.group(
    epilog="""\b
Examples:
  evals run --model q4_k
  evals run --model netmon-7m:q6_k --suite netmon-smoke --json
  evals compare runs/f16 runs/q4_k
  evals report runs/f16 runs/q4_k -o report.html
  evals list"""
)
def main() -> None:
    """Measure how well a model calls network-monitor functions."""


for command in (
    running.run, running.list_, running.show,
    comparing.compare, comparing.gate, comparing.report, comparing.diff_prompt,
    suites.bfcl_agreement, suites.check_scenarios,
    files.rescore, files.export, files.check_overlap, files.schema,
    kept.cache, sweeping.sweep,
):  # fmt: skip
    main.add_command(command)
