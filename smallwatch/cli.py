"""The `smallwatch` command. Whatever takes long to import is imported by the command that needs it."""

from __future__ import annotations

import importlib
from typing import Any

import click

#: Sub-commands: name, where it is defined, one line for --help.
_COMMANDS = {
    "agent": ("smallwatch.agent:agent", "Check from this machine, for a server elsewhere."),
    "agent-server": ("smallwatch.agents:agent_server", "Let probe agents connect."),
    "agents": ("smallwatch.agents:agents", "Add, list and remove probe agents."),
    "ask": ("smallwatch.ask:ask", "Ask a question once; tools are called on the way."),
    "chat": ("smallwatch.chat:chat", "Talk, and watch over hosts, in the terminal."),
    "check": ("tools.check_cli:app", "Check a host once, now, for real."),
    "engine": ("smallwatch.engine:engine", "Serve local models by the OpenAI chat API."),
    "hosts": ("smallwatch.hosts:hosts", "Take watched hosts over from other monitors, list and export them."),
    "models": ("smallwatch.models:models", "List, show, fetch, convert and remove models."),
    "notify": ("smallwatch.notify:notify", "Say where alerts go."),
    "serve": ("smallwatch.serve:serve", "Serve the assistant, accounts and the dashboard on the web."),
    "tools": ("smallwatch.tools:app", "List, show and run the tools that models call."),
    "watch": ("smallwatch.watch:watch", "Check the monitored hosts, each at its interval."),
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
        return _from_typer(cmd_name, found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _from_typer(name: str, app: Any) -> click.Command:
    """Wraps a typer application, whose commands are none of click's: it gets the rest of the line as it stands."""

    @click.command(name, add_help_option=False, context_settings={"ignore_unknown_options": True})
    @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
    def command(rest: tuple[str, ...]) -> None:
        app(args=list(rest), prog_name=f"smallwatch {name}")

    return command


@click.command(
    cls=_Lazy,
    epilog="""\b
Examples:
  smallwatch ask "is the certificate of example.org all right?"
  smallwatch check tls example.org
  smallwatch models list
  smallwatch tools list --json
  smallwatch engine serve""",
)
@click.version_option(package_name="smallwatch")
def main() -> None:
    """Ask a small language model to look after a network."""
