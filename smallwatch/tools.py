"""`smallwatch tools`: shows the tools, and runs each of them as a command made from its signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from tools.cli import app as showing

if TYPE_CHECKING:
    from tools.policy import ReachPolicy
    from tools.results import ToolResult


class _Generated(TyperGroup):
    """Makes the subcommands when they are asked for, so that importing this loads no tool."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names the subcommands."""
        from tools.catalogue import default_registry

        return list(default_registry().names)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Makes the subcommand of that name; None where there is none."""
        from tools.catalogue import default_registry
        from tools.check_commands import command_of

        if cmd_name not in default_registry():
            return None
        definition = default_registry().get(cmd_name)
        made = typer.Typer(no_args_is_help=False)
        made.command(cmd_name, help=definition.description)(command_of(definition, _run))
        return typer.main.get_command(made)


app = typer.Typer(no_args_is_help=True, help="Show and run the tools that models call.")
app.add_typer(showing)
running = typer.Typer(cls=_Generated, no_args_is_help=True)
app.add_typer(running, name="run")


@running.callback(
    epilog="Examples: smallwatch tools run get_host_list --endpoint https · smallwatch tools run ping_host"
    " example.org --agent-location oslo --json"
)
def run() -> None:
    """Run a tool once: on the network as it is, the watched hosts, the probe agents and earlier scans."""


async def _run(name: str, arguments: Mapping[str, Any], policy: ReachPolicy) -> ToolResult:
    from settings.load import load_config
    from smallwatch.backend import open_backend
    from tools.check_commands import run_to_end, tell

    async with open_backend(load_config(), policy=policy, say=tell) as backend:
        return await run_to_end(name, arguments, backend)
