"""Models and their files, as people read them."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.text import visible

_STATES = {"shipped": "shipped", "made": "made", "fetched": "fetched", "installed": "installed"}
_ABSENT = {"shipped": "made on first use", "hub": "fetched on first use", "package": "needs extra {extra}"}


def megabytes(size: int) -> str:
    """Bytes as decimal megabytes."""
    return f"{size / 1e6:,.1f} MB"


def print_catalogue(catalogue: dict[str, Any]) -> None:
    """Prints a table for each model of `models.objects.catalogue_object`."""
    console = Console(highlight=False, markup=False)
    for model in catalogue["models"]:
        billions = model["parameters"] / 1e9
        size = f"{billions:.1f} B" if billions >= 1 else f"{billions * 1000:.1f} M"
        console.print(f"{model['name']}: {model['title']} ({size} parameters, {model['licence']})")
        table = Table("format", "weights", "size", "file", box=None, pad_edge=False, padding=(0, 2))
        for item in model["formats"]:
            mark = " *" if item["format"] == model["default_format"] else ""
            bytes_ = "" if item["file_bytes"] is None else megabytes(item["file_bytes"])
            state = _STATES.get(item["state"]) or _ABSENT[model["source"]].format(extra=model["extra"])
            table.add_row(*map(Text, (item["format"] + mark, item["weights"], bytes_, state)))
        console.print(table)
        console.print()
    console.print("* the format that the name alone means")


def print_description(known: dict[str, Any]) -> None:
    """Prints what `models.objects.describe` found, one fact a line."""
    width = max(map(len, known))
    for key, value in known.items():
        if value is None:
            continue
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
        click.echo(f"{key.replace('_', ' '):{width}}  {visible(text)}")


def print_files(files: list[dict[str, Any]], as_json: bool) -> None:
    """Prints files of `models.objects.file_object`: one JSON object, or one line each."""
    if as_json:
        click.echo(json.dumps({"files": files}))
        return
    for file in files:
        click.echo(f"{visible(file['path'])}  {megabytes(file['file_bytes'])}")
