"""`smallwatch tools`: shows the tools as people read them, or as models get them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Show the tools that models can call.")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON, in the form that models get.")]


@app.command("list")
def list_tools(as_json: _Json = False) -> None:
    """List all tools: name, effect, what each does."""
    from tools.catalogue import default_registry

    registry = default_registry()
    if as_json:
        _print_json(registry.openai())
        return
    width = max(len(name) for name in registry.names)
    for definition in registry:
        typer.echo(f"{definition.name:<{width}}  {definition.effect:<9}  {definition.description}")


@app.command("show")
def show_tool(name: Annotated[str, typer.Argument(help="Name of the tool.")], as_json: _Json = False) -> None:
    """Show one tool with its parameters."""
    from tools.arguments import allowed_text
    from tools.catalogue import default_registry
    from tools.errors import UnknownTool

    try:
        definition = default_registry().get(name)
    except UnknownTool as error:
        typer.echo(f"{error} `tools list` shows all of them.", err=True)
        raise typer.Exit(2) from error
    if as_json:
        _print_json(definition.openai())
        return
    typer.echo(f"{definition.name} ({definition.effect})\n{definition.description}")
    properties: dict[str, dict[str, Any]] = definition.parameters["properties"]
    for parameter, schema in properties.items():
        must = "required" if parameter in definition.parameters["required"] else "optional"
        typer.echo(f"\n  {parameter} ({must}): {schema['description']}\n    {allowed_text(schema)}")


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))
