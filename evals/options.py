"""Options that several commands share."""

from __future__ import annotations

import click

cluster_option = click.option(
    "--cluster",
    metavar="REGEX",
    help="Cases share a template where this finds the same in their ids; they are resampled together.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def percentage(text: str) -> float:
    """Reads a percentage as a part of one; a bare number is refused, since 0.02 and 2 could mean the same."""
    number, sign, rest = text.strip().partition("%")
    try:
        part = float(number) / 100
    except ValueError:
        part = -1.0
    if not sign or rest or not 0 <= part <= 1:
        raise click.BadParameter(f"expected a percentage from 0% to 100%, such as 2%, got {text!r}")
    return part
