"""`smallwatch check`: runs one check now; each subcommand is made from the signature of its tool."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class _Generated(TyperGroup):
    """Makes the subcommands when they are asked for, so that importing this loads no tool."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names the subcommands."""
        from tools.check_commands import COMMANDS

        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Makes the subcommand of that name; None where there is none."""
        from tools.check_commands import generated

        return typer.main.get_group(generated()).commands.get(cmd_name)


app = typer.Typer(cls=_Generated, no_args_is_help=True)


@app.callback()
def check() -> None:
    """Check something once, now, from this machine."""
