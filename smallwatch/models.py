"""`smallwatch models`: the commands of `models`, told which dialect a model's calls are written in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from models.cli import app


def dialect_of(known: dict[str, Any]) -> dict[str, Any]:
    """What is known of a model's dialect, from its file where that is here.

    Args:
        known: What `models.objects.describe` found.
    """
    from models.errors import GGUFError
    from models.gguf import check
    from providers.dialects.registry import choice

    if known.get("path") is None:
        return {}
    try:
        info = check(Path(known["path"]))
        chosen = choice(info.architecture, info.chat_template, known.get("dialect"))
    except (GGUFError, ValueError) as error:
        return {"dialect": None, "dialect_because": str(error)}
    return {"dialect": chosen.dialect.name, "dialect_because": chosen.because}


class _Models(click.Group):
    """The same commands, with `dialect_of` handed to the one that asks for it."""

    def invoke(self, ctx: click.Context) -> Any:
        ctx.obj = dialect_of
        return super().invoke(ctx)


models = _Models(name="models", commands=app.commands, help=app.help, epilog=app.epilog)
