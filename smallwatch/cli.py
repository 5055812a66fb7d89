"""The `smallwatch` command. Whatever takes long to import is imported by the command that needs it."""

from __future__ import annotations

import importlib
from typing import Any

import click

#: Sub-commands: name, where it is defined, one line for --help.
_COMMANDS = {
    "engine": ("smallwatch.engine:engine", "Serve local models by the OpenAI chat API."),
    "models": ("models.cli:app", "List, show, fetch, convert and remove models."),
    "tools": ("tools.cli:app", "List and show the tools that models call."),
}


class _Lazy(click.Group):
    """A group that imports a sub-command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        found: Any = getattr(importlib.import_module(module), name)
        if isinstance(found, click.Command):
            return found
        # A typer application; what it makes is a click command.
        return importlib.import_module("typer.main").get_command(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.command(
    cls=_Lazy,
    epilog="""\b
Examples:
  smallwatch models list
  smallwatch tools list --json
  smallwatch engine serve""",
)
@click.version_option(package_name="smallwatch")
def main() -> None:
    """Ask a small language model to look after a network."""
